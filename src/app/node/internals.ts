// What of Node's own classes is relied upon that is not documented, in one place. All of it is as old as the classes are
// in their present shape, and a test of each says so when a release of Node drops one.
//
// State that Node keeps under symbols is found by the symbols' descriptions; where one is not found, it is a symbol that
// nobody else has, and what it stands for is not shown to programs.

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
