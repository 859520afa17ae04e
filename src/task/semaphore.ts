// So many at a time: permits that tasks take and give back.

import type { Co } from './co.ts';
import { WaitList } from './wait-list.ts';

/** @example const page = yield* limit.with(download(url)); */
export class Semaphore {
  readonly #waiting = new WaitList();
  readonly #limit: number;
  #permits: number;

  constructor(permits: number) {
    if (!(Number.isInteger(permits) && permits >= 1)) {
      throw new RangeError(`a semaphore has a whole number of permits, at least 1; got ${permits}`);
    }
    this.#limit = permits;
    this.#permits = permits;
  }

  /** Permits that can be taken now. */
  get available(): number {
    return this.#permits;
  }

  /** Takes a permit if that needs no waiting; never ahead of those who wait. */
  tryAcquire(): boolean {
    if (this.#permits === 0) return false;
    this.#permits--;
    return true;
  }

  /** Waits for a permit, first come first served. Give it back with {@link release}. */
  *acquire(): Co<void> {
    if (this.tryAcquire()) return;
    // A task that was handed a permit and then cancelled still runs to its next wait, so the permit is not lost.
    yield this.#waiting.place(undefined);
  }

  /** Gives a permit back: to who waits longest, if anybody does. */
  release(): void {
    if (this.#permits === this.#limit)
      throw new Error('this semaphore was released more often than acquired');
    if (this.#waiting.wakeOne() === undefined) this.#permits++;
  }

  /** Runs `coroutine` while holding a permit. */
  *with<T>(coroutine: Co<T>): Co<T> {
    yield* this.acquire();
    try {
      return yield* coroutine;
    } finally {
      this.release();
    }
  }
}
