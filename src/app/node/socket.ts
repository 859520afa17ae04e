// `req.socket`: a connection of ours that passes for a `net.Socket`. One for each connection that a program has a request
// of; it lives as long as that.
//
//   while HTTP is spoken    addresses, timeouts, `destroy`, `close`; reading it is reading the current request's body
//   after an upgrade        a Duplex over the connection's stream (tunnel.ts), the program's alone
//
// It is a Duplex only once somebody uses it as one: an idle connection must be small, and most programs never look at
// more than `remoteAddress`.

import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import { Socket } from 'node:net';
import { Duplex, getDefaultHighWaterMark } from 'node:stream';
import type { Address } from '../../kernel/index.ts';
import type { Client, ExchangeObserver, WireExchange } from '../wire.ts';
import { familyOf, hostOf, portOf } from './addresses.ts';
import { kDetachAbortSignal, kSocket } from './internals.ts';
import type { NodeRequest, Upload } from './request.ts';
import { isRead } from './response.ts';
import { abandon, announceClose, drain, finish } from './response-end.ts';
import type { NodeResponse } from './response-state.ts';
import type { Tunnel } from './tunnel.ts';

const HIGH_WATER_MARK = getDefaultHighWaterMark(false);

/** One exchange, while it lasts. */
interface Current {
  readonly exchange: WireExchange;
  readonly request: NodeRequest;
  readonly response: NodeResponse | undefined;
  readonly upload: Upload;
}

/** Told when an answer is sent: diagnostics. */
export type SentListener = (socket: NodeSocket, request: NodeRequest, response: NodeResponse) => void;

/** What it inherits of `net.Socket` and is used here; the prototype is put in place at the end of this file. */
export interface NodeSocket extends Pick<Socket, 'on' | 'setTimeout' | 'timeout'> {
  readonly _eventsCount: number;
}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: see above.
export class NodeSocket implements ExchangeObserver {
  server: Server;
  /** The response that is being sent; programs that wait for connections to become idle look at it. */
  _httpMessage: NodeResponse | null = null;
  /** How many there were, where that is limited. */
  requests = 0;
  readonly #client: Client;
  readonly #onSent: SentListener | undefined;
  #current: Current | undefined;
  #tunnel: Tunnel | undefined;
  #remote: Address | undefined;
  #local: Address | undefined;
  /** Bytes of answers. */
  #written = 0;
  /** Bytes that waited for the client when the time was last up. */
  #lastWaiting = 0;
  /** It is a Duplex by now. */
  #isDuplex = false;
  /** The connection has ended, or is about to. */
  #ended = false;
  /** It has ended. */
  #closed = false;
  /** Of `_destroy`: the connection ends first. */
  #onClosed: (() => void) | undefined;

  constructor(client: Client, server: Server, onSent?: SentListener) {
    this.server = server;
    this.#client = client;
    this.#onSent = onSent;
    // Elsewhere there is no such member.
    if (client.stream.encrypted) Object.defineProperty(this, 'encrypted', { value: true });
  }

  // ── The current exchange ─────────────────────────────────────────────────────────────────────────────────────

  /** A request has come. */
  enter(current: Current): void {
    if (this.#current?.exchange.readsOn === true) this.#current.upload.conclude();
    this.#current = current;
    this.touch();
    if (current.response === undefined) return;
    this._httpMessage = current.response;
    current.response[kSocket] = this;
    current.exchange.observe(this);
  }

  onSent(): void {
    const { exchange, request, response, upload } = this.#current!;
    this._httpMessage = null;
    Reflect.get(request, kDetachAbortSignal)?.call(request);
    // Who ends the answer first, and then listens for the body, has it as well.
    if (isRead(request)) exchange.readOn();
    // An idle connection keeps nothing of its last request.
    if (!exchange.readsOn) this.#current = undefined;
    this.#written += exchange.answerBytes;
    finish(response!, () => {
      this.#onSent?.(this, request, response!);
      // Whatever of the body nobody has asked for goes, and who waits for its end hears of it.
      if (!request.complete && !exchange.readsOn) upload.leave();
      if (!request.complete || request._eventsCount === 0) return;
      if (!request._consuming && !request._readableState.resumeScheduled) request._dump();
    });
  }

  onDrained(): void {
    this.touch();
    drain(this.#current!.response!);
  }

  onAbort(): void {
    const { exchange, request, response, upload } = this.#current!;
    // Of a body, all may have been sent: whether it was shows when it is read.
    if (exchange.bodyLength === 0 && !request.readableEnded) upload.abort();
    if (response === undefined) return;
    exchange.forsake();
    announceClose(response);
  }

  onGone(): void {
    const { request, response, upload } = this.#current!;
    this._httpMessage = null;
    if (!request.complete || !request.readableEnded) upload.abort();
    abandon(response!);
    response!.destroyed = true;
  }

  /** The connection has ended. */
  close(): void {
    this.#ended = true;
    this.#closed = true;
    this.#tunnel?.close();
    this.#onClosed?.();
    if (this.#isDuplex || this._eventsCount > 0) Duplex.prototype.destroy.call(asSocket(this));
    else if (this.timeout !== undefined && this.timeout > 0) this.setTimeout(0);
    this.#current = undefined;
  }

  // ── As programs see it ───────────────────────────────────────────────────────────────────────────────────────

  get remoteAddress(): string | undefined {
    return hostOf((this.#remote ??= this.#client.stream.remoteAddress));
  }

  get remotePort(): number | undefined {
    return portOf((this.#remote ??= this.#client.stream.remoteAddress));
  }

  get remoteFamily(): string | undefined {
    return familyOf((this.#remote ??= this.#client.stream.remoteAddress));
  }

  get localAddress(): string | undefined {
    return hostOf((this.#local ??= this.#client.stream.localAddress));
  }

  get localPort(): number | undefined {
    return portOf((this.#local ??= this.#client.stream.localAddress));
  }

  get localFamily(): string | undefined {
    return familyOf((this.#local ??= this.#client.stream.localAddress));
  }

  address(): ReturnType<Socket['address']> {
    const { localAddress: address, localPort: port, localFamily: family } = this;
    return address === undefined ? {} : ({ address, family, port } as ReturnType<Socket['address']>);
  }

  get connecting(): boolean {
    return false;
  }

  get pending(): boolean {
    return false;
  }

  get readable(): boolean {
    return this.#isDuplex ? read(Duplex.prototype, 'readable', this) === true : !this.#ended;
  }

  get writable(): boolean {
    return this.#isDuplex ? read(Duplex.prototype, 'writable', this) === true : !this.#ended;
  }

  get destroyed(): boolean {
    return this.#isDuplex ? read(Duplex.prototype, 'destroyed', this) === true : this.#ended;
  }

  get writableLength(): number {
    if (this.#tunnel !== undefined) return read(Duplex.prototype, 'writableLength', this) as number;
    return this.#client.unsentBytes + (this.#current?.exchange.pendingBytes ?? 0);
  }

  get readableHighWaterMark(): number {
    return HIGH_WATER_MARK;
  }

  get writableHighWaterMark(): number {
    return HIGH_WATER_MARK;
  }

  get bytesRead(): number {
    return this.#tunnel?.bytesRead ?? 0;
  }

  get bytesWritten(): number {
    const unfinished = this._httpMessage === null ? 0 : (this.#current?.exchange.answerBytes ?? 0);
    return this.#written + unfinished + (this.#tunnel?.bytesWritten ?? 0);
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  /** Node's server listens for errors of its connections, so that one nobody else hears does not end the process. */
  emit(event: string | symbol, ...given: unknown[]): boolean {
    if (event === 'error' && EventEmitter.prototype.listenerCount.call(this, 'error') === 0) return false;
    return EventEmitter.prototype.emit.call(this, event, ...given);
  }

  cork(): void {
    if (this.#tunnel !== undefined) Duplex.prototype.cork.call(asSocket(this));
  }

  uncork(): void {
    if (this.#tunnel !== undefined) Duplex.prototype.uncork.call(asSocket(this));
  }

  pause(): this {
    if (this.#tunnel !== undefined) Duplex.prototype.pause.call(asSocket(this));
    return this;
  }

  /** While HTTP is spoken, this is how a request's stream asks for more of its body. */
  resume(): this {
    if (this.#tunnel !== undefined) Duplex.prototype.resume.call(asSocket(this));
    else this.#current?.upload.pull();
    return this;
  }

  destroy(error?: Error): this {
    if (this.#ended && !this.#isDuplex) return this;
    this.#ended = true;
    Duplex.prototype.destroy.call(asSocket(this), error);
    return this;
  }

  destroySoon(): void {
    if (this.#tunnel === undefined) this.destroy();
    else Socket.prototype.destroySoon.call(asSocket(this));
  }

  resetAndDestroy(): this {
    return this.destroy();
  }

  // ── As its Duplex part calls it ──────────────────────────────────────────────────────────────────────────────

  _read(): void {
    this.#tunnel?.wantInput();
  }

  _write(bytes: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    if (this.#tunnel !== undefined) {
      this.#tunnel.write(bytes, callback);
      return;
    }
    this.#client.sendRaw(bytes);
    callback();
  }

  _final(callback: (error?: Error | null) => void): void {
    if (this.#tunnel !== undefined) this.#tunnel.end();
    else this.#hangUp(new Error('the app has ended the connection'));
    callback();
  }

  _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#ended = true;
    if (this.#tunnel !== undefined) this.#tunnel.close();
    else this.#hangUp(error ?? new Error('the app has destroyed the connection'));
    if (this.timeout !== undefined && this.timeout > 0) this.setTimeout(0);
    const finish = (): void => {
      callback(error);
      // As a socket's, and unlike a stream's, the event says whether there was an error.
      process.nextTick(() => this.emit('close', error !== null));
    };
    if (this.#closed || this.#tunnel !== undefined) finish();
    else this.#onClosed = finish;
  }

  #hangUp(reason: Error): void {
    this.#client.hangUp(reason);
  }

  /** It is used as a stream: from here on it is one. */
  becomeDuplex(): void {
    this.#isDuplex = true;
    Reflect.apply(Duplex as unknown as (options: object) => void, this, [
      { allowHalfOpen: true, highWaterMark: HIGH_WATER_MARK, emitClose: false },
    ]);
    // An error is the connection's end. On Node too, the server has heard of it before the process would end.
    this.on('error', () => {});
    if (this.#ended) Duplex.prototype.destroy.call(asSocket(this));
  }

  /** The connection speaks another protocol: what comes and goes is the program's. */
  becomeTunnel(tunnel: Tunnel): void {
    this.#current = undefined;
    this._httpMessage = null;
    if (!this.#isDuplex) this.becomeDuplex();
    this.#tunnel = tunnel;
  }

  // ── Timeouts ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** Keeps the client's address: who hears of the end of an answer may ask for it when the connection has ended, too. */
  keepAddress(): void {
    this.#remote ??= this.#client.stream.remoteAddress;
  }

  /** Something has moved: the time begins anew. */
  touch(): void {
    if (this.timeout !== undefined && this.timeout > 0)
      (this as unknown as { _unrefTimer(): void })._unrefTimer();
  }

  /** As Node's, where nobody listens the connection is destroyed. */
  _onTimeout(): void {
    if (this.#ended) return;
    // A client that takes what waits for it is not idle.
    const waiting = this.writableLength;
    if (waiting > 0 && waiting !== this.#lastWaiting) {
      this.#lastWaiting = waiting;
      this.touch();
      return;
    }
    this.emit('timeout');
    if (this.#tunnel !== undefined) return;
    const { request, response } = this.#current ?? {};
    const heard = [
      request !== undefined && !request.complete && request.emit('timeout', this),
      response?.emit('timeout', this) === true,
      this.server.emit('timeout', asSocket(this)),
    ];
    if (!heard.includes(true)) this.destroy();
  }
}

// Its constructor must not run `net.Socket`'s, which makes streams and looks for a handle.
Object.setPrototypeOf(NodeSocket.prototype, Socket.prototype);
Object.defineProperty(NodeSocket.prototype, '_parent', { value: null });
Object.defineProperty(NodeSocket.prototype, 'allowHalfOpen', { value: true, writable: true });
/** Tells our connections from others. */
Object.defineProperty(NodeSocket.prototype, 'isSiskin', { value: true });
/** A socket's own would look for a handle. */
Object.defineProperty(NodeSocket.prototype, '_writev', { value: null });
for (const state of ['_readableState', '_writableState']) {
  Object.defineProperty(NodeSocket.prototype, state, {
    configurable: true,
    get(this: NodeSocket): unknown {
      this.becomeDuplex();
      return Reflect.get(this, state);
    },
    set(this: NodeSocket, value: unknown): void {
      Object.defineProperty(this, state, { value, writable: true, enumerable: true, configurable: true });
    },
  });
}

/** As Node's functions and programs take it. */
export function asSocket(socket: NodeSocket): Socket {
  return socket as unknown as Socket;
}

/** A getter of a class further up, on `self`. */
function read(prototype: object, name: string, self: object): unknown {
  return Reflect.get(prototype, name, self);
}
