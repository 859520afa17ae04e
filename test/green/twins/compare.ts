// A blocking function and its twin, side by side: what each returns or throws, down to the fields of the error.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Pending, start } from '../../../src/green/coroutine.ts';
import { twinOf } from '../../../src/green/twin.ts';
import { registerNodeTwins } from '../../../src/green/twins/index.ts';

registerNodeTwins();

export type Call = (...args: never[]) => unknown;

export interface Outcome {
  readonly returned?: unknown;
  readonly thrown?: unknown;
  readonly suspended?: boolean;
}

export function plain(fn: Call, args: readonly unknown[], self?: unknown): Outcome {
  try {
    return { returned: Reflect.apply(fn, self, args) };
  } catch (error) {
    return { thrown: error };
  }
}

export async function green(fn: Call, args: readonly unknown[], self?: unknown): Promise<Outcome> {
  const twin = twinOf(fn);
  assert.ok(twin, `${fn.name} has a twin`);
  let suspended = false;
  try {
    const value = start(twin.call(self, ...args));
    if (!(value instanceof Pending)) return { returned: value, suspended };
    suspended = true;
    return { returned: await value.promise, suspended };
  } catch (error) {
    return { thrown: error, suspended };
  }
}

/** What can be compared of a result or an error: a child's pid differs, the lines of a stack do, and the order of an error's fields. */
export function describe(value: unknown, seen: readonly unknown[] = []): unknown {
  if (seen.includes(value)) return 'itself';
  if (value instanceof Error) {
    const fields = Object.entries(value)
      .sort()
      .map(([key, field]) => [key, describe(field, [...seen, value])]);
    return {
      type: value.constructor.name,
      name: value.name,
      message: value.message,
      says: value.stack?.split('\n    at ')[0],
      fields: fields.map(([key, field]) => [key, key === 'pid' ? typeof field : field]),
    };
  }
  // The difference of two large ones takes a minute to print.
  if (Buffer.isBuffer(value) && value.length > 200)
    return `${value.length} bytes: ${createHash('sha1').update(value).digest('hex')}`;
  if (typeof value === 'object' && value !== null && 'pid' in value) {
    return Object.entries(value).map(([key, field]) => [
      key,
      key === 'pid' ? typeof field : describe(field, [...seen, value]),
    ]);
  }
  return value;
}

/** Calls `fn` plainly and as a twin; both must come to the same. `reset` undoes what the first did. */
export async function same(
  fn: Call,
  args: readonly unknown[] | (() => readonly unknown[]),
  { suspends, reset }: { suspends?: boolean; reset?: () => void } = {},
): Promise<void> {
  const given = () => (typeof args === 'function' ? args() : args);
  const plainly = plain(fn, given());
  reset?.();
  const greenly = await green(fn, given());
  assert.deepEqual(describe(greenly.returned), describe(plainly.returned));
  assert.deepEqual(describe(greenly.thrown), describe(plainly.thrown));
  assert.equal('thrown' in greenly, 'thrown' in plainly);
  if (suspends !== undefined) assert.equal(greenly.suspended, suspends, 'whether it suspends');
}
