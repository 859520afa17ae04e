// Several coroutines at once: all of them, or the first. Each is a task of a scope of its own, so none is left behind.

import type { Co } from './co.ts';
import { currentTask, Scope } from './scope.ts';
import type { Task } from './task.ts';

type Results<T extends readonly Co<unknown>[]> = {
  -readonly [K in keyof T]: T[K] extends Co<infer R> ? R : never;
};

/**
 * Runs all of `coroutines` at once; their results, in order. The first error cancels the others and is thrown.
 *
 * @example const [user, account] = yield* all([getUser(7), getAccount(3)]);
 */
export function* all<const T extends readonly Co<unknown>[]>(coroutines: T): Co<Results<T>> {
  const { loop } = yield* currentTask();
  const owner = new Scope(loop);
  const tasks = coroutines.map((coroutine) => owner.spawn(coroutine));
  yield* owner.close();
  return tasks.map((task) => task.result) as Results<T>;
}

/**
 * The result, or the error, of whichever of `coroutines` ends first. The others are cancelled and have ended before
 * this returns. An error in one of their cleanups is thrown as well: nobody else would hear of it.
 */
export function* race<T>(coroutines: readonly Co<T>[]): Co<T> {
  if (coroutines.length === 0)
    throw new RangeError('race needs at least one coroutine: none would never end');
  const { loop } = yield* currentTask();
  const owner = new Scope(loop);
  let first: Task<T> | undefined;
  for (const coroutine of coroutines) {
    owner.spawn(coroutine).onDone((task) => {
      first ??= task;
      owner.cancel();
    });
  }
  yield* owner.close();
  return first!.result;
}
