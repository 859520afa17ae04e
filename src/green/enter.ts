// Where green code begins: at the root of the stack, where Node calls a callback and no coroutine is running. A function
// with a twin is started there as a coroutine of its own; within one, it is called as it stands. Transformed code, events,
// timers and promises come here.

import { Cancelled, type Co, type Task } from '../task/index.ts';
import { Pending, start } from './coroutine.ts';
import { state } from './state.ts';
import { type AnyFunction, type Twin, twinOf } from './twin.ts';

/** Whether a coroutine may begin here: none is running, and nobody asked that nothing switch. */
export function root(): boolean {
  return state.atomic === 0 && state.current === undefined;
}

/** Calls `body`; until it returns, no coroutine begins. */
export function withoutEntering<T>(body: () => T): T {
  state.atomic++;
  try {
    return body();
  } finally {
    state.atomic--;
  }
}

/**
 * Starts a coroutine whose end nobody waits for. Returns what it returned, or `undefined` where it waits; throws what it
 * threw before it waited. What it throws later is an uncaught exception, as it is where the plain function throws it.
 */
export function enter(coroutine: Co<unknown>): unknown {
  const value = start(coroutine);
  if (!(value instanceof Pending)) return value;
  value.task.onDone(reportUncaught);
  return undefined;
}

/** As `enter`; where it waits, a promise of its end, which whoever gets it looks after. */
export function enterPromising(twin: Twin, thisArg: unknown, args: ArrayLike<unknown>): unknown {
  const value = start(Reflect.apply(twin, thisArg, args));
  return value instanceof Pending ? value.promise : value;
}

/** What to hand to Node instead of `callback`, which it will call at the root: itself, unless it has a twin. */
export function entering<F>(callback: F): F {
  const twin = twinOf(callback);
  if (twin === undefined) return callback;
  return function (this: unknown, ...args: unknown[]) {
    return root()
      ? enter(Reflect.apply(twin, this, args))
      : Reflect.apply(callback as AnyFunction, this as never, args as never);
  } as F;
}

/** As `entering`, for callbacks whose promise counts: those of promises. */
export function enteringPromising<F>(callback: F): F {
  const twin = twinOf(callback);
  if (twin === undefined) return callback;
  return function (this: unknown, ...args: unknown[]) {
    return enterPromising(twin, this, args);
  } as F;
}

/** Calls `fn` within a coroutine: its twin, where it has one. */
export function* invoke(fn: unknown, thisArg: unknown, args: ArrayLike<unknown>): Generator<never, unknown> {
  const twin = twinOf(fn);
  if (twin === undefined) return Reflect.apply(fn as AnyFunction, thisArg as never, args as never);
  return yield* Reflect.apply(twin, thisArg, args) as Generator<never, unknown>;
}

function reportUncaught(task: Task<unknown>): void {
  if (task.failed && !(task.error instanceof Cancelled)) throwUncaught(task.error);
}

/** Of a microtask's error, Node shows the line where it was made; of any other, that of this `throw`. */
export function throwUncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
