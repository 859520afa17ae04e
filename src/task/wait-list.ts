// Tasks that wait for one thing, first come first served. `Channel`, `Semaphore` and `Signal` are made of these.

import type { Suspend, Waiter } from './co.ts';

/** Yield it to wait until {@link WaitList.wakeOne} or {@link WaitList.wakeAll} comes to this waiter's turn. */
export class WaitList implements Suspend {
  readonly #waiters = new Set<Waiter>();
  /** Where the first waiter is. A new iterator would have to pass all that have left before: quadratic for many. */
  #first: Iterator<Waiter> | undefined;

  get size(): number {
    return this.#waiters.size;
  }

  park(waiter: Waiter): void {
    this.#waiters.add(waiter);
  }

  unpark(waiter: Waiter): void {
    this.#waiters.delete(waiter);
  }

  /** Resumes who has waited longest, with `value`; false where nobody waits. */
  wakeOne(value?: unknown): boolean {
    this.#first ??= this.#waiters.values();
    const { done, value: waiter } = this.#first.next();
    if (done === true) {
      this.#first = undefined;
      return false;
    }
    this.#waiters.delete(waiter);
    waiter.resume(value);
    return true;
  }

  /** Resumes all that wait, with `value`. */
  wakeAll(value?: unknown): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) waiter.resume(value);
  }
}
