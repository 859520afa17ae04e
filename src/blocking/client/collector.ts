// The pieces of a body, put together in memory that is nobody else's: `bytes()` gives it away.

import { NO_BYTES } from './answer.ts';

/** What is set aside at first, at most, whatever a server says that it will send. */
const FIRST = 64 * 1024;

export class Collector {
  #bytes: Uint8Array<ArrayBuffer> = NO_BYTES;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Bytes there is room for without another copy of what is there. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /** Appends `source[start, end)`. `expected`: bytes that are still to come after these, where that is known. */
  add(source: Buffer, start: number, end: number, expected = Number.POSITIVE_INFINITY): void {
    const length = this.#length + end - start;
    if (length > this.#bytes.length) this.#grow(length, expected);
    source.copy(this.#bytes, this.#length, start, end);
    this.#length = length;
  }

  #grow(length: number, expected: number): void {
    // Twice as much each time, so that no byte is copied often; of what may well be all, no more than there is.
    const ahead =
      this.#length > 0 || expected < Number.POSITIVE_INFINITY ? Math.max(FIRST, length * 2) : length;
    const grown = new Uint8Array(Math.min(length + expected, ahead));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }

  /** All of it. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#bytes.length === this.#length ? this.#bytes : this.#bytes.slice(0, this.#length);
  }
}
