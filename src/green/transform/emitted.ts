// What transformed code takes from the runtime: the contract between the two. The runtime puts an object of this shape on
// `globalThis[Symbol.for(RUNTIME)]` before the first transformed module is evaluated; the transformer emits uses of it.
//
//   const $g = globalThis.Symbol.for("siskin.green.runtime") …   one line at the top of each transformed module

import type { AnyFunction } from '../twin.ts';

/** The key of the symbol under which the global object holds the runtime. */
export const RUNTIME = 'siskin.green.runtime';

/** All that emitted code calls. */
export interface EmittedRuntime {
  /** The property that functions have their twins on: `TWIN`. */
  readonly twin: symbol;
  /** Gives `fn` its twin and returns `fn`: for functions that are made once, as a module is evaluated. Not enumerable. */
  attachHidden<F extends AnyFunction>(fn: F, twin: unknown): F;
  /** Gives `fn` a twin that calls it as it is, and waits for what it has entered; returns `fn`. */
  attachWaiting<F extends AnyFunction>(fn: F): F;
  /** The same for functions that are made once. Not enumerable. */
  attachWaitingHidden<F extends AnyFunction>(fn: F): F;
  /** Gives the method `holder` itself has at `key` its twin (not enumerable). Nothing, where it has no function there. */
  attachMethod(holder: object, key: PropertyKey, twin: unknown): void;
  /**
   * As `attachMethod`; the twin is the method `holder` has at `twinKey` (so that it can use `super`), which is taken off
   * `holder` and gets the method's `name`.
   */
  moveMethod(holder: object, key: PropertyKey, twinKey: string): void;
  /** `fn.call(thisArgument, ...args)`, whatever `fn.call` is. */
  call(fn: unknown, thisArgument: unknown, ...args: unknown[]): unknown;
  /** Takes a twin's first step: its value, or a `Pending`. */
  start(twin: unknown): unknown;
  /** What `start` returns where the coroutine waits; has `promise`. */
  readonly Pending: abstract new (
    ...args: never[]
  ) => { readonly promise: Promise<unknown> };
  /** Whether no coroutine is running, as the event loop itself has called; or one that waits for what is entered. */
  root(): boolean;
  /**
   * Runs `coroutine`, a twin that has not begun, on its own, and returns its value, or undefined where it waits (errors thrown
   * after that are uncaught exceptions). For functions that are entered from the event loop, as Express's `next`. Where
   * `callForeign` or the twin of a function that waits has called, that goes on with it behind that call.
   */
  enter(coroutine: unknown): unknown;
  /**
   * Calls `fn`, which has no twin and was given a function to call on with. Where it does so before it returns, `root` is
   * true, and `enter` starts that function's twin: where it waits, it goes on in this coroutine, behind `fn`.
   */
  callForeign(fn: unknown, thisArgument: unknown, args: unknown[]): Iterable<unknown>;
  /**
   * Throws the TypeError of a call of what isn't a function, "`callee` is not a function", with the stack of its caller. The
   * arguments of that call come behind: they are evaluated first.
   */
  notFunction(callee: string, ...args: unknown[]): never;
  /** Sets `fn.name` and returns `fn`: for `export default function () {}`, whose name is "default". */
  named<F extends AnyFunction>(fn: F, name: string): F;
}
