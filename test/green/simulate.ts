// Runs green code on a simulated loop: twins written by hand, as the loader would make them.

import assert from 'node:assert/strict';
import { Pending, start } from '../../src/green/coroutine.ts';
import { shareLoop } from '../../src/green/loop.ts';
import { installRuntime } from '../../src/green/runtime.ts';
import { type AnyFunction, attach, type Twin, twinOf } from '../../src/green/twin.ts';
import { createSimKernel } from '../../src/kernel/sim/index.ts';
import { Loop } from '../../src/loop/index.ts';
import { type Co, sleep } from '../../src/task/index.ts';
import { macrotask } from '../loop/macrotask.ts';

installRuntime();

/** Calls `begin` at the root, then runs the loop until nothing waits; what `begin` returned. */
export async function atRoot<T>(begin: (loop: Loop) => T): Promise<T> {
  const loop = new Loop(createSimKernel({ seed: 1 }));
  shareLoop(() => loop);
  const value = await macrotask(() => begin(loop));
  await finish(loop);
  return value;
}

/** Lets everything on `loop` come to its end, and promises between. */
export async function finish(loop: Loop): Promise<void> {
  for (let idle = 0; idle < 3; idle++) {
    await macrotask(() => {
      if (loop.hasReadyWork || loop.statistics().timers > 0) idle = 0;
      loop.run();
    });
  }
}

/** The value of a coroutine, which is run to its end. */
export async function run<T>(body: () => Co<T>): Promise<T> {
  const started = await atRoot(() => {
    try {
      const value = start(body());
      // Whoever looks at its result below has heard of its error.
      if (value instanceof Pending) value.task.onDone(() => {});
      return { value };
    } catch (error) {
      return { error };
    }
  });
  if ('error' in started) throw started.error;
  if (!(started.value instanceof Pending)) return started.value as T;
  assert.ok(started.value.task.done, 'it waits for something that never comes');
  return started.value.task.result as T;
}

/** `plain`, with a twin that does the same after `milliseconds`. */
export function slow<F extends AnyFunction>(plain: F, milliseconds = 1): F {
  return green(plain, function* (this: unknown, ...args: unknown[]): Co<unknown> {
    yield* sleep(milliseconds);
    return Reflect.apply(plain, this as never, args as never);
  });
}

/** `plain` with this twin. */
export function green<F extends AnyFunction>(
  plain: F,
  twin: (this: never, ...args: never[]) => Co<unknown>,
): F {
  return attach(plain, twin);
}

/** As transformed code calls: the twin of `fn`, if it has one. */
export function* call<T>(fn: (...args: never[]) => T, thisArg: unknown, ...args: unknown[]): Co<T> {
  const twin: Twin | undefined = twinOf(fn);
  if (twin === undefined) return Reflect.apply(fn, thisArg as never, args as never);
  return (yield* Reflect.apply(twin, thisArg, args)) as T;
}
