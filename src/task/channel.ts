// A queue between tasks, of bounded length: who sends into a full one waits, and so does who receives from an empty one.

import type { Co } from './co.ts';
import { ChannelClosed } from './errors.ts';
import { WaitList } from './wait-list.ts';

/**
 * @example
 * const jobs = new Channel<Job>(16);
 * yield* jobs.send(job);                 // in one task
 * const job = yield* jobs.receive();     // in another
 */
export class Channel<T> {
  readonly #capacity: number;
  readonly #items: T[] = [];
  readonly #senders = new WaitList();
  readonly #receivers = new WaitList();
  #closed = false;

  /** `capacity` items are held before `send` waits; 0 hands each item over directly. */
  constructor(capacity = 0) {
    if (!(Number.isInteger(capacity) && capacity >= 0) && capacity !== Number.POSITIVE_INFINITY) {
      throw new RangeError(`a channel's capacity is a whole number from 0, or Infinity; got ${capacity}`);
    }
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#items.length;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Takes `item` if that needs no waiting: a receiver waits, or there is room. Throws `ChannelClosed`. */
  trySend(item: T): boolean {
    if (this.#closed) throw new ChannelClosed();
    if (this.#items.length >= this.#capacity + this.#receivers.size) return false;
    this.#items.push(item);
    this.#receivers.wakeOne();
    return true;
  }

  *send(item: T): Co<void> {
    while (!this.trySend(item)) yield this.#senders;
  }

  /** The next item if there is one. */
  tryReceive(): T | undefined {
    if (this.#items.length === 0) return undefined;
    const item = this.#items.shift() as T;
    this.#senders.wakeOne();
    return item;
  }

  /** The next item. Throws `ChannelClosed` once the channel is closed and empty. */
  *receive(): Co<T> {
    while (this.#items.length === 0) {
      if (this.#closed) throw new ChannelClosed();
      this.#senders.wakeOne();
      yield this.#receivers;
    }
    const item = this.#items.shift() as T;
    this.#senders.wakeOne();
    return item;
  }

  /** Nothing more is sent; what was sent can still be received. Those that wait are told. */
  close(): void {
    this.#closed = true;
    this.#senders.wakeAll();
    this.#receivers.wakeAll();
  }
}
