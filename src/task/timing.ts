// Waiting for time: `sleep`, and `deadline`, which gives a coroutine only so much of it.

import type { Loop, Timer } from '../loop/index.ts';
import type { Co, Suspend, Waiter } from './co.ts';
import { Cancelled, DeadlineExceeded } from './errors.ts';
import { currentTask, Scope } from './scope.ts';

/** Waits for `milliseconds`, or a little more. 0 lets everything that is ready run first. */
export function* sleep(milliseconds: number): Co<void> {
  yield new Sleep(milliseconds);
}

class Sleep implements Suspend {
  readonly #milliseconds: number;
  #timer: Timer | undefined;
  #loop: Loop | undefined;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  park(waiter: Waiter): void {
    this.#loop = waiter.loop;
    this.#timer = waiter.loop.setTimer(this.#milliseconds, () => waiter.resume(undefined));
  }

  unpark(): void {
    this.#loop!.cancelTimer(this.#timer!);
  }
}

/**
 * Runs `coroutine` for at most `milliseconds`; then cancels it, waits for its cleanups, and throws `DeadlineExceeded`.
 *
 * @example const answer = yield* deadline(500, query(connection));
 */
export function* deadline<T>(milliseconds: number, coroutine: Co<T>): Co<T> {
  const { loop } = yield* currentTask();
  const owner = new Scope(loop);
  let exceeded: DeadlineExceeded | undefined;
  const timer = loop.setTimer(milliseconds, () => {
    exceeded = new DeadlineExceeded(milliseconds);
    owner.cancel(exceeded);
  });
  const task = owner.spawn(coroutine);
  try {
    yield* owner.close();
  } finally {
    loop.cancelTimer(timer);
  }
  if (exceeded !== undefined && task.error instanceof Cancelled && task.error.reason === exceeded) {
    // Its own stack is a timer's; this one says who set the deadline.
    Error.captureStackTrace(exceeded);
    throw exceeded;
  }
  return task.result;
}
