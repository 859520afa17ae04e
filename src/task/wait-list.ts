// Tasks that wait for one thing, first come first served. `Channel`, `Semaphore` and `Signal` are made of these.
//
// A linked list, and not a Set: whoever is cancelled leaves from the middle, the first is taken from the front, and an
// iterator that stays at the front of a Set keeps those that have left.

import type { Suspend, Waiter } from './co.ts';

/** Who waits, in order of arrival. `Offer` is what a waiter may leave for whoever wakes it. */
export class WaitList<Offer = undefined> {
  #first: Place<Offer> | undefined;
  #last: Place<Offer> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /**
   * A place at the end of the list, taken by yielding it.
   *
   * @example const value = yield list.place(undefined);
   */
  place(offer: Offer): Suspend {
    return new Place(this, offer);
  }

  /** Resumes who has waited longest, with `value`; the place it leaves, or `undefined` where nobody waits. */
  wakeOne(value?: unknown): { readonly offer: Offer } | undefined {
    const place = this.#first;
    if (place === undefined) return undefined;
    this.remove(place);
    place.waiter!.resume(value);
    return place;
  }

  /** Resumes all that wait at this moment, with `value`. */
  wakeAll(value?: unknown): void {
    for (let left = this.#size; left > 0; left--) this.wakeOne(value);
  }

  append(place: Place<Offer>): void {
    place.previous = this.#last;
    if (this.#last === undefined) this.#first = place;
    else this.#last.next = place;
    this.#last = place;
    this.#size++;
  }

  remove(place: Place<Offer>): void {
    const { previous, next } = place;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    place.previous = undefined;
    place.next = undefined;
    this.#size--;
  }
}

class Place<Offer> implements Suspend {
  readonly offer: Offer;
  readonly #list: WaitList<Offer>;
  waiter: Waiter | undefined = undefined;
  previous: Place<Offer> | undefined = undefined;
  next: Place<Offer> | undefined = undefined;

  constructor(list: WaitList<Offer>, offer: Offer) {
    this.#list = list;
    this.offer = offer;
  }

  park(waiter: Waiter): void {
    this.waiter = waiter;
    this.#list.append(this);
  }

  unpark(): void {
    this.#list.remove(this);
  }
}
