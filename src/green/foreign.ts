// Code that is not green between code that is: a router, which is spared being a coroutine, or a middleware from a package,
// which is given `next`. It calls plainly what would be green. That is started all the same, within the coroutine that runs;
// where it has to wait, the plain code goes on, and the coroutine waits behind it:
//
//   handler (twin) ──► middleware(req, res, next) ──► next() ──► ... first wait
//          ◄──────────────────── returns ◄──────────────┘
//          ──► the rest of what `next` has called, to its end
//
// So what a middleware does behind its `next()` comes behind all that follows, unless that waits: then it comes first, as it
// does where what follows is asynchronous.

import type { AsyncResource } from 'node:async_hooks';
import type { Co, Suspend } from '../task/index.ts';
import { enter } from './enter.ts';
import { FOREIGN, NOT_PLAIN, PLAIN, type Plain, state } from './state.ts';
import { captureStores, unwindIn, within } from './stores.ts';
import { type AnyFunction, attach, attachHidden } from './twin.ts';

/** Calls `fn`, which has no twin and was given a function to call on with, and waits for what it has called. */
export function callForeign(fn: AnyFunction, thisArg: unknown, args: ArrayLike<unknown>): Co<unknown> {
  return callPlain(FOREIGN, fn, thisArg, args);
}

/** Gives `fn` a twin that calls it as it is, and waits for what it has entered. */
export function attachWaiting<F extends AnyFunction>(fn: F): F {
  return attach(fn, twinThatWaits(fn));
}

/** The same, for functions that are made once. */
export function attachWaitingHidden<F extends AnyFunction>(fn: F): F {
  return attachHidden(fn, twinThatWaits(fn));
}

function twinThatWaits(fn: AnyFunction) {
  return function (this: unknown, ...args: unknown[]): Co<unknown> {
    return callPlain(PLAIN, fn, this, args);
  };
}

/** What `fn` throws is thrown behind what it has entered. */
function* callPlain(kind: Plain, fn: AnyFunction, thisArg: unknown, args: ArrayLike<unknown>): Co<unknown> {
  const { plain, entered } = state;
  state.plain = kind;
  state.entered = undefined;
  try {
    return Reflect.apply(fn, thisArg as never, args as never);
  } finally {
    const waiting = state.entered;
    state.plain = plain;
    state.entered = entered;
    if (waiting !== undefined) yield* finishAll(waiting);
  }
}

/** Whether what is called plainly can be a coroutine: at the root, or in plain code that is waited for. */
export function canEnter(): boolean {
  return state.atomic === 0 && (state.plain !== NOT_PLAIN || state.current === undefined);
}

/** Runs `coroutine`, which has not begun: on its own, or in the one that waits for the plain code which has called. */
export function enterFrom(coroutine: Co<unknown>): unknown {
  const { plain } = state;
  if (plain === NOT_PLAIN) return enter(coroutine);
  state.plain = NOT_PLAIN;
  try {
    const step = coroutine.next();
    if (step.done === true) return step.value;
    const stores = plain === FOREIGN ? captureStores() : undefined;
    state.entered ??= [];
    state.entered.push(new Entered(coroutine, step, stores));
    return undefined;
  } finally {
    state.plain = plain;
  }
}

/** A coroutine that has taken its first step, and waits. */
export class Entered {
  readonly #coroutine: Co<unknown>;
  #first: IteratorResult<Suspend, unknown> | undefined;
  readonly #stores: AsyncResource | undefined;

  constructor(
    coroutine: Co<unknown>,
    first: IteratorResult<Suspend, unknown>,
    stores: AsyncResource | undefined,
  ) {
    this.#coroutine = coroutine;
    this.#first = first;
    this.#stores = stores;
  }

  /** The rest of it. */
  finish(): Co<unknown> {
    const stores = this.#stores;
    const rest = this as unknown as Co<unknown>;
    return stores === undefined
      ? rest
      : within(
          (step) => stores.runInAsyncScope(step),
          () => rest,
        );
  }

  /** Its `finally` blocks. */
  giveUp(): Co<void> {
    return unwindIn(this.#stores, this.#coroutine);
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(value?: unknown): IteratorResult<Suspend, unknown> {
    const first = this.#first;
    if (first === undefined) return this.#coroutine.next(value);
    this.#first = undefined;
    return first;
  }

  throw(error: unknown): IteratorResult<Suspend, unknown> {
    return this.#coroutine.throw(error);
  }

  return(value: unknown): IteratorResult<Suspend, unknown> {
    return this.#coroutine.return(value);
  }
}

/** All go on to their ends, whatever becomes of one; then the first error is thrown. */
function* finishAll(entered: readonly Entered[]): Co<void> {
  let failure: { readonly error: unknown } | undefined;
  let at = 0;
  try {
    for (; at < entered.length; at++) {
      try {
        yield* entered[at]!.finish();
      } catch (error) {
        failure ??= { error };
      }
    }
  } finally {
    // Given up in the middle: the others have begun, too.
    for (at++; at < entered.length; at++) yield* entered[at]!.giveUp();
  }
  if (failure !== undefined) throw failure.error;
}
