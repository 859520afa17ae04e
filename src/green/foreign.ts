// Code that is not green between code that is: a middleware from a package, which is given `next` and calls it. It calls it
// plainly, and what that leads to would block. So `next` only notes the call, and the router, whose coroutine it is, goes on
// behind the middleware:
//
//   router (twin) ──► middleware(req, res, next) ──► next()       noted
//          ◄─────────────────── returns ◄──────────────┘
//          ──► next (twin) ──► ...
//
// What a middleware does behind its `next()` comes first, then, as it does where what follows is asynchronous.

import type { Co } from '../task/index.ts';
import { enter, root } from './enter.ts';
import { state } from './state.ts';
import type { AnyFunction, Twin } from './twin.ts';

/** Calls `fn`, then goes on with what it has called on. What it throws is thrown behind that. */
export function* callForeign(fn: AnyFunction, thisArg: unknown, args: unknown[]): Co<unknown> {
  const outer = state.continuations;
  const continuations: Co<unknown>[] = [];
  state.continuations = continuations;
  try {
    return Reflect.apply(fn, thisArg as never, args as never);
  } finally {
    state.continuations = outer;
    for (const continuation of continuations) yield* continuation;
  }
}

/** Whether a continuation that is called plainly can go on as a coroutine: at the root, or behind who calls. */
export function canContinue(): boolean {
  return state.continuations === undefined ? root() : state.atomic === 0;
}

/** Goes on in `twin`: behind who calls, or as a coroutine of its own. */
export function continueIn(twin: Twin, thisArg: unknown, args: ArrayLike<unknown>): unknown {
  if (state.continuations === undefined) return enter(twin, thisArg, args);
  state.continuations.push(Reflect.apply(twin, thisArg, args));
  return undefined;
}
