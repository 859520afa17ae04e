// What of Node's own classes is relied upon that is not documented, in one place. All of it is as old as the classes are
// in their present shape, and a test of each says so when a release of Node drops one.
//
// State that Node keeps under symbols is found by the symbols' descriptions; where one is not found, it is a symbol that
// nobody else has, and what it stands for is not shown to programs.

import { ReadStream } from 'node:fs';
import { IncomingMessage, type Server, ServerResponse } from 'node:http';

export interface ResponseInternals {
  _header: string | null;
  _headerSent: boolean;
  _hasBody: boolean;
  _contentLength: number | null;
  _removedContLen: boolean;
  _trailer: string;
  _last: boolean;
  _closed: boolean;
  _keepAliveTimeout: number;
  _maxRequestsPerSocket: number;
  _defaultKeepAlive: boolean;
  _expect_continue: boolean;
  maxRequestsOnConnectionReached: boolean;
  destroyed: boolean;
  finished: boolean;
  _eventsCount: number;
  _implicitHeader(): void;
  _finish(): void;
}

export interface RequestInternals {
  _consuming: boolean;
  _dumped: boolean;
  _eventsCount: number;
  readonly _readableState: { resumeScheduled?: boolean };
  /** Takes over a flat list of fields; of trailers, once the request is complete. */
  _addHeaderLines(fields: readonly string[], count: number): void;
  _dump(): void;
  _dumpAndCloseReadable?(): void;
}

const response = new ServerResponse({ method: 'GET' } as IncomingMessage);

function symbolOf(object: object, description: string): symbol {
  for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const found = Object.getOwnPropertySymbols(at).find((symbol) => symbol.description === description);
    if (found !== undefined) return found;
  }
  return Symbol(description);
}

/** Of a response. */
export const kSocket = symbolOf(response, 'kSocket');
export const kNeedDrain = symbolOf(response, 'kNeedDrain');
export const kWritableFinished = symbolOf(response, 'kWritableFinished');
export const kEndCallbacks = symbolOf(response, 'kEndCallbacks');
export const kFlushError = symbolOf(response, 'kFlushError');
export const kBytesWritten = symbolOf(response, 'kBytesWritten');
/** Of a request. */
export const kDetachAbortSignal = symbolOf(IncomingMessage.prototype, 'kDetachAbortSignal');

/** The symbols under which a server keeps the classes that its options named. */
export function classesOf(server: Server): {
  readonly Request: typeof IncomingMessage;
  readonly Response: typeof ServerResponse;
} {
  const at = (description: string): unknown => Reflect.get(server, symbolOf(server, description));
  return {
    Request: (at('IncomingMessage') as typeof IncomingMessage | undefined) ?? IncomingMessage,
    Response: (at('ServerResponse') as typeof ServerResponse | undefined) ?? ServerResponse,
  };
}

/** Names of fields whose values are joined rather than repeated: the server's option. */
export function uniqueHeadersOf(server: Server): { readonly symbol: symbol; readonly value: unknown } {
  const symbol = symbolOf(server, 'kUniqueHeaders');
  return { symbol, value: Reflect.get(server, symbol) };
}

/** What a stream of a file has that its types do not say. */
export interface FileStreamInternals {
  fd: number | null;
  path: unknown;
  /** Where the next read begins; `undefined` where that is the descriptor's own position. */
  pos: number | undefined;
  /** The last byte to be read, or Infinity. */
  end: number;
  bytesRead: number;
  readonly _readableState: { readonly pipes: readonly unknown[] };
  _read(size: number): void;
  _destroy(error: Error | null, callback: (error?: Error | null) => void): void;
}

/**
 * The symbols of a stream of a file: what it calls `open`, `read` and `close` of; that it is reading, so that its descriptor
 * must stay open; and the event that says when it is not any more. `undefined` where there are others.
 */
export function fileSymbols():
  | { readonly fs: symbol; readonly busy: symbol; readonly idle: symbol }
  | undefined {
  // With a descriptor, it opens nothing; told that it is reading, it closes nothing.
  const sample = Reflect.construct(ReadStream, ['', { fd: 0, autoClose: false }]) as ReadStream;
  const fs = symbolOf(sample, 'kFs');
  const busy = symbolOf(sample, 'kIsPerformingIO');
  if (!(fs in sample && busy in sample)) return undefined;
  Reflect.set(sample, busy, true);
  (sample as unknown as FileStreamInternals)._destroy(null, () => {});
  const idle = sample.eventNames().find((name) => typeof name === 'symbol' && name.description === 'kIoDone');
  return typeof idle === 'symbol' ? { fs, busy, idle } : undefined;
}
