// Bytes in the order in which they came: a ring that grows up to its capacity. What one half of an in-memory pair has
// written and the other has not read.

const FIRST_SIZE = 1024;

export class ByteQueue {
  readonly capacity: number;
  #ring = new Uint8Array(0);
  #start = 0;
  #length = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get length(): number {
    return this.#length;
  }

  get room(): number {
    return this.capacity - this.#length;
  }

  /** Copies `source[offset .. offset + length)` in; the caller has looked at {@link room}. */
  append(source: Uint8Array, offset: number, length: number): void {
    if (this.#length + length > this.#ring.length) this.#grow(this.#length + length);
    const ring = this.#ring;
    const end = (this.#start + this.#length) % ring.length;
    const first = Math.min(length, ring.length - end);
    ring.set(source.subarray(offset, offset + first), end);
    ring.set(source.subarray(offset + first, offset + length), 0);
    this.#length += length;
  }

  /** Moves up to `length` bytes into `target[offset ..)`, and says how many. */
  take(target: Uint8Array, offset: number, length: number): number {
    const count = Math.min(length, this.#length);
    if (count === 0) return 0;
    const ring = this.#ring;
    const first = Math.min(count, ring.length - this.#start);
    target.set(ring.subarray(this.#start, this.#start + first), offset);
    target.set(ring.subarray(0, count - first), offset + first);
    this.#length -= count;
    this.#start = this.#length === 0 ? 0 : (this.#start + count) % ring.length;
    return count;
  }

  #grow(needed: number): void {
    let size = Math.max(FIRST_SIZE, this.#ring.length);
    while (size < needed) size *= 2;
    const grown = new Uint8Array(size);
    const held = this.take(grown, 0, this.#length);
    this.#ring = grown;
    this.#start = 0;
    this.#length = held;
  }
}
