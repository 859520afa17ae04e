// Where code may switch to other coroutines, and where it must not: what a program says of itself, and can have checked.

// biome-ignore-all lint/correctness/useYield: a twin need not wait.

import type { Co, Suspend } from '../task/index.ts';
import { withoutEntering } from './enter.ts';
import { nativeOf } from './patch.ts';
import { relay } from './relay.ts';
import { type AnyFunction, registerTwin, twinOf } from './twin.ts';

/** Thrown by `assertSwitches` and `assertNeverSwitches`. */
export class SwitchError extends Error {
  override readonly name = 'SwitchError';
  readonly code = 'ERR_GREEN_SWITCH';
}

/**
 * Whether the code that asks can wait without blocking the thread: it runs as a coroutine, and so does each function between
 * it and the root. False in what runs plain: a getter, a sort's comparator, a package that was not transformed.
 */
export function canSwitch(): boolean {
  return false;
}
registerTwin(canSwitch, function* (): Co<boolean> {
  return true;
} as never);

/** Whether `fn` is green: it has a twin, which green code calls in its place. */
export function isGreen(fn: unknown): boolean {
  return twinOf(fn) !== undefined;
}

const originals = new WeakMap<AnyFunction, AnyFunction>();

/**
 * A function that does what `fn` does, and never switches: it blocks, as `fn` does without siskin/green. `fn` itself where it
 * has no twin. As gevent's `get_original`.
 *
 * @example const text = original(fs.readFileSync)(path, 'utf8');
 */
export function original<F extends AnyFunction>(fn: F): F {
  const native = nativeOf(fn);
  if (native !== undefined) return native as F;
  if (twinOf(fn) === undefined) return fn;
  const known = originals.get(fn);
  if (known !== undefined) return known as F;
  const plain = function (this: unknown, ...args: unknown[]) {
    return withoutEntering(() => Reflect.apply(fn, this as never, args as never));
  } as AnyFunction;
  Object.defineProperties(plain, {
    name: { value: fn.name, configurable: true },
    length: { value: fn.length, configurable: true },
  });
  originals.set(fn, plain);
  return plain as F;
}

/**
 * Calls `fn` with nothing else running until it returns: what it calls blocks the thread instead of switching. For the few
 * lines that change what other requests see in the middle.
 *
 * @throws TypeError where `fn` is async or a generator: what follows its first wait would not be atomic.
 * @example atomic(() => { stock.reserved += n; stock.free -= n; });
 */
export function atomic<T>(fn: () => T): T {
  const kind = Object.prototype.toString.call(fn);
  if (kind !== '[object Function]') {
    throw new TypeError(`atomic(fn): fn must be a function, neither async nor a generator; got ${kind}`);
  }
  return withoutEntering(fn);
}

/**
 * Calls `fn`, and throws SwitchError unless it switched at least once. For tests, and while one looks for what blocks.
 *
 * @returns what `fn` returned.
 */
export function assertSwitches<T>(fn: () => T): T {
  fn();
  const why =
    twinOf(fn) === undefined
      ? 'it has no twin: it was not transformed, or cannot be'
      : 'its caller runs plain';
  throw new SwitchError(`${nameOf(fn)} ran plain, and did not switch: ${why}`);
}
registerTwin(assertSwitches, function* (fn: () => unknown): Co<unknown> {
  const twin = twinOf(fn);
  if (twin === undefined) return assertSwitches(fn);
  let switched = false;
  const value = yield* relay(twin.call(undefined), (suspend) => {
    switched = true;
    return suspend;
  });
  if (!switched) throw new SwitchError(`${nameOf(fn)} did not switch: nothing in it waited`);
  return value;
} as never);

/**
 * Calls `fn`, and throws SwitchError in it where it would switch: its stack names the call. `atomic` has it block there
 * instead.
 *
 * @returns what `fn` returned.
 */
export function assertNeverSwitches<T>(fn: () => T): T {
  return fn();
}
registerTwin(assertNeverSwitches, function* (fn: () => unknown): Co<unknown> {
  const twin = twinOf(fn);
  if (twin === undefined) return fn();
  const refuse = (): Suspend => {
    throw new SwitchError(`${nameOf(fn)} must not switch, and was about to: something in it waits`);
  };
  return yield* relay(twin.call(undefined), refuse);
} as never);

function nameOf(fn: AnyFunction): string {
  return fn.name === '' ? 'the function' : fn.name;
}
