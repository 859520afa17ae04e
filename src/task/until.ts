// The bridge from promises: `until` waits for one in a coroutine, and everything in npm comes with it.

import type { Co, Suspend, Waiter } from './co.ts';
import { notAPromise } from './misuse.ts';
import { addAwaiter } from './stack.ts';

/**
 * Waits for `promise`: its value, or what it was rejected with. A task cancelled meanwhile stops waiting; the promise
 * itself can't be stopped, so give what makes it an `AbortSignal` where it takes one.
 *
 * @example const rows = yield* until(database.query('SELECT 1'));
 */
export function* until<T>(promise: PromiseLike<T>): Co<T> {
  if (typeof promise?.then !== 'function') throw notAPromise(promise);
  try {
    return (yield new Settled(promise)) as T;
  } catch (error) {
    throw addAwaiter(error, 'a promise');
  }
}

class Settled<T> implements Suspend {
  readonly #promise: PromiseLike<T>;
  #waiter: Waiter | undefined;

  constructor(promise: PromiseLike<T>) {
    this.#promise = promise;
  }

  park(waiter: Waiter): void {
    this.#waiter = waiter;
    try {
      this.#promise.then(
        (value) => this.#take()?.resume(value),
        (error: unknown) => this.#take()?.fail(error),
      );
    } catch (error) {
      // As for `await`, what a thenable throws after it has called back is of no interest.
      this.#take()?.fail(error);
    }
  }

  unpark(): void {
    this.#waiter = undefined;
  }

  #take(): Waiter | undefined {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    return waiter;
  }
}
