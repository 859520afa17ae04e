// What transformed code takes from `globalThis`: it has no import of its own, as a script and a module can have no common
// one. One for the process, whichever copy of this package comes first.

import { Pending, start } from './coroutine.ts';
import { enter, root } from './enter.ts';
import { installBuiltins } from './javascript/index.ts';
import { installStacks } from './stack.ts';
import { attach, attachHidden, TWIN } from './twin.ts';

/** Changes whenever code that one release has transformed cannot run with the runtime of the other. */
const VERSION = 1;

const RUNTIME = Symbol.for('siskin.green.runtime');

export const emitted = {
  version: VERSION,
  twin: TWIN,
  attach,
  attachHidden,
  /** `call(f, thisArg, ...args)` is `f.call(thisArg, ...args)`, whatever `f.call` is. */
  call: Function.prototype.call.bind(Function.prototype.call),
  start,
  Pending,
  root,
  enter,
};

/** Makes this process green: transformed code can run, and built-ins hand its waits on. Once; later calls do nothing. */
export function installRuntime(): void {
  const shared = globalThis as unknown as Record<symbol, { readonly version: number } | undefined>;
  const present = shared[RUNTIME];
  if (present === undefined) {
    Object.defineProperty(globalThis, RUNTIME, { value: emitted, configurable: true });
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
