// `http.ServerResponse` over an exchange. Responses are Node's own objects: Express and others give them a prototype that
// ends in `http.ServerResponse.prototype`, and tracing libraries replace methods there, so what is ours has to be found there
// too. `installResponse` puts one function before each of Node's that reaches for a socket; a response that has no exchange
// (of Node's own servers, or made by hand) goes on to Node's.
//
//   setHeader, writeHead, ...   Node's, down to `_storeHeader`, which writes the head's text
//   write, end, flushHeaders    ours: that text and the body go to the exchange, which frames and sends them
//   writeContinue and its kin   Node's, down to `_writeRaw`, which is ours
//
// What they refuse, Node's own functions are called to refuse, so that errors are Node's.

import { AsyncResource } from 'node:async_hooks';
import diagnostics from 'node:diagnostics_channel';
import { ServerResponse } from 'node:http';
import type { EncodedHead } from '../../http/index.ts';
import type { WireExchange } from '../wire.ts';
import { kBytesWritten, kEndCallbacks, kNeedDrain, kSocket } from './internals.ts';
import type { NodeRequest } from './request.ts';
import { queueEndCallback } from './response-end.ts';
import {
  type Callback,
  CLIENT_SEEMS_GONE,
  CONTEXT,
  EXCHANGE,
  LEFT,
  type NodeResponse,
  TOLD,
  WAITING,
} from './response-state.ts';
import type { NodeSocket } from './socket.ts';

const responseFinish = diagnostics.channel('http.server.response.finish');

type Chunk = string | Uint8Array;
type EncodingOrCallback = BufferEncoding | Callback | null | undefined;

// Node's own, as they are before anything is installed.
const { prototype } = ServerResponse;
const node = {
  write: prototype.write as (this: unknown, ...args: unknown[]) => boolean,
  end: prototype.end as (this: unknown, ...args: unknown[]) => unknown,
  flushHeaders: prototype.flushHeaders as (this: unknown) => void,
  storeHeader: Reflect.get(prototype, '_storeHeader') as (this: unknown, ...args: unknown[]) => void,
  send: Reflect.get(prototype, '_send') as (this: unknown, ...args: unknown[]) => boolean,
  writeRaw: Reflect.get(prototype, '_writeRaw') as (this: unknown, ...args: unknown[]) => boolean,
};

let installed = false;

/** Puts our functions before Node's, once for the process. */
export function installResponse(): void {
  if (installed) return;
  installed = true;
  const ours = { write, end, flushHeaders, _storeHeader: storeHeader, _send: send, _writeRaw: writeRaw };
  for (const [name, value] of Object.entries(ours)) {
    Object.defineProperty(value, 'name', { value: name });
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true, enumerable: true });
  }
}

function isChunk(chunk: unknown): chunk is Chunk {
  return typeof chunk === 'string' || chunk instanceof Uint8Array;
}

// ── What programs call ───────────────────────────────────────────────────────────────────────────────────────────

export function write(
  this: NodeResponse,
  chunk: unknown,
  encoding?: EncodingOrCallback,
  callback?: Callback,
): boolean {
  const exchange = this[EXCHANGE];
  if (exchange === undefined || this.finished || this.destroyed || !isChunk(chunk)) {
    return node.write.call(this, chunk, encoding, callback);
  }
  if (typeof encoding === 'function') {
    callback = encoding;
    encoding = undefined;
  }
  const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding ?? 'utf8') : chunk;
  if (this.strictContentLength) countStrictly(this, bytes.length, false);
  if (this._header === null) this._implicitHeader();
  if (!this._hasBody) return node.write.call(this, chunk, encoding, callback);
  start(this, exchange);
  (this[kSocket] as NodeSocket | null)?.touch();
  const room = sendPiece(this, exchange, bytes);
  if (typeof callback === 'function') {
    if (room) process.nextTick(callback, null);
    else (this[WAITING] ??= []).push(callback);
  }
  if (!room) this[kNeedDrain] = true;
  return room;
}

function end(
  this: NodeResponse,
  chunk?: unknown,
  encoding?: EncodingOrCallback,
  callback?: Callback,
): NodeResponse {
  const exchange = this[EXCHANGE];
  if (typeof chunk === 'function') {
    callback = chunk as Callback;
    chunk = null;
    encoding = null;
  } else if (typeof encoding === 'function') {
    callback = encoding;
    encoding = null;
  }
  const given = Boolean(chunk);
  if (exchange === undefined || this.finished || (given && !isChunk(chunk))) {
    node.end.call(this, chunk, encoding, callback);
    return this;
  }
  if (typeof callback === 'function') queueEndCallback(this, callback);
  if (this.destroyed) this.finished = true;
  else complete(this, exchange, given ? (chunk as Chunk) : '', encoding);
  return this;
}

function complete(
  response: NodeResponse,
  exchange: WireExchange,
  chunk: Chunk,
  encoding: BufferEncoding | null | undefined,
): void {
  // The exchange sends strings as UTF-8 itself, without a buffer in between.
  const isText = typeof chunk === 'string' && (!encoding || encoding === 'utf8' || encoding === 'utf-8');
  const body = isText || typeof chunk !== 'string' ? chunk : Buffer.from(chunk, encoding as BufferEncoding);
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  if (response.strictContentLength) countStrictly(response, length, true);
  const request = response.req as unknown as NodeRequest;
  if (isRead(request)) exchange.readOn();
  if (response._header === null) {
    if (!exchange.mayStay(true)) response.shouldKeepAlive = false;
    response._contentLength = length;
    response._implicitHeader();
    // The head has just said what length is declared.
    if (response.strictContentLength) countStrictly(response, 0, true);
  }
  if (!response._hasBody && length > 0) node.write.call(response, body);
  if (request.complete || exchange.bodyLength === 0 || exchange.readsOn)
    sendRest(response, exchange, body, length);
  else {
    // Once the answer is sent, a body that nobody reads goes. Who listens for it in the next tick is in time, as on Node.
    process.nextTick(process.nextTick, () => {
      if (isRead(request)) exchange.readOn();
      sendRest(response, exchange, body, length);
    });
  }
  if (response._eventsCount > 0 || response[kEndCallbacks] != null || responseFinish.hasSubscribers) {
    response[CONTEXT] = new AsyncResource('siskin.Response', { requireManualDestroy: true });
    (response[kSocket] as NodeSocket | null)?.keepAddress();
  }
  response.finished = true;
  response._finish();
}

/** Whether somebody reads the request's body, and has not come to its end. */
export function isRead(request: NodeRequest): boolean {
  if (request.complete) return false;
  return request._consuming || request.listenerCount('data') > 0 || request.listenerCount('readable') > 0;
}

/** The body, or what is left of it, and its end. */
function sendRest(response: NodeResponse, exchange: WireExchange, body: Chunk, length: number): void {
  if (!exchange.started) {
    const head = encodedHead(response);
    const { framing } = head;
    if (framing === 'none' || (framing === 'length' && head.length === length)) {
      exchange.respondEncoded(response.statusCode, head, body);
      return;
    }
    begin(response, exchange, head);
  }
  if (length > 0 && response._hasBody) {
    sendPiece(response, exchange, typeof body === 'string' ? Buffer.from(body) : body);
  }
  // Who was told that nobody is there may have ended early, and what is short of its end must not look whole.
  if (response[TOLD] === true) exchange.fail(CLIENT_SEEMS_GONE);
  else exchange.end(response._trailer);
}

function flushHeaders(this: NodeResponse): void {
  const exchange = this[EXCHANGE];
  if (exchange === undefined) {
    node.flushHeaders.call(this);
    return;
  }
  if (this._header === null) this._implicitHeader();
  start(this, exchange);
}

// ── What Node's own functions call ───────────────────────────────────────────────────────────────────────────────

/** Writes the head's text. A connection that will not stay says so in it. */
function storeHeader(this: NodeResponse, firstLine: unknown, headers: unknown): void {
  const exchange = this[EXCHANGE];
  if (exchange !== undefined && this.shouldKeepAlive && !exchange.mayStay(false))
    this.shouldKeepAlive = false;
  node.storeHeader.call(this, firstLine, headers);
}

function send(this: NodeResponse, ...args: unknown[]): boolean {
  const exchange = this[EXCHANGE];
  if (exchange === undefined) return node.send.apply(this, args);
  start(this, exchange);
  const [data, encoding, callback] = args as [Chunk, BufferEncoding | null, Callback | null];
  const room =
    data.length === 0 || sendPiece(this, exchange, Buffer.from(data as string, encoding ?? 'utf8'));
  if (typeof callback === 'function') process.nextTick(callback, null);
  return room;
}

/** Interim answers come this way: `HTTP/1.1 103 Early Hints` and what follows, as text. */
function writeRaw(this: NodeResponse, ...args: unknown[]): boolean {
  const exchange = this[EXCHANGE];
  if (exchange === undefined) return node.writeRaw.apply(this, args);
  const [text, encoding, callback] = args as [string, unknown, Callback | undefined];
  exchange.informEncoded(Number(text.slice(9, 12)), text);
  const called = typeof encoding === 'function' ? (encoding as Callback) : callback;
  if (typeof called === 'function') process.nextTick(called, null);
  return true;
}

// ── Heads and bodies ─────────────────────────────────────────────────────────────────────────────────────────────

/** What Node has settled about the head that it has written: how the body is delimited, and whether the connection stays. */
function encodedHead(response: NodeResponse): EncodedHead {
  const text = response._header!;
  const keepAlive = !response._last && !response.maxRequestsOnConnectionReached;
  if (!response._hasBody) return { text, framing: 'none', length: 0, keepAlive };
  if (response.chunkedEncoding) return { text, framing: 'chunked', length: -1, keepAlive };
  const length = response._contentLength;
  const declared = text.includes(OWN_LENGTH) || LENGTH_LINE.test(text);
  if (declared && !response._removedContLen && Number.isSafeInteger(length) && length! >= 0) {
    return { text, framing: 'length', length: length!, keepAlive };
  }
  return { text, framing: 'close', length: -1, keepAlive: false };
}

/** Node knows the length, and does not add it for HTTP/1.0, or where a program has set a transfer coding. */
const OWN_LENGTH = '\nContent-Length: ';
const LENGTH_LINE = /\ncontent-length:/i;

/** Sends the head, if that has not been done. */
export function start(response: NodeResponse, exchange: WireExchange): void {
  if (!exchange.started) begin(response, exchange, encodedHead(response));
}

function begin(response: NodeResponse, exchange: WireExchange, head: EncodedHead): void {
  response._headerSent = true;
  response[LEFT] = head.framing === 'length' ? head.length : Number.POSITIVE_INFINITY;
  exchange.startEncoded(response.statusCode, head);
}

/** What is beyond the length that the head has promised would be read as the next answer, and is not sent. */
function sendPiece(response: NodeResponse, exchange: WireExchange, bytes: Uint8Array): boolean {
  const left = response[LEFT]!;
  if (bytes.length <= left) {
    response[LEFT] = left - bytes.length;
    return exchange.write(bytes);
  }
  process.emitWarning('a response has more bytes than its Content-Length says: the rest is not sent', {
    code: 'SISKIN_BODY_TOO_LONG',
  });
  response[LEFT] = 0;
  return exchange.write(bytes.subarray(0, left));
}

/** `strictContentLength`: throws where the body is not, or can't become, as long as declared. */
function countStrictly(response: NodeResponse, length: number, isLast: boolean): void {
  const before = Number(response[kBytesWritten] ?? 0);
  const declared = response._contentLength;
  const total = before + length;
  const applies = response._hasBody && !response.chunkedEncoding && !response.hasHeader('transfer-encoding');
  if (declared === null || !applies || (isLast ? total === declared : total <= declared)) {
    response[kBytesWritten] = total;
    return;
  }
  const message = `Response body's content-length of ${total} byte(s) does not match the content-length of ${declared} byte(s) set in header`;
  throw Object.assign(new Error(message), { code: 'ERR_HTTP_CONTENT_LENGTH_MISMATCH' });
}
