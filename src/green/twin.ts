// What makes a function green: a generator twin, which does the same and suspends where the function would block. The
// function itself stays as it is, and has its twin on a property of its own.
//
//   sleepSync(100)                          plain: blocks the thread
//   yield* twinOf(sleepSync).call(undefined, 100)     green: suspends the coroutine
//
// Code that the loader has transformed looks for twins at its calls (docs/green/how-it-works.md). A twin is believed only
// on the function it was made for: properties are inherited (`Object.setPrototypeOf(f, g)`) and copied (`Object.assign`).

import type { Co } from '../task/index.ts';

/** The property a function has its twin on. In the registry of symbols: several copies of this package may be loaded. */
export const TWIN: unique symbol = Symbol.for('siskin.green.twin') as never;

export type AnyFunction = (this: never, ...args: never[]) => unknown;

/** The coroutine that does what `owner` does. */
export interface Twin {
  (this: unknown, ...args: unknown[]): Co<unknown>;
  owner: unknown;
}

/** The twin of `value`, where it is a function that has one. */
export function twinOf(value: unknown): Twin | undefined {
  const twin = (value as { [TWIN]?: Twin } | null | undefined)?.[TWIN];
  return twin !== undefined && twin.owner === value ? twin : undefined;
}

/** Gives `fn` its twin, and returns it: for functions that are made often. 15 ns. Transformed modules have their own. */
export function attach<F extends AnyFunction>(fn: F, twin: unknown): F {
  (fn as { [TWIN]?: unknown })[TWIN] = twin;
  (twin as Twin).owner = fn;
  return fn;
}

/** As `attach`, unseen by `console.log` and `Object.assign`: 500 ns, for what is made once. */
export function attachHidden<F extends AnyFunction>(fn: F, twin: unknown): F {
  Object.defineProperty(fn, TWIN, { value: twin, writable: true, configurable: true, enumerable: false });
  (twin as Twin).owner = fn;
  return fn;
}

/**
 * Gives `fn` a twin: a generator function that takes the same `this` and arguments, suspends where `fn` blocks, and returns or
 * throws what `fn` would. For drivers: `docs/green/drivers.md`.
 *
 * @throws TypeError where either is not what it must be.
 * @example registerTwin(client.query, function* (text) { return yield* until(queryAsync.call(this, text)) });
 */
export function registerTwin<F extends AnyFunction>(
  fn: F,
  twin: (this: ThisParameterType<F>, ...args: Parameters<F>) => Co<ReturnType<F>>,
): F {
  for (const [name, value] of [
    ['fn', fn],
    ['twin', twin],
  ] as const) {
    if (typeof value !== 'function')
      throw new TypeError(`registerTwin(fn, twin): ${name} must be a function; got ${typeof value}`);
  }
  return attachHidden(fn, twin);
}
