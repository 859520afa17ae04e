// The wait for one of Node's callbacks, `(error, value)`: a promise in between would cost as much again.

import type { Suspend, Waiter } from '../../task/index.ts';

/**
 * What a coroutine yields; it throws there only what the coroutine is cancelled with.
 *
 * @example
 * const completion = new Completion();
 * stat(path, completion.done);
 * yield completion;
 * if (completion.failed) throw completion.error;
 */
export class Completion implements Suspend {
  ended = false;
  failed = false;
  error: unknown;
  value: unknown;
  #waiter: Waiter | undefined;
  readonly #onEnd: (() => void) | undefined;

  /** `onEnd` is called when the operation is over, whether or not it is still waited for. */
  constructor(onEnd?: () => void) {
    this.#onEnd = onEnd;
  }

  /** What to give Node as its callback. Its first call counts. */
  readonly done = (error?: unknown, value?: unknown): void => {
    if (this.ended) return;
    this.ended = true;
    this.failed = error !== undefined && error !== null;
    this.error = error;
    this.value = value;
    this.#onEnd?.();
    this.#waiter?.resume(undefined);
  };

  park(waiter: Waiter): void {
    if (this.ended) waiter.resume(undefined);
    else this.#waiter = waiter;
  }

  unpark(): void {
    this.#waiter = undefined;
  }
}
