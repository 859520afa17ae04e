// A queue between tasks, of bounded length: who sends into a full one waits, and so does who receives from an empty one.

//
// Whoever waits is served directly: a sender puts its item into the hand of the first receiver, a receiver that makes
// room lets in the first sender. So nobody is overtaken, and what one task was woken for is never gone when it runs.

import type { Co } from './co.ts';
import { ChannelClosed } from './errors.ts';
import { WaitList } from './wait-list.ts';

/** What those who wait are resumed with when the channel is closed; no item can be it. */
const CLOSED = Symbol('closed');
/** Items taken before their places are cleared. */
const COMPACT_AT = 1024;

/**
 * @example
 * const jobs = new Channel<Job>(16);
 * yield* jobs.send(job);                 // in one task
 * const job = yield* jobs.receive();     // in another
 */
export class Channel<T> {
  readonly #capacity: number;
  readonly #receivers = new WaitList();
  /** Each with the item that it wants to send. */
  readonly #senders = new WaitList<T>();
  #items: T[] = [];
  /** Items before this one are taken. */
  #head = 0;
  #closed = false;

  /** `capacity` items are held before `send` waits; 0 hands each item over directly. */
  constructor(capacity = 0) {
    if (!(Number.isInteger(capacity) && capacity >= 0) && capacity !== Number.POSITIVE_INFINITY) {
      throw new RangeError(`a channel's capacity is a whole number from 0, or Infinity; got ${capacity}`);
    }
    this.#capacity = capacity;
  }

  /** Items that are held. */
  get size(): number {
    return this.#items.length - this.#head;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Takes `item` if that needs no waiting: a receiver waits, or there is room. Throws `ChannelClosed`. */
  trySend(item: T): boolean {
    if (this.#closed) throw new ChannelClosed();
    if (this.#receivers.wakeOne(item) !== undefined) return true;
    if (this.size >= this.#capacity) return false;
    this.#items.push(item);
    return true;
  }

  /** Waits until `item` is received, or held. Throws `ChannelClosed`. */
  *send(item: T): Co<void> {
    if (this.trySend(item)) return;
    if ((yield this.#senders.place(item)) === CLOSED) throw new ChannelClosed();
  }

  /** The next item if there is one. */
  tryReceive(): T | undefined {
    if (this.size === 0) return this.#senders.wakeOne()?.offer;
    const item = this.#items[this.#head] as T;
    this.#items[this.#head++] = undefined as T;
    if (this.#head >= COMPACT_AT && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    const sender = this.#senders.wakeOne();
    if (sender !== undefined) this.#items.push(sender.offer);
    return item;
  }

  /** The next item. Throws `ChannelClosed` once the channel is closed and empty. */
  *receive(): Co<T> {
    if (this.size > 0 || this.#senders.size > 0) return this.tryReceive() as T;
    if (this.#closed) throw new ChannelClosed();
    const item = yield this.#receivers.place(undefined);
    if (item === CLOSED) throw new ChannelClosed();
    return item as T;
  }

  /** Nothing more is sent; what was sent can still be received. Those that wait are told. */
  close(): void {
    this.#closed = true;
    this.#receivers.wakeAll(CLOSED);
    this.#senders.wakeAll(CLOSED);
  }
}
