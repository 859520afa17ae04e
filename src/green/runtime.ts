// What transformed code takes from `globalThis`: it has no import of its own, as a script and a module can have no common
// one. One for the process, whichever copy of this package comes first.

import { Pending, start } from './coroutine.ts';
import { attachWaiting, attachWaitingHidden, callForeign, canEnter, enterFrom } from './foreign.ts';
import { installBuiltins } from './javascript/index.ts';
import { installStacks } from './stack.ts';
import { type EmittedRuntime, RUNTIME } from './transform/emitted.ts';
import { type AnyFunction, attachHidden, TWIN } from './twin.ts';

/** Changes whenever code that one release has transformed cannot run with the runtime of the other. */
const VERSION = 2;

const KEY = Symbol.for(RUNTIME);

export const emitted: EmittedRuntime & { readonly version: number } = {
  version: VERSION,
  twin: TWIN,
  attachHidden,
  attachWaiting,
  attachWaitingHidden,
  /** `call(f, thisArg, ...args)` is `f.call(thisArg, ...args)`, whatever `f.call` is. */
  call: Function.prototype.call.bind(Function.prototype.call) as EmittedRuntime['call'],
  attachMethod,
  moveMethod,
  start: start as EmittedRuntime['start'],
  Pending,
  root: canEnter,
  enter: enterFrom as EmittedRuntime['enter'],
  callForeign: callForeign as EmittedRuntime['callForeign'],
  notFunction,
  named,
};

/** Gives the method that `holder` itself has at `key` its twin; does nothing where it has no function there. */
function attachMethod(holder: object, key: PropertyKey, twin: unknown): void {
  const method: unknown = Object.getOwnPropertyDescriptor(holder, key)?.value;
  if (typeof method === 'function') attachHidden(method as AnyFunction, twin);
}

/** As `attachMethod`. The twin is the method at `twinKey`, which was put there to have `super` and private names. */
function moveMethod(holder: object, key: PropertyKey, twinKey: string): void {
  const twin = Object.getOwnPropertyDescriptor(holder, twinKey)!.value as AnyFunction;
  delete (holder as Record<string, unknown>)[twinKey];
  const method = Object.getOwnPropertyDescriptor(holder, key)?.value as AnyFunction | undefined;
  if (typeof method === 'function') attachHidden(method, named(twin, method.name));
}

function notFunction(callee: string): never {
  const error = new TypeError(`${callee} is not a function`);
  Error.captureStackTrace(error, notFunction);
  throw error;
}

function named<F extends AnyFunction>(fn: F, name: string): F {
  return Object.defineProperty(fn, 'name', { value: name, configurable: true });
}

/** Makes this process green: transformed code can run, and built-ins hand its waits on. Once; later calls do nothing. */
export function installRuntime(): void {
  const shared = globalThis as unknown as Record<symbol, { readonly version: number } | undefined>;
  const present = shared[KEY];
  if (present === undefined) {
    Object.defineProperty(globalThis, KEY, { value: emitted, configurable: true });
    installStacks();
    installBuiltins();
    return;
  }
  if (present.version !== VERSION) {
    throw new Error(
      `siskin/green is in this process already, in a release that does not go with this one (${present.version}, this is ${VERSION}): have the app and the command use one release of siskin`,
    );
  }
}
