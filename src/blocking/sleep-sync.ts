// Waiting for time, in code that looks as if it blocked.

import { registerTwin } from '../green/index.ts';
import { type Co, sleep } from '../task/index.ts';
import { invalidArgument, outOfRange } from './errors.ts';

/** What `setTimeout` takes at most, 24.8 days: a longer sleep is more likely a wrong unit. */
const LONGEST = 2 ** 31 - 1;

/** Nobody ever wakes who waits for it. */
const NEVER = new Int32Array(new SharedArrayBuffer(4));

/**
 * Waits for `milliseconds`. Plain, it blocks the thread; in green code it suspends the coroutine, and others go on.
 *
 * @param milliseconds 0 to 2147483647; fractions are allowed
 * @throws TypeError (ERR_INVALID_ARG_TYPE) for what is no number, RangeError (ERR_OUT_OF_RANGE) outside of the range
 * @example
 * for (let attempt = 1; !tryOnce(); attempt++) sleepSync(100 * attempt);
 */
export function sleepSync(milliseconds: number): void {
  checkDuration('milliseconds', milliseconds);
  Atomics.wait(NEVER, 0, 0, milliseconds);
}

registerTwin(sleepSync, function* sleepSync(milliseconds: number): Co<void> {
  checkDuration('milliseconds', milliseconds);
  yield* sleep(milliseconds);
});

/** Throws unless `value` is a number of milliseconds that a timer can wait for. */
export function checkDuration(name: string, value: unknown): void {
  if (typeof value !== 'number')
    throw invalidArgument(
      'ERR_INVALID_ARG_TYPE',
      `${name} must be a number of milliseconds; got ${value === null ? 'null' : typeof value}`,
    );
  if (!(value >= 0 && value <= LONGEST))
    throw outOfRange(`${name} must be a number of milliseconds from 0 to ${LONGEST}; got ${value}`);
}
