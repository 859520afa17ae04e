// A queue between tasks, of bounded length: who sends into a full one waits, and so does who receives from an empty one.

//
// Whoever waits is served directly: a sender puts its item into the hand of the first receiver, a receiver that makes
// room lets in the first sender. So nobody is overtaken, and what one task was woken for is never gone when it runs.

import type { Co, Suspend, Waiter } from './co.ts';
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
  readonly #offers = new Set<Offer<T>>();
  /** Where the first offer is: see WaitList. */
  #firstOffer: Iterator<Offer<T>> | undefined;
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
    if (this.#receivers.wakeOne(item)) return true;
    if (this.size >= this.#capacity) return false;
    this.#items.push(item);
    return true;
  }

  /** Waits until `item` is received, or held. Throws `ChannelClosed`. */
  *send(item: T): Co<void> {
    if (this.trySend(item)) return;
    if ((yield new Offer(this.#offers, item)) === CLOSED) throw new ChannelClosed();
  }

  /** The next item if there is one. */
  tryReceive(): T | undefined {
    if (this.size === 0) return this.#acceptOffer()?.item;
    const item = this.#items[this.#head] as T;
    this.#items[this.#head++] = undefined as T;
    if (this.#head >= COMPACT_AT && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    const offer = this.#acceptOffer();
    if (offer !== undefined) this.#items.push(offer.item);
    return item;
  }

  /** The next item. Throws `ChannelClosed` once the channel is closed and empty. */
  *receive(): Co<T> {
    if (this.size > 0 || this.#offers.size > 0) return this.tryReceive() as T;
    if (this.#closed) throw new ChannelClosed();
    const item = yield this.#receivers;
    if (item === CLOSED) throw new ChannelClosed();
    return item as T;
  }

  /** Nothing more is sent; what was sent can still be received. Those that wait are told. */
  close(): void {
    this.#closed = true;
    this.#receivers.wakeAll(CLOSED);
    const offers = [...this.#offers];
    this.#offers.clear();
    for (const offer of offers) offer.waiter!.resume(CLOSED);
  }

  /** Lets in the sender that has waited longest. */
  #acceptOffer(): Offer<T> | undefined {
    if (this.#offers.size === 0) return undefined;
    this.#firstOffer ??= this.#offers.values();
    const { done, value: offer } = this.#firstOffer.next();
    if (done === true) {
      this.#firstOffer = undefined;
      return this.#acceptOffer();
    }
    this.#offers.delete(offer);
    offer.waiter!.resume(undefined);
    return offer;
  }
}

/** A sender that waits, with what it has. */
class Offer<T> implements Suspend {
  readonly item: T;
  readonly #offers: Set<Offer<T>>;
  waiter: Waiter | undefined;

  constructor(offers: Set<Offer<T>>, item: T) {
    this.#offers = offers;
    this.item = item;
  }

  park(waiter: Waiter): void {
    this.waiter = waiter;
    this.#offers.add(this);
  }

  unpark(): void {
    this.#offers.delete(this);
  }
}
