// What of green code is one for the whole process, though several copies of this package may be loaded: a command's and an
// app's. Kept where both find it.

import type { AsyncLocalStorage } from 'node:async_hooks';
import type { Co } from '../task/index.ts';
import type { Coroutine } from './coroutine.ts';

/** A store that was entered in the first step of a coroutine, and the one before it. */
export interface Entered {
  readonly storage: AsyncLocalStorage<unknown>;
  readonly before: unknown;
}

interface State {
  /** The coroutine whose step is being taken. */
  current: Coroutine | undefined;
  /** What goes on behind the call of code that isn't green, which is being made (foreign.ts). */
  continuations: Co<unknown>[] | undefined;
  /** How many callers want nothing to switch. */
  atomic: number;
  /** Stores entered by the coroutine that takes its first step (stores.ts). */
  journal: Entered[] | undefined;
}

const STATE = Symbol.for('siskin.green.state');
const shared = globalThis as unknown as Record<symbol, State | undefined>;

if (shared[STATE] === undefined) {
  const fresh: State = { current: undefined, continuations: undefined, atomic: 0, journal: undefined };
  Object.defineProperty(globalThis, STATE, { value: fresh });
}

export const state: State = shared[STATE]!;
