// What the tests of drivers share: calling a function as green code does, and comparing how two calls ended.

import { Pending, start } from '../../../src/green/coroutine.ts';
import { installDrivers } from '../../../src/green/drivers/index.ts';
import { twinOf } from '../../../src/green/twin.ts';

// biome-ignore lint/suspicious/noExplicitAny: functions of packages that have no types
type AnyFunction = (...args: any[]) => unknown;

/** Installs a driver for packages as this file finds them; returns what it logs. */
export async function install(...names: string[]): Promise<string[]> {
  const logged: string[] = [];
  await installDrivers(names, import.meta.filename, (message) => logged.push(message));
  return logged;
}

/** Calls the twin of `fn` in a coroutine: its value, or a `Pending`. */
export function startGreen(fn: AnyFunction, self: unknown, ...args: unknown[]): unknown {
  const twin = twinOf(fn);
  if (twin === undefined) throw new Error(`${fn.name} has no twin`);
  return start(twin.call(self, ...args));
}

/** The same, to its end. */
export async function green(fn: AnyFunction, self: unknown, ...args: unknown[]): Promise<unknown> {
  const value = startGreen(fn, self, ...args);
  return value instanceof Pending ? await value.promise : value;
}

/** How it ended, for comparing: its value, or its error with all that an error has but its stack. */
export async function outcome(call: () => unknown): Promise<unknown> {
  try {
    return { value: await call() };
  } catch (error) {
    if (!(error instanceof Error)) return { thrown: error };
    const { name, message } = error;
    return { thrown: { ...error, class: error.constructor.name, name, message } };
  }
}

/** Runs the call, and says how often the event loop turned meanwhile. */
export async function turnsDuring(call: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let over = false;
  const count = (): void => {
    if (over) return;
    turns++;
    setImmediate(count);
  };
  setImmediate(count);
  await call();
  over = true;
  return turns;
}
