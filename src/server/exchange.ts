// The server's Exchange: what the app has said and asked, kept until the connection's coroutine comes by. The app's
// side only fills fields and wakes the coroutine; `connection.ts` and `reply.ts` move the bytes.

import { Buffer } from 'node:buffer';
import type { BodyError, Client, ExchangeObserver, Peer, WireExchange } from '../app/index.ts';
import {
  type EncodedHead,
  encodeResponseHead,
  type Framing,
  type HeaderList,
  LocalProtocolError,
  type RequestHead,
} from '../http/index.ts';
import type { Stream } from '../net/index.ts';
import type { Co } from '../task/index.ts';
import { addFile, countBody } from './answer-body.ts';
import type { Connection } from './connection-state.ts';
import type { ServerContext } from './context.ts';
import { dropFiles, type FileListener, type FilePiece } from './file-piece.ts';
import { forgivable } from './forgivable.ts';
import { PeerView } from './peer.ts';
import { RequestBody } from './request-body.ts';
import { COMPLETE, FAILED, OPEN, STARTED } from './states.ts';

const NO_BYTES = new Uint8Array(0);
const NO_TRAILERS: readonly string[] = [];

export class HttpExchange implements WireExchange {
  readonly head: RequestHead;
  readonly #connection: Connection;
  /** `undefined` where the request has none. */
  readonly body: RequestBody | undefined;
  #peer: PeerView | undefined;
  state = OPEN;

  // What is to be sent, and has not been yet.
  headText = '';
  /** The head waits for the rest of the loop's turn, for a first piece to go with it. */
  headHold: 'none' | 'held' | 'over' = 'none';
  whole: string | Uint8Array | null = null;
  trailerText = '';
  pieces: (Uint8Array | FilePiece)[] | undefined;
  pendingBytes = 0;
  interim = '';

  // How it is framed; of interest from `respond` or `start` on.
  status = 0;
  framing: Framing = 'none';
  keepAlive = false;
  /** Bytes the body still owes; -1 where any number will do. */
  owed = -1;
  bodyBytes = 0;
  #headBytes = 0;
  /** Bytes of the request's body that were dropped after the answer. */
  discarded = 0;

  /** What the connection becomes once the answer, a 101, is sent; or at once, where that is the app's to send. */
  takeOver: ((stream: Stream, rest: Uint8Array) => Co<void>) | undefined;

  aborted: Error | undefined;
  #onAbort: ((reason: Error) => void)[] | undefined;
  #onGone: ((reason: Error) => void)[] | undefined;
  #drained: PromiseWithResolvers<void> | undefined;
  #observer: ExchangeObserver | undefined;
  /** The observer was told to wait for room. */
  #blocked = false;
  /** Its work is over when its answer is: see `LATER`. */
  later = false;
  /** The app reads the body on behind its answer. */
  readsOn = false;
  /** The app was told that nobody is there any more. */
  forsaken = false;
  /** A `100 Continue` was or need not be sent. */
  continued: boolean;
  /** The server has answered in the app's place: what the app says from here on is not heard. */
  superseded = false;
  /** When it began, on the loop's clock. */
  readonly startedAt: number;

  constructor(connection: Connection, head: RequestHead) {
    this.#connection = connection;
    this.head = head;
    this.continued = !head.expectsContinue;
    const { loop, settings, headLimits, recordAccess } = connection.context;
    // The loop's time stands still within a task; a log wants to know how long a handler computed.
    this.startedAt = recordAccess === undefined ? loop.now() : loop.kernel.monotonic();
    if (head.contentLength !== 0) {
      this.body = new RequestBody(head, settings.limitRequestBody, headLimits);
    }
  }

  // ── The request ──────────────────────────────────────────────────────────────────────────────────────────────

  get peer(): Peer {
    return (this.#peer ??= new PeerView(this.#connection, this.head));
  }

  get context(): ServerContext {
    return this.#connection.context;
  }

  get url(): string {
    const { scheme, host } = this.peer;
    const { path } = this.head;
    return `${scheme}://${host}${path === '*' ? '/*' : path}`;
  }

  get client(): Client {
    return this.#connection;
  }

  get answerBytes(): number {
    return this.#headBytes + this.bodyBytes;
  }

  get trailers(): readonly string[] {
    return this.body?.trailers ?? NO_TRAILERS;
  }

  readOn(): void {
    this.readsOn = true;
  }

  forsake(): void {
    this.forsaken = true;
    this.#connection.wake();
  }

  get bodyLength(): number {
    return this.head.contentLength;
  }

  takeBody(): Uint8Array | undefined {
    if (this.body === undefined) return NO_BYTES;
    const whole = this.body.take();
    this.#connection.account();
    return whole;
  }

  readBody(): Promise<Uint8Array | undefined> {
    if (this.body === undefined) return Promise.resolve(undefined);
    const piece = this.body.read(() => this.#connection.wake());
    this.#connection.account();
    return piece;
  }

  onAbort(listener: (reason: Error) => void): void {
    if (this.aborted !== undefined) listener(this.aborted);
    else (this.#onAbort ??= []).push(listener);
  }

  /** Tells the app, once, that nobody may be waiting any more. */
  abort(reason: Error): void {
    if (this.aborted !== undefined) return;
    this.aborted = reason;
    const listeners = this.#onAbort;
    this.#onAbort = undefined;
    if (listeners !== undefined) for (const listener of listeners) listener(reason);
    this.#observer?.onAbort(reason);
  }

  observe(observer: ExchangeObserver): void {
    this.#observer = observer;
  }

  onGone(listener: (reason: Error) => void): void {
    const reason = this.#goneFor();
    if (reason !== undefined) listener(reason);
    else (this.#onGone ??= []).push(listener);
  }

  /** Why nobody takes any more of this answer; `undefined` while somebody may. */
  #goneFor(): Error | undefined {
    if (this.#connection.gone !== undefined) return this.#connection.gone;
    if (!this.superseded && this.state !== FAILED) return undefined;
    return this.aborted ?? new Error('nobody takes more of this answer: it was cut, or given by the server');
  }

  // ── The response ─────────────────────────────────────────────────────────────────────────────────────────────

  get started(): boolean {
    return this.state !== OPEN;
  }

  respond(status: number, reason: string, headers: HeaderList, body: string | Uint8Array | null): void {
    if (this.superseded) return;
    const length = body === null ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    this.#respond(status, this.#encode(status, reason, headers, length, true), body, length);
  }

  respondEncoded(status: number, head: EncodedHead, body: string | Uint8Array | null): void {
    if (this.superseded) return;
    this.#assertOpen();
    this.#respond(status, head, body, head.length);
  }

  #respond(status: number, head: EncodedHead, body: string | Uint8Array | null, length: number): void {
    this.#begin(status, head);
    this.state = COMPLETE;
    if (this.framing === 'length') {
      this.whole = body;
      this.bodyBytes = length;
    }
    this.#connection.wake();
  }

  start(status: number, reason: string, headers: HeaderList, length: number): void {
    if (this.superseded) return;
    this.#start(status, this.#encode(status, reason, headers, length, false));
  }

  startEncoded(status: number, head: EncodedHead): void {
    if (this.superseded) return;
    this.#assertOpen();
    this.#start(status, head);
  }

  #start(status: number, head: EncodedHead): void {
    this.#begin(status, head);
    this.state = STARTED;
    this.owed = head.framing === 'length' ? head.length : -1;
    this.#connection.wake();
  }

  mayStay(whole: boolean): boolean {
    return this.head.keepAlive && this.#connection.mayStay(this, whole);
  }

  #assertOpen(): void {
    if (this.state !== OPEN) {
      throw new LocalProtocolError(
        'ERR_HTTP_ALREADY_STARTED',
        'this request has been answered, or its answer has begun',
      );
    }
  }

  #encode(status: number, reason: string, headers: HeaderList, length: number, whole: boolean): EncodedHead {
    this.#assertOpen();
    if (status < 200) {
      throw new LocalProtocolError(
        'ERR_HTTP_STATUS',
        `${status} is an interim status: send it with inform(), and an answer after it`,
      );
    }
    const date = this.#connection.context.date.now();
    return encodeResponseHead(this.head, this.mayStay(whole), status, reason, headers, length, date);
  }

  #begin(status: number, head: EncodedHead): void {
    this.headText = head.text;
    this.#headBytes = head.text.length;
    this.framing = head.framing;
    this.keepAlive = head.keepAlive;
    this.status = status;
  }

  write(bytes: Uint8Array): boolean {
    // Nobody would ever take it from here: an app that only looks at what `write` returns must not fill the memory.
    if (this.superseded || this.state === FAILED || this.#connection.gone !== undefined) return false;
    if (this.state !== STARTED)
      throw new LocalProtocolError('ERR_HTTP_NOT_STARTED', 'write() comes between start() and end()');
    if (this.framing === 'none' || bytes.length === 0) return true;
    countBody(this, bytes.length);
    (this.pieces ??= []).push(bytes);
    this.pendingBytes += bytes.length;
    this.#connection.wake();
    this.#blocked = this.#connection.congested;
    return !this.#blocked;
  }

  get takesFiles(): boolean {
    const { stream, loop } = this.#connection;
    return stream.trySendFile !== undefined && loop.kernel.hasFiles && this.#goneFor() === undefined;
  }

  writeFile(file: number, position: number, length: number, done: FileListener): { cancel(): void } {
    return addFile(this.#connection, this, file, position, length, done);
  }

  drained(): Promise<void> {
    const reason = this.#goneFor();
    if (reason !== undefined) return forgivable(Promise.reject(reason));
    if (!this.#connection.congested) return Promise.resolve();
    this.#drained ??= Promise.withResolvers<void>();
    return forgivable(this.#drained.promise);
  }

  /** The connection has made progress: tells those that wait in `drained`. */
  settleDrained(): void {
    if (this.#connection.congested) return;
    if (this.#blocked) {
      this.#blocked = false;
      this.#observer?.onDrained();
    }
    this.#drained?.resolve();
    this.#drained = undefined;
  }

  /** All of the answer is with the socket, or in the out buffer. Called in each step from then on. */
  settleSent(): void {
    const observer = this.#observer;
    if (observer === undefined || this.superseded) return;
    this.#observer = undefined;
    observer.onSent();
  }

  /** The connection is gone: tells all that wait for it, or would like to know. */
  lose(reason: Error): void {
    this.#drained?.reject(reason);
    this.#drained = undefined;
    const pieces = this.pieces;
    this.pieces = undefined;
    dropFiles(pieces);
    const listeners = this.#onGone;
    this.#onGone = undefined;
    if (listeners !== undefined) for (const listener of listeners) listener(reason);
    this.#observer?.onGone(reason);
    this.#observer = undefined;
  }

  end(trailers = ''): void {
    if (this.superseded || this.state === FAILED || this.#connection.gone !== undefined) return;
    if (this.state !== STARTED)
      throw new LocalProtocolError('ERR_HTTP_NOT_STARTED', 'end() comes once, after start()');
    if (this.owed > 0) {
      const promised = this.bodyBytes + this.owed;
      this.fail(
        new LocalProtocolError(
          'ERR_HTTP_BODY_TOO_SHORT',
          `the answer promised ${promised} bytes, and ended after ${this.bodyBytes}`,
        ),
      );
      return;
    }
    this.trailerText = trailers;
    this.state = COMPLETE;
    this.#connection.wake();
  }

  failBody(error: BodyError): boolean {
    if (this.body?.complete !== false) return false;
    this.body.fail(error);
    return true;
  }

  fail(error: unknown): void {
    if (this.superseded || this.state === COMPLETE || this.state === FAILED) return;
    this.#connection.appFailed(this, error);
  }

  upgrade(headers: HeaderList, run: (stream: Stream, rest: Uint8Array) => Co<void>): void {
    if (this.superseded) return;
    if (!this.head.upgrade || this.state !== OPEN) {
      throw new LocalProtocolError(
        'ERR_HTTP_UPGRADE',
        'only an unanswered request that asks for an upgrade can have one',
      );
    }
    this.headText = encodeResponseHead(this.head, true, 101, '', headers, 0, '').text;
    this.handOver(101, run);
  }

  handOver(status: number, run: (stream: Stream, rest: Uint8Array) => Co<void>): void {
    if (this.superseded) return;
    this.#assertOpen();
    this.status = status;
    this.state = COMPLETE;
    this.takeOver = run;
    this.#connection.wake();
  }

  inform(status: number, headers: HeaderList): void {
    if (status < 102 || status > 199) {
      throw new LocalProtocolError('ERR_HTTP_STATUS', `an interim status is 102 to 199, not ${status}`);
    }
    this.informEncoded(status, encodeResponseHead(this.head, true, status, '', headers, 0, '').text);
  }

  informEncoded(status: number, text: string): void {
    if (this.superseded || this.state !== OPEN || this.head.minor === 0) return;
    if (status === 100) this.continued = true;
    this.interim += text;
    this.#connection.wake();
  }

  /** Answers in the app's place: an error, a deadline. What the app says afterwards goes nowhere. */
  supersede(status: number, headers: HeaderList, text: string): void {
    this.respond(status, '', headers, text);
    this.superseded = true;
    const reason = this.#goneFor();
    if (reason !== undefined) this.#observer?.onGone(reason);
    this.#observer = undefined;
  }
}
