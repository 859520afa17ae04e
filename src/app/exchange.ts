// One request and its response, whatever the HTTP version and whatever the style of the app. The server makes an
// Exchange and hands it to an `App`; adapters (`app/fetch`, `app/node`) turn it into what a handler expects.
//
//   the app reads                      the app answers, once, in one of two ways
//   ─────────────                      ──────────────────────────────────────────
//   head, peer, url                    respond(status, reason, headers, whole body)
//   takeBody() or readBody()*          start(status, reason, headers, length) · write()* · end()
//
// The Exchange never touches the socket: it fills buffers and wakes the connection's coroutine, which does.

import type { HeaderList, LeftToApp, Problem, RequestHead } from '../http/index.ts';
import type { Stream } from '../net/index.ts';
import type { Co } from '../task/index.ts';
import type { Client, WireExchange } from './wire.ts';

/** What `App.handle` returns where the answer comes at some time, and nothing but the answer tells when. */
export const LATER = Symbol('later');

/** An application, seen from the server. */
export interface App {
  /** Requests that it has an answer to, and most apps have not. */
  readonly leaves?: LeftToApp;
  /**
   * Answers `exchange`. Returns nothing when it has answered already; a promise or a coroutine otherwise, whose end
   * is the end of the app's work; or `LATER`, where that is the end of the answer. A coroutine is cancelled when the
   * connection is reset or the deadline passes. What it throws is logged, and answered with 500 where nothing has been
   * sent.
   */
  handle(exchange: WireExchange): undefined | typeof LATER | Promise<void> | Co<void>;
  /** A connection was accepted. */
  opened?(client: Client): void;
  /** It has ended. */
  closed?(client: Client): void;
  /**
   * What came, and is yours to keep, is no request. True: the app answers with `sendRaw`, and ends the connection; it has some seconds for that.
   * False: the server answers.
   */
  problem?(client: Client, problem: Problem, received: Uint8Array): boolean;
}

/** Who is at the other end, after the trusted proxies' headers were taken into account. */
export interface Peer {
  /** The client's address (numeric), or '' behind a unix socket that forwards none. */
  readonly address: string;
  readonly port: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly scheme: 'http' | 'https';
  /** The authority the client asked for (`example.org:8080`), for building URLs. */
  readonly host: string;
}

export interface Exchange {
  readonly head: RequestHead;
  readonly peer: Peer;
  /** The absolute URL, e.g. `http://example.org/path?query`. Its path and query are exactly as sent. */
  readonly url: string;

  /** Bytes of the request's body as declared; -1 when chunked; 0 when there is none. */
  readonly bodyLength: number;
  /**
   * The whole body, where it has already arrived; `undefined` where some of it is still to come (then use
   * `readBody`). Yours to keep. An empty array where there is none.
   */
  takeBody(): Uint8Array | undefined;
  /**
   * The next piece of the body, yours to keep; `undefined` at its end. The first call sends `100 Continue` to a
   * client that waits for it. Rejects with a `BodyError` when the body is cut short, too large or too slow.
   * One call at a time.
   */
  readBody(): Promise<Uint8Array | undefined>;

  /** Set once the client is gone (reset or half-closed) or a deadline has passed: nobody may be waiting any more. */
  readonly aborted: Error | undefined;
  /** Calls `listener` once with the reason, at once if that has happened. */
  onAbort(listener: (reason: Error) => void): void;

  /**
   * Calls `listener` once nobody will take any more of the answer (the client has reset the connection, or been cut), at
   * once if that has happened. Unlike an abort this is no guess: who has only shut down one side reads on.
   */
  onGone(listener: (reason: Error) => void): void;

  /** True once `respond` or `start` was called. */
  readonly started: boolean;
  /** Answers whole. A string is sent as UTF-8. Bytes must not be changed afterwards. */
  respond(status: number, reason: string, headers: HeaderList, body: string | Uint8Array | null): void;
  /** Sends the head of an answer whose body follows in pieces. `length` is its size in bytes, or -1 if not known. */
  start(status: number, reason: string, headers: HeaderList, length: number): void;
  /**
   * A piece of the body. `true`: go on. `false`: enough is buffered, wait for `drained()` first. Bytes must not be
   * changed afterwards. Throws where more comes than `start` promised.
   */
  write(bytes: Uint8Array): boolean;
  /** Resolves once the peer has taken enough of what was written; rejects when it never will. */
  drained(): Promise<void>;
  /** Ends the body. Where less came than `start` promised, the connection is cut, so that the client can tell. */
  end(): void;
  /** The body can't be completed: cuts the connection so that the client can tell. `error` is logged. */
  fail(error: unknown): void;
  /**
   * Answers `101 Switching Protocols` to a request with `head.upgrade`, and hands the connection over: `run` gets the
   * stream and the bytes that came behind the request, and the connection is closed when it ends. No deadline of the
   * server's holds for it; it is cancelled at the graceful timeout of a drain.
   */
  upgrade(headers: HeaderList, run: (stream: Stream, rest: Uint8Array) => Co<void>): void;
  /** An interim answer, such as 103 Early Hints. Does nothing for HTTP/1.0. */
  inform(status: number, headers: HeaderList): void;
}

/** The request's body can't be had. `status` is what answers it. */
export class BodyError extends Error {
  override readonly name = 'BodyError';
  readonly code: BodyErrorCode;
  readonly status: number;

  constructor(code: BodyErrorCode, status: number, message: string) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export type BodyErrorCode =
  | 'ERR_BODY_CUT_SHORT'
  | 'ERR_BODY_TOO_LARGE'
  | 'ERR_BODY_TIMEOUT'
  | 'ERR_BODY_MALFORMED'
  | 'ERR_BODY_CANCELLED';
