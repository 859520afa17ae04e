// A coroutine around another, which sees each of its waits: what limits, deadlines and assertions are made of.

import type { Co, Suspend } from '../task/index.ts';
import { unwindIn } from './stores.ts';

/**
 * Runs `coroutine`. For each wait it waits for what `onWait` returns, or throws there what `onWait` throws; all else goes to and
 * fro unchanged.
 */
export function* relay<T>(coroutine: Co<T>, onWait: (suspend: Suspend) => Suspend): Co<T> {
  let step = coroutine.next();
  while (step.done !== true) {
    let input: unknown;
    let error: unknown;
    let outcome: 'returned' | 'went on' | 'threw' = 'returned';
    try {
      input = yield onWait(step.value);
      outcome = 'went on';
    } catch (thrown) {
      error = thrown;
      outcome = 'threw';
    } finally {
      if (outcome === 'returned') yield* unwindIn(undefined, coroutine);
    }
    step = outcome === 'threw' ? coroutine.throw(error) : coroutine.next(input);
  }
  return step.value;
}
