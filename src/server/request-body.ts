// The body of one request, between the connection, which decodes what arrives, and the app, which asks for it piece by
// piece. Only what the app wants is received: a client that sends faster than the app reads waits in its own socket.

import { BodyError } from '../app/index.ts';
import { BODY_DATA, BodyDecoder, type HeadLimits, type RequestHead } from '../http/index.ts';
import { forgivable } from './forgivable.ts';
import type { Input } from './input.ts';

const NO_BYTES = new Uint8Array(0);
/** Up to this size `Buffer.from` takes from its pool: half of `Buffer.poolSize`. */
const POOLED = Buffer.poolSize >>> 1;

interface Reader {
  resolve(piece: Uint8Array | undefined): void;
  reject(error: unknown): void;
}

export class RequestBody {
  readonly #decoder: BodyDecoder;
  #pieces: Uint8Array[] = [];
  #reader: Reader | undefined;
  #failure: BodyError | undefined;
  #dropped = false;
  /** Bytes of data that have come. */
  received = 0;
  /** Bytes of it that the app has not taken yet. */
  held = 0;
  /** Milliseconds for which the app has waited for the client, and since when it does so now. */
  #waited = 0;
  /** What had come when `#waited` began to count. */
  #receivedBefore = 0;
  #waitingSince = -1;

  constructor(head: RequestHead, maxBytes: number, limits: HeadLimits) {
    this.#decoder = new BodyDecoder(head.contentLength, maxBytes, limits);
    const { problem } = this.#decoder;
    if (problem !== undefined)
      this.#failure = new BodyError('ERR_BODY_TOO_LARGE', problem.status, problem.message);
  }

  /** All of it has arrived and was decoded. */
  get complete(): boolean {
    return this.#decoder.ended;
  }

  /** Flat, once `complete`. */
  get trailers(): readonly string[] {
    return this.#decoder.trailers;
  }

  get failure(): BodyError | undefined {
    return this.#failure;
  }

  /** The app waits for the next piece. */
  get wanted(): boolean {
    return this.#reader !== undefined;
  }

  /** Bytes still to come, where that is known. */
  get remaining(): number {
    if (this.#decoder.ended) return 0;
    return this.#decoder.remaining;
  }

  /**
   * Decodes what `input` holds of it, and hands over what is asked for. All of that becomes one piece: it is moved together
   * in the buffer, over the chunks' framing, since a buffer for each chunk of one byte would cost a hundred times as much.
   */
  receive(input: Input): void {
    const decoder = this.#decoder;
    const { bytes, end } = input;
    let at = input.start;
    let pieceStart = at;
    let pieceEnd = at;
    while (!decoder.ended && this.#failure === undefined && at < end) {
      const found = decoder.decode(bytes, at, end);
      at = decoder.position;
      if (found === BODY_DATA) {
        if (pieceStart === pieceEnd) pieceStart = pieceEnd = decoder.dataStart;
        if (pieceEnd < decoder.dataStart) bytes.copyWithin(pieceEnd, decoder.dataStart, decoder.dataEnd);
        pieceEnd += decoder.dataEnd - decoder.dataStart;
      } else if (decoder.problem !== undefined) this.#refuse();
      else break;
    }
    if (pieceEnd > pieceStart) this.#keep(copyOf(bytes.subarray(pieceStart, pieceEnd)));
    input.consume(at - input.start);
    this.#deliver();
  }

  #keep(piece: Uint8Array): void {
    this.received += piece.length;
    this.held += piece.length;
    this.#pieces.push(piece);
  }

  /**
   * As `receive`, for a body that nobody reads any more: who does so all the same is told that some of it is missing.
   * Returns how many bytes of `input` it took.
   */
  discard(input: Input): number {
    const before = input.size;
    this.receive(input);
    if (this.#pieces.length > 0) this.#dropped = true;
    this.#pieces = [];
    this.held = 0;
    return before - input.size;
  }

  #refuse(): void {
    const { status, message } = this.#decoder.problem!;
    this.#failure = new BodyError(
      status === 413 ? 'ERR_BODY_TOO_LARGE' : 'ERR_BODY_MALFORMED',
      status,
      message,
    );
  }

  /** What has not come will not come. */
  fail(error: BodyError): void {
    if (this.complete) return;
    this.#failure ??= error;
    this.#deliver();
  }

  /** The exchange is over: an app that still waits for the rest is told that it will not come. */
  close(): void {
    if (!this.complete) this.fail(unread());
  }

  #shift(): Uint8Array | undefined {
    const piece = this.#pieces.shift();
    if (piece !== undefined) this.held -= piece.length;
    return piece;
  }

  #deliver(): void {
    const reader = this.#reader;
    if (reader === undefined) return;
    const piece = this.#shift();
    if (piece === undefined && this.#failure === undefined && !this.complete) return;
    this.#reader = undefined;
    if (piece === undefined && this.#failure !== undefined) reader.reject(this.#failure);
    else reader.resolve(piece);
  }

  /**
   * Called with the time in each step in which the app waits: refuses a client that keeps sending, but so little that
   * it only holds the connection.
   */
  keepPace(now: number, limits: { readonly bodyTimeout: number; readonly bodyMinRate: number }): void {
    if (this.#waitingSince >= 0) this.#waited += now - this.#waitingSince;
    this.#waitingSince = this.wanted ? now : -1;
    if (this.#waited <= limits.bodyTimeout) return;
    const rate = ((this.received - this.#receivedBefore) * 1000) / this.#waited;
    // What has come is no credit: for an hour of it, a client could hold what lies in memory.
    this.#waited = 0;
    this.#receivedBefore = this.received;
    if (rate >= limits.bodyMinRate) return;
    this.fail(
      new BodyError(
        'ERR_BODY_TIMEOUT',
        408,
        `the body came at less than ${limits.bodyMinRate} bytes a second`,
      ),
    );
  }

  /** See `Exchange.takeBody`. */
  take(): Uint8Array | undefined {
    if (!this.complete || this.#dropped || this.#reader !== undefined) return undefined;
    const pieces = this.#pieces;
    this.#pieces = [];
    this.held = 0;
    if (pieces.length === 1) return pieces[0]!;
    return pieces.length === 0 ? NO_BYTES : Buffer.concat(pieces);
  }

  /** See `Exchange.readBody`. `onWait` is called where a piece has to be waited for. */
  read(onWait: () => void): Promise<Uint8Array | undefined> {
    if (this.#reader !== undefined) {
      return Promise.reject(new TypeError('readBody was called while an earlier call still waits'));
    }
    if (this.#dropped) return forgivable(Promise.reject(unread()));
    const piece = this.#shift();
    if (piece !== undefined || this.complete) return Promise.resolve(piece);
    if (this.#failure !== undefined) return forgivable(Promise.reject(this.#failure));
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array | undefined>();
    this.#reader = { resolve, reject };
    onWait();
    return forgivable(promise);
  }
}

function unread(): BodyError {
  return new BodyError(
    'ERR_BODY_CANCELLED',
    400,
    'the request was answered before all of its body was read, and the rest was dropped',
  );
}

/** Small pieces lie in Node's pool, which is faster; large ones alone, so that a stream hands them on as they are. */
function copyOf(bytes: Buffer): Uint8Array {
  return bytes.length <= POOLED ? Buffer.from(bytes) : new Uint8Array(bytes);
}
