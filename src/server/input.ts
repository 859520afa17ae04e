// What a connection has received and nobody has read yet. All connections receive into one shared buffer, which the
// next one overwrites; what is left when a connection stops reading is copied into a buffer of its own (`keep`).
// An idle connection holds no buffer at all.

import { EAGAIN } from '../kernel/index.ts';
import type { Stream } from '../net/index.ts';

const NOTHING = Buffer.alloc(0);
/** A connection's own buffer starts at this size: a request's head rarely needs more. */
const OWN_SIZE = 4096;

export class Input {
  /** What is unread: `bytes[start, end)`. */
  bytes: Buffer = NOTHING;
  start = 0;
  end = 0;
  readonly #shared: Buffer;

  constructor(shared: Buffer) {
    this.#shared = shared;
  }

  get size(): number {
    return this.end - this.start;
  }

  /** Bytes of memory that it takes: those of a buffer of its own, however little is in it. */
  get held(): number {
    return this.bytes === this.#shared ? this.size : this.bytes.length;
  }

  /**
   * Receives more behind what is unread, up to `limit` bytes in all. Returns what `tryRead` did: a count, 0 at the end,
   * or a negative errno; `-EAGAIN` also where `limit` is reached.
   */
  fill(stream: Stream, limit: number): number {
    if (this.start === this.end) {
      const count = stream.tryRead(this.#shared, 0, this.#shared.length);
      if (count > 0) {
        this.bytes = this.#shared;
        this.start = 0;
        this.end = count;
      }
      return count;
    }
    const room = this.#makeRoom(limit);
    if (room === 0) return -EAGAIN;
    const count = stream.tryRead(this.bytes, this.end, room);
    if (count > 0) this.end += count;
    return count;
  }

  /** Takes `count` bytes as read. */
  consume(count: number): void {
    this.start += count;
    if (this.start === this.end) this.drop();
  }

  /** Forgets everything unread. */
  drop(): void {
    this.bytes = NOTHING;
    this.start = 0;
    this.end = 0;
  }

  /**
   * Call before anything else may receive: before a wait, and before the app is called. Copies what is unread out of
   * the shared buffer.
   */
  keep(): void {
    if (this.bytes === this.#shared) this.#own(Math.max(OWN_SIZE, this.size));
  }

  #makeRoom(limit: number): number {
    if (this.bytes === this.#shared || this.end === this.bytes.length) {
      const wanted = Math.min(Math.max(OWN_SIZE, this.size * 2), Math.max(limit, this.size));
      this.#own(wanted);
    }
    return this.bytes.length - this.end;
  }

  #own(capacity: number): void {
    const own = Buffer.allocUnsafeSlow(capacity);
    this.bytes.copy(own, 0, this.start, this.end);
    this.end -= this.start;
    this.start = 0;
    this.bytes = own;
  }
}
