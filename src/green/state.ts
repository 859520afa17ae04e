// What of green code is one for the whole process, though several copies of this package may be loaded: a command's and an
// app's. Kept where both find it.

import type { AsyncLocalStorage } from 'node:async_hooks';
import type { Coroutine } from './coroutine.ts';
import type { Entered } from './foreign.ts';

/** A store that was entered in the first step of a coroutine, and the one before it. */
export interface EnteredStore {
  readonly storage: AsyncLocalStorage<unknown>;
  readonly before: unknown;
}

/**
 * What plain code is being called by the coroutine whose step is being taken, and waited for (foreign.ts): none, that of a known
 * package, or any. Numbers, as this changes with each call: objects would cost a write barrier.
 */
export type Plain = typeof NOT_PLAIN | typeof PLAIN | typeof FOREIGN;
export const NOT_PLAIN = 0;
export const PLAIN = 1;
export const FOREIGN = 2;

interface State {
  /** The coroutine whose step is being taken. */
  current: Coroutine | undefined;
  plain: Plain;
  /** What that plain code has entered, and waits. */
  entered: Entered[] | undefined;
  /** How many callers want nothing to switch. */
  atomic: number;
  /** Stores entered by the coroutine that takes its first step (stores.ts). */
  journal: EnteredStore[] | undefined;
}

const STATE = Symbol.for('siskin.green.state');
const shared = globalThis as unknown as Record<symbol, State | undefined>;

if (shared[STATE] === undefined) {
  const fresh: State = {
    current: undefined,
    plain: NOT_PLAIN,
    entered: undefined,
    atomic: 0,
    journal: undefined,
  };
  Object.defineProperty(globalThis, STATE, { value: fresh });
}

export const state: State = shared[STATE]!;
