// An exchange on the thread's side: to the app's adapters it is what the server's own is; what they say of the answer becomes
// messages, and what the server says of the client comes as messages. Made by `thread-side.ts` for each request.

import { Buffer } from 'node:buffer';
import type { BodyError, ExchangeObserver, Peer, WireExchange } from '../app/index.ts';
import {
  type EncodedHead,
  encodeResponseHead,
  type HeaderList,
  LocalProtocolError,
  type RequestHead,
} from '../http/index.ts';
import {
  type Answer,
  exactly,
  packError,
  type RequestMessage,
  transferOf,
  unpackHead,
  unpackPeer,
  WINDOW,
} from './messages.ts';
import { ThreadBody, unread } from './thread-body.ts';
import { ThreadClient } from './thread-client.ts';

const NO_BYTES = new Uint8Array(0);
const NO_TRAILERS: readonly string[] = [];

/** What an exchange needs of its thread. */
export interface Outbox {
  post(message: Answer, transfer?: readonly ArrayBuffer[]): void;
  /** The value of the Date field. */
  date(): string;
}

export interface ThreadExchangeOptions {
  /** The app answers when its work is done, and not before: what ends the answer says so. */
  readonly answersLast: boolean;
  /** Something has come to its end: the answer, or the body. */
  readonly onProgress: () => void;
}

/** OPEN until an answer begins, COMPLETE when its end was said, FAILED where there will be none. */
type State = 'open' | 'started' | 'complete' | 'failed';

export class ThreadExchange implements WireExchange {
  readonly id: number;
  readonly head: RequestHead;
  readonly peer: Peer;
  readonly client: ThreadClient;
  readonly body: ThreadBody;
  readonly takesFiles = false;
  readonly #outbox: Outbox;
  readonly #options: ThreadExchangeOptions;
  state: State = 'open';
  /** The answer has come to its end, and who observes it has been told. */
  settled = false;
  trailers: readonly string[];
  readsOn = false;
  aborted: Error | undefined;
  /** Why nobody takes any more of the answer. */
  gone: Error | undefined;
  answerBytes = 0;
  /** Bytes of the answer on their way to the main thread, or waiting there. */
  pendingBytes = 0;
  /** Bytes that the head still promises; -1 where any number will do. */
  #owed = -1;
  #bodiless = false;
  #onAbort: ((reason: Error) => void)[] = [];
  #onGone: ((reason: Error) => void)[] = [];
  #drained: PromiseWithResolvers<void> | undefined;
  #observer: ExchangeObserver | undefined;
  #blocked = false;

  constructor(request: RequestMessage, outbox: Outbox, options: ThreadExchangeOptions) {
    const { id, head, peer, ends, body, trailers } = request;
    this.id = id;
    this.head = unpackHead(head);
    this.peer = unpackPeer(peer);
    this.trailers = trailers ?? NO_TRAILERS;
    this.#outbox = outbox;
    this.#options = options;
    this.client = new ThreadClient(id, ends, (message) => this.#post(message));
    this.body = new ThreadBody(this.bodyLength === 0 ? NO_BYTES : body, {
      ask: () => this.#post({ type: 'read', id }),
      took: (count) => this.#post({ type: 'took', id, count }),
    });
  }

  // ── The request ──────────────────────────────────────────────────────────────────────────────────────────────

  get url(): string {
    const { scheme, host } = this.peer;
    const { path } = this.head;
    return `${scheme}://${host}${path === '*' ? '/*' : path}`;
  }

  get bodyLength(): number {
    return this.head.contentLength;
  }

  takeBody(): Uint8Array | undefined {
    return this.body.take();
  }

  readBody(): Promise<Uint8Array | undefined> {
    return this.body.read();
  }

  readOn(): void {
    if (this.readsOn) return;
    this.readsOn = true;
    this.#post({ type: 'read on', id: this.id });
  }

  failBody(error: BodyError): boolean {
    if (this.body.complete) return false;
    this.#post({ type: 'fail body', id: this.id, error: packError(error) });
    this.body.fail(error);
    return true;
  }

  forsake(): void {
    this.#post({ type: 'forsake', id: this.id });
  }

  onAbort(listener: (reason: Error) => void): void {
    if (this.aborted !== undefined) listener(this.aborted);
    else this.#onAbort.push(listener);
  }

  onGone(listener: (reason: Error) => void): void {
    if (this.gone !== undefined) listener(this.gone);
    else this.#onGone.push(listener);
  }

  observe(observer: ExchangeObserver): void {
    this.#observer = observer;
  }

  // ── The response ─────────────────────────────────────────────────────────────────────────────────────────────

  get started(): boolean {
    return this.state !== 'open';
  }

  /** As far as the thread can tell; the main thread, which sees the connection, has the last word. */
  mayStay(_whole: boolean): boolean {
    return this.head.keepAlive;
  }

  respond(status: number, reason: string, headers: HeaderList, body: string | Uint8Array | null): void {
    const length = body === null ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    this.respondEncoded(status, this.#encode(status, reason, headers, length), body);
  }

  respondEncoded(status: number, head: EncodedHead, body: string | Uint8Array | null): void {
    this.#begin(head);
    this.state = 'complete';
    this.answerBytes += head.framing === 'length' ? head.length : 0;
    const sent = head.framing === 'length' ? body : null;
    const bytes = typeof sent === 'string' || sent === null ? sent : exactly(sent);
    const done = this.#options.answersLast;
    this.#post(
      { type: 'respond', id: this.id, status, head, body: bytes, done },
      bytes instanceof Uint8Array ? transferOf(bytes) : undefined,
    );
    this.#sayComplete();
  }

  start(status: number, reason: string, headers: HeaderList, length: number): void {
    this.startEncoded(status, this.#encode(status, reason, headers, length));
  }

  startEncoded(status: number, head: EncodedHead): void {
    this.#begin(head);
    this.state = 'started';
    this.#owed = head.framing === 'length' ? head.length : -1;
    this.#post({ type: 'start', id: this.id, status, head });
  }

  #begin({ text, framing }: EncodedHead): void {
    this.#assertOpen();
    this.answerBytes = text.length;
    this.#bodiless = framing === 'none';
  }

  write(bytes: Uint8Array): boolean {
    if (this.gone !== undefined || this.state === 'failed') return false;
    if (this.state !== 'started')
      throw new LocalProtocolError('ERR_HTTP_NOT_STARTED', 'write() comes between start() and end()');
    if (this.#bodiless || bytes.length === 0) return true;
    this.#count(bytes.length);
    this.pendingBytes += bytes.length;
    const own = exactly(bytes);
    this.#post({ type: 'write', id: this.id, bytes: own }, transferOf(own));
    this.#blocked = this.pendingBytes >= WINDOW;
    return !this.#blocked;
  }

  #count(length: number): void {
    if (this.#owed >= 0 && length > this.#owed) {
      throw new LocalProtocolError(
        'ERR_HTTP_BODY_TOO_LONG',
        `the answer promised ${this.#owed} bytes more, and got ${length}`,
      );
    }
    if (this.#owed >= 0) this.#owed -= length;
    this.answerBytes += length;
  }

  drained(): Promise<void> {
    if (this.gone !== undefined) return Promise.reject(this.gone);
    if (this.pendingBytes < WINDOW) return Promise.resolve();
    this.#drained ??= Promise.withResolvers<void>();
    this.#drained.promise.catch(() => {});
    return this.#drained.promise;
  }

  end(trailers = ''): void {
    if (this.gone !== undefined || this.state === 'failed') return;
    if (this.state !== 'started')
      throw new LocalProtocolError('ERR_HTTP_NOT_STARTED', 'end() comes once, after start()');
    this.state = 'complete';
    // Where less came than was promised, the server's exchange sees that, too.
    this.#post({ type: 'end', id: this.id, trailers, done: this.#options.answersLast });
    this.#sayComplete();
  }

  fail(error: unknown): void {
    if (this.gone !== undefined || this.state === 'complete' || this.state === 'failed') return;
    this.state = 'failed';
    this.settled = true;
    this.#post({ type: 'fail', id: this.id, error: packError(error) });
    this.#options.onProgress();
  }

  upgrade(): void {
    this.handOver();
  }

  /** A connection stays with the main thread: a stream that is the app's alone can't be had here. */
  handOver(): void {
    const fields = ['Content-Type', 'text/plain; charset=utf-8', 'Connection', 'close'];
    this.respond(501, '', fields, UPGRADE_REFUSED);
  }

  inform(status: number, headers: HeaderList): void {
    if (status < 102 || status > 199) {
      throw new LocalProtocolError('ERR_HTTP_STATUS', `an interim status is 102 to 199, not ${status}`);
    }
    this.informEncoded(status, encodeResponseHead(this.head, true, status, '', headers, 0, '').text);
  }

  informEncoded(status: number, text: string): void {
    if (this.state === 'open') this.#post({ type: 'inform', id: this.id, status, text });
  }

  writeFile(): never {
    throw new Error('a thread reads files itself');
  }

  // ── What the main thread says ────────────────────────────────────────────────────────────────────────────────

  taken(count: number): void {
    this.pendingBytes -= count;
    if (this.pendingBytes >= WINDOW) return;
    this.#drained?.resolve();
    this.#drained = undefined;
    if (!this.#blocked) return;
    this.#blocked = false;
    this.#observer?.onDrained();
  }

  abort(reason: Error): void {
    if (this.aborted !== undefined) return;
    this.aborted = reason;
    for (const listener of this.#onAbort.splice(0)) listener(reason);
    this.#observer?.onAbort(reason);
  }

  lose(reason: Error): void {
    if (this.gone !== undefined) return;
    this.gone = reason;
    this.abort(reason);
    this.body.fail(reason);
    this.#drained?.reject(reason);
    this.#drained = undefined;
    for (const listener of this.#onGone.splice(0)) listener(reason);
    const observer = this.#observer;
    this.#observer = undefined;
    if (this.state !== 'complete') observer?.onGone(reason);
  }

  /** The exchange is over: nobody hears anything more of it. */
  finish(): void {
    if (!this.body.over) this.body.fail(unread());
    this.#observer = undefined;
  }

  /** The answer is with the main thread, which sends it: as far as the app is concerned, it is sent. */
  #sayComplete(): void {
    if (this.#observer === undefined) {
      this.settled = true;
      this.#options.onProgress();
      return;
    }
    process.nextTick(() => {
      const observer = this.#observer;
      this.#observer = undefined;
      this.settled = true;
      observer?.onSent();
      this.#options.onProgress();
    });
  }

  #assertOpen(): void {
    if (this.state === 'open') return;
    throw new LocalProtocolError(
      'ERR_HTTP_ALREADY_STARTED',
      'this request has been answered, or its answer has begun',
    );
  }

  #encode(status: number, reason: string, headers: HeaderList, length: number): EncodedHead {
    this.#assertOpen();
    if (status < 200) {
      throw new LocalProtocolError(
        'ERR_HTTP_STATUS',
        `${status} is an interim status: send it with inform(), and an answer after it`,
      );
    }
    return encodeResponseHead(
      this.head,
      this.head.keepAlive,
      status,
      reason,
      headers,
      length,
      this.#outbox.date(),
    );
  }

  #post(message: Answer, transfer?: readonly ArrayBuffer[]): void {
    this.#outbox.post(message, transfer);
  }
}

const UPGRADE_REFUSED =
  '501 Not Implemented: this server runs its app in threads (--worker-class threads), which serve no upgraded connections such as WebSockets\n';
