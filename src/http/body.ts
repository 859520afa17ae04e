// A body's octets, out of the stream they came in: counted down to a Content-Length, unwrapped from chunks, or all
// until the connection ends. The server calls `decode` on its receive buffer; nothing is copied but trailers.
//
//     length:   COUNTED ──0 left──▶ ENDED
//     chunked:  SIZE ▶ DIGITS ▶ EXTENSION (chunk-line.ts) ▶ SIZE_LF ─┬─size > 0──▶ CHUNK ▶ DATA_CR ▶ DATA_LF ▶ SIZE
//                                                                   └─size = 0──▶ TRAILERS (trailers.ts) ▶ ENDED
//     any:      ──what the grammar or a limit refuses──▶ FAILED

import { AFTER_SIZE, advance, LINE_LF, REFUSED } from './chunk-line.ts';
import { DEFAULT_HEAD_LIMITS, FREE_CHUNK_DIGITS, type HeadLimits, MAX_CHUNK_OVERHEAD } from './limits.ts';
import { CR, HEX_VALUE, LF, NOT_HEX } from './octets.ts';
import { PROBLEMS, type Problem } from './problem.ts';
import { TrailerReader } from './trailers.ts';

/** What `decode` found: `bytes[dataStart, dataEnd)` is data. */
export const BODY_DATA = 0;
/** Everything was used up: call again with more. */
export const BODY_MORE = 1;
/** The body is complete; what follows at `position` is the next message's. */
export const BODY_END = 2;
/** `problem` says what is wrong; no further call finds anything else. */
export const BODY_PROBLEM = 3;

const COUNTED = 0;
const CHUNK = 1;
const SIZE = 2;
const DIGITS = 3;
const EXTENSION = 4;
const SIZE_LF = 5;
const DATA_CR = 6;
const DATA_LF = 7;
const TRAILERS = 8;
const ENDED = 9;
const FAILED = 10;

/** The length of a body that lasts until the connection ends: responses only (RFC 9112 section 6.3). */
export const UNTIL_CLOSE = Number.POSITIVE_INFINITY;
/** The length of a body in chunks. */
export const CHUNKED = -1;

const NO_TRAILERS: readonly string[] = [];

export class BodyDecoder {
  /** Where the next `decode` must start. */
  position = 0;
  /** After BODY_DATA: the data is `bytes[dataStart, dataEnd)`. Look at it before the buffer changes. */
  dataStart = 0;
  dataEnd = 0;
  problem: Problem | undefined = undefined;

  /** Of a counted body or of the chunk: octets still to come. While a size is read: the size so far. */
  remaining = 0;
  readonly #chunked: boolean;
  readonly #maxBytes: number;
  readonly #limits: HeadLimits;
  #state: number;
  #place = AFTER_SIZE;
  #lineOctets = 0;
  #overhead = 0;
  #total = 0;
  #trailers: TrailerReader | undefined = undefined;

  /**
   * @param length octets of the body, CHUNKED (-1), or UNTIL_CLOSE
   * @param maxBytes octets of data past which the body is refused with 413
   * @param limits bound the trailer section as they bound a header section
   */
  constructor(length: number, maxBytes: number, limits: HeadLimits = DEFAULT_HEAD_LIMITS) {
    this.#chunked = length === CHUNKED;
    this.#maxBytes = maxBytes;
    this.#limits = limits;
    this.#state = this.#chunked ? SIZE : length === 0 ? ENDED : COUNTED;
    if (!this.#chunked) {
      this.remaining = length;
      if (length > maxBytes && length !== UNTIL_CLOSE) this.#refuse(PROBLEMS.bodyTooLarge);
    }
  }

  /** Whether the body is complete. */
  get ended(): boolean {
    return this.#state === ENDED;
  }

  /** Trailer fields, flat, without the forbidden ones; complete at BODY_END. */
  get trailers(): readonly string[] {
    return this.#trailers?.list ?? NO_TRAILERS;
  }

  /**
   * Decodes `bytes[start, end)`, where `start` is the first octet not decoded yet. Returns one of the BODY codes and
   * sets what belongs to it.
   *
   * @example
   * for (;;) {
   *   const found = body.decode(bytes, at, end);
   *   at = body.position;
   *   if (found === BODY_DATA) take(bytes.subarray(body.dataStart, body.dataEnd));
   *   else break;
   * }
   */
  decode(bytes: Buffer, start: number, end: number): number {
    const at = this.#state > CHUNK && this.#state < ENDED ? this.#readFraming(bytes, start, end) : start;
    this.position = at;
    if (this.#state === ENDED) return BODY_END;
    if (this.#state === FAILED) return BODY_PROBLEM;
    if (at === end || this.#state > CHUNK) return BODY_MORE;

    let length = Math.min(this.remaining, end - at);
    if (this.remaining === UNTIL_CLOSE) {
      length = Math.min(length, this.#maxBytes - this.#total);
      if (length === 0) return this.#refuse(PROBLEMS.bodyTooLarge);
      this.#total += length;
    }
    this.dataStart = at;
    this.dataEnd = at + length;
    this.position = at + length;
    this.remaining -= length;
    if (this.remaining === 0) this.#state = this.#chunked ? DATA_CR : ENDED;
    return BODY_DATA;
  }

  /** The connection has ended: BODY_END where that is how the body ends, BODY_PROBLEM where it was cut short. */
  endOfInput(): number {
    if (this.#state === COUNTED && this.remaining === UNTIL_CLOSE) this.#state = ENDED;
    if (this.#state === ENDED) return BODY_END;
    return this.#state === FAILED ? BODY_PROBLEM : this.#refuse(PROBLEMS.bodyCutShort);
  }

  #refuse(problem: Problem): number {
    this.problem = problem;
    this.#state = FAILED;
    return BODY_PROBLEM;
  }

  /** Everything between one chunk's data and the next one's. Returns where it stopped; the state says why. */
  #readFraming(bytes: Buffer, start: number, end: number): number {
    let at = start;
    for (; at < end; at++) {
      const octet = bytes[at]!;
      switch (this.#state) {
        case DATA_CR:
          if (octet !== CR) return this.#stop(PROBLEMS.chunkEnd, at);
          this.#state = DATA_LF;
          break;
        case DATA_LF:
          if (octet !== LF) return this.#stop(PROBLEMS.chunkEnd, at);
          this.#state = SIZE;
          break;
        case SIZE:
          this.remaining = HEX_VALUE[octet]!;
          if (this.remaining === NOT_HEX) return this.#stop(PROBLEMS.chunkSize, at);
          this.#lineOctets = 1;
          this.#state = DIGITS;
          break;
        case DIGITS: {
          const digit = HEX_VALUE[octet]!;
          if (digit !== NOT_HEX) {
            this.remaining = this.remaining * 16 + digit;
            if (this.remaining > Number.MAX_SAFE_INTEGER) return this.#stop(PROBLEMS.chunkSizeTooLarge, at);
            if (!this.#spend()) return this.#stop(PROBLEMS.chunkOverhead, at);
            break;
          }
          this.#place = advance(AFTER_SIZE, octet);
          if (this.#place === REFUSED)
            return this.#stop(octet === LF ? PROBLEMS.lineEnd : PROBLEMS.chunkSize, at);
          this.#state = this.#place === LINE_LF ? SIZE_LF : EXTENSION;
          break;
        }
        case EXTENSION:
          this.#place = advance(this.#place, octet);
          if (this.#place === REFUSED) return this.#stop(PROBLEMS.chunkExtension, at);
          if (this.#place === LINE_LF) this.#state = SIZE_LF;
          if (!this.#spend()) return this.#stop(PROBLEMS.chunkOverhead, at);
          break;
        case SIZE_LF:
          if (octet !== LF) return this.#stop(PROBLEMS.lineEnd, at);
          this.#total += this.remaining;
          if (this.#total > this.#maxBytes) return this.#stop(PROBLEMS.bodyTooLarge, at);
          this.#state = this.remaining === 0 ? TRAILERS : CHUNK;
          if (this.#state === CHUNK) return at + 1;
          break;
        default:
          return this.#readTrailers(bytes, at, end);
      }
    }
    return at;
  }

  /** Counts one octet of a size line. False once extensions and leading zeros have used up what they may. */
  #spend(): boolean {
    this.#lineOctets += 1;
    if (this.#lineOctets > FREE_CHUNK_DIGITS) this.#overhead += 1;
    return this.#overhead <= MAX_CHUNK_OVERHEAD;
  }

  #stop(problem: Problem, at: number): number {
    this.#refuse(problem);
    return at;
  }

  #readTrailers(bytes: Buffer, start: number, end: number): number {
    this.#trailers ??= new TrailerReader(this.#limits);
    if (!this.#trailers.read(bytes, start, end)) return end;
    if (this.#trailers.problem !== undefined) return this.#stop(this.#trailers.problem, start);
    this.#state = ENDED;
    return this.#trailers.position;
  }
}
