// Runs a coroutine on a loop and a clock of its own, to its end. Time passes only where every task waits, so that
// `elapsed()` is exact and nothing sleeps.

import assert from 'node:assert/strict';
import { createSimKernel, type SimKernel } from '../../src/kernel/sim/index.ts';
import { Loop } from '../../src/loop/index.ts';
import { Cancelled, type Co, DeadlineExceeded, sleep, spawn } from '../../src/task/index.ts';
import { macrotask } from '../loop/macrotask.ts';

export interface World {
  readonly loop: Loop;
  readonly kernel: SimKernel;
  /** Virtual milliseconds since the start. */
  elapsed(): number;
}

/** What `body` returns, or throws. Fails where something is left behind: a timer, a ready task, or `body` itself. */
export function simulate<T>(body: (world: World) => Co<T>): Promise<T> {
  return macrotask(() => {
    const kernel = createSimKernel();
    const loop = new Loop(kernel);
    const start = kernel.monotonic();
    const task = spawn(loop, body({ loop, kernel, elapsed: () => kernel.monotonic() - start }));
    // Whoever looks at its result below has heard of its error.
    task.onDone(() => {});
    loop.run();
    assert.ok(task.done, 'the loop has nothing to wait for, and the task still waits');
    assert.deepEqual({ ...loop.statistics(), turns: 0 }, { turns: 0, ready: 0, timers: 0, watches: 0 });
    return task.result;
  });
}

export function* valueAfter<T>(milliseconds: number, value: T): Co<T> {
  yield* sleep(milliseconds);
  return value;
}

export function* failAfter(milliseconds: number, error: Error): Co<never> {
  yield* sleep(milliseconds);
  throw error;
}

/** Notes its name when it ends after `milliseconds`, and with a `!` when it is cancelled. */
export function* noting(order: string[], name: string, milliseconds: number): Co<void> {
  try {
    yield* sleep(milliseconds);
    order.push(name);
  } catch (error) {
    order.push(`${name}!`);
    throw error;
  }
}

/** Asserts that `coroutine` throws an error whose text matches, of this class, or that passes this test. */
export function* throws(
  coroutine: Co<unknown>,
  expected: RegExp | typeof Cancelled | typeof DeadlineExceeded | ((error: unknown) => boolean),
): Co<void> {
  let value: unknown;
  try {
    value = yield* coroutine;
  } catch (error) {
    if (expected instanceof RegExp) assert.match(String(error), expected);
    else if (isErrorClass(expected)) assert.ok(error instanceof expected, String(error));
    else assert.ok(expected(error), String(error));
    return;
  }
  assert.fail(`it should throw; it returned ${String(value)}`);
}

function isErrorClass(value: object): value is typeof Cancelled | typeof DeadlineExceeded {
  return value === Cancelled || value === DeadlineExceeded;
}
