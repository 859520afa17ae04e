// What a coroutine is: a generator that yields the things it waits for.
//
//   function* greet(stream: Stream): Co<void> {
//     const name = yield* readLine(stream);      // a call of another coroutine
//     yield* stream.write(`Hello, ${name}\n`);
//   }
//
// `yield*` composes coroutines and gives their result its type. A bare `yield` appears only where a primitive parks
// the task; everything else is built from those with `yield*`.

import type { Loop } from '../loop/index.ts';

/** Something that will wake a parked task: a timer, a socket's readiness, a promise, another task's end. */
export interface Suspend {
  /**
   * Remembers `waiter`, to resume it once; or resumes it at once, where there is nothing to wait for. Called right
   * after the coroutine has yielded this object.
   */
  park(waiter: Waiter): void;
  /** Forgets `waiter`: it was cancelled, or won another branch of a race. It is no longer resumed from here. */
  unpark(waiter: Waiter): void;
  /** A scope's wait for the end of its tasks, which no task is given up in: it ends in time, as they are given up. */
  readonly forOwnTasks?: true;
}

/** Who waits: a `Task`. */
export interface Waiter {
  /** The loop it runs on, for those that need timers. */
  readonly loop: Loop;
  /** What the `yield` returns. */
  resume(value: unknown): void;
  /** What the `yield` throws. */
  fail(error: unknown): void;
}

/** A coroutine that returns `T`. Call it with `yield*`, or run it as a `Task`. */
export type Co<T> = Generator<Suspend, T, unknown>;
