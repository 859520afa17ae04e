// What an exchange offers beyond `Exchange` to an app that looks behind it: the connection, heads that the app encodes
// itself, what becomes of an answer. `app/node` needs this, since `node:http` shows programs all of it; the server's
// exchanges have it.

import type { EncodedHead } from '../http/index.ts';
import type { Stream } from '../net/index.ts';
import type { Co } from '../task/index.ts';
import type { BodyError, Exchange } from './exchange.ts';

export interface WireExchange extends Exchange {
  /** The connection that it came over. */
  readonly client: Client;
  /** The trailer fields of a chunked body, flat, once all of it was read. */
  readonly trailers: readonly string[];
  /**
   * The rest of the body is wanted, although the answer is complete: the connection goes on to the next request only
   * behind it. Where nobody asks for it within `bodyTimeout`, the connection is closed.
   */
  readOn(): void;
  readonly readsOn: boolean;
  /** The rest of the body is not waited for any more: whoever reads it is told why. False where all of it has come. */
  failBody(error: BodyError): boolean;
  /** The app believes that its client has gone: where no answer begins within `writeTimeout`, the connection is closed. */
  forsake(): void;

  /** Bytes of the answer so far, its head among them. */
  readonly answerBytes: number;

  /** Whether `writeFile` may be called: files go to this client, if the answer's body may be pieces, without passing through here. */
  readonly takesFiles: boolean;
  /**
   * A piece of the body that is part of a file, `length` bytes from `position` of the regular file open as `file`. Between
   * `start` and `end`, in order with what is written. `file` must stay open until `done` is called, once: with the number
   * of bytes sent, and, where they are fewer, why: 0 where the file has ended, or a negative errno. `-EAGAIN`: so few bytes
   * that are not in memory are better read than sent. What is missing is still owed. `cancel` ends it early, if it can be
   * done such that the body stays whole.
   */
  writeFile(
    file: number,
    position: number,
    length: number,
    done: (sent: number, failure: number) => void,
  ): { cancel(): void };

  /** Bytes of the answer that the connection has not come to yet. */
  readonly pendingBytes: number;
  /** Tells `observer`, and nobody else, of what becomes of the answer. */
  observe(observer: ExchangeObserver): void;

  /** Whether the connection may stay behind this answer: where not, its head says so. `whole`: it comes in one call. */
  mayStay(whole: boolean): boolean;
  /** As `respond`, with a head of the app's own. The body is exactly as long as `head` says, where it has a length. */
  respondEncoded(status: number, head: EncodedHead, body: string | Uint8Array | null): void;
  /** As `start`, with a head of the app's own. */
  startEncoded(status: number, head: EncodedHead): void;
  /** As `inform`, with a head of the app's own. */
  informEncoded(status: number, text: string): void;
  /** `trailers`: field lines for the end of a chunked body, each with its CRLF. */
  end(trailers?: string): void;
  /** As `upgrade`, and nothing is answered: that is for `run` to do. For any request, CONNECT among them. */
  handOver(status: number, run: (stream: Stream, rest: Uint8Array) => Co<void>): void;
}

/** One connection, for apps that look behind their exchanges. */
export interface Client {
  /** The app's own: what it keeps with the connection. */
  companion: unknown;
  readonly stream: Stream;
  /** Bytes that were sent and that the socket has not taken yet. */
  readonly unsentBytes: number;
  /** Sends bytes as they are, behind what is unsent: whatever framing they need is the caller's. */
  sendRaw(bytes: Uint8Array): void;
  /** Closes the connection once what was said so far is with the socket, as far as that takes it at once. */
  hangUp(reason: Error): void;
}

/** Hears what becomes of an answer; see `Exchange.observe`. Nothing it does may throw. */
export interface ExchangeObserver {
  /** All of the answer is with the socket, or in the buffer that is about to be. */
  onSent(): void;
  /** `write` has said false, and would say true again. */
  onDrained(): void;
  /** As `onAbort`: nobody may be waiting any more. Nobody has been told of the connection's end yet, if it has ended. */
  onAbort(reason: Error): void;
  /** As `onGone`: nobody takes any more of the answer. */
  onGone(reason: Error): void;
}
