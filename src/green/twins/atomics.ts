// The twin of `Atomics.wait`: `Atomics.waitAsync`, which compares and queues in the same step and gives the same answers.

import { type Co, until } from '../../task/index.ts';
import { callInPlace, type NodeFunction, nodeFunction } from './node-function.ts';

type Answer = 'ok' | 'not-equal' | 'timed-out';
type Waited = { async: false; value: Answer } | { async: true; value: Promise<Answer> };
type WaitAsync = (array: unknown, index: unknown, value: unknown, timeout: unknown) => Waited;

const { waitAsync } = Atomics as unknown as { waitAsync: WaitAsync };

/** Milliseconds; the longest that a timer takes. */
const LONGEST = 2 ** 31 - 1;

export function atomicsFunctions(): NodeFunction[] {
  const fn = nodeFunction('Atomics', Atomics, 'wait');
  if (fn === undefined) return [];
  fn.twin = function* (this: unknown, ...args: unknown[]): Co<unknown> {
    let waited: Waited;
    try {
      waited = waitAsync(args[0], args[1], args[2], args[3]);
    } catch {
      // For its own words.
      return callInPlace(fn, this, args);
    }
    if (!waited.async) return waited.value;
    // Nothing about `waitAsync` keeps the process alive, where `wait` keeps it from ending.
    const alive = setInterval(() => {}, LONGEST);
    try {
      return yield* until(waited.value);
    } finally {
      clearInterval(alive);
    }
  };
  return [fn];
}
