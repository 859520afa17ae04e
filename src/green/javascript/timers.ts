// What calls a function later: timers, setImmediate, queueMicrotask, process.nextTick. Each call of one that has a twin is a
// coroutine of its own. They are replaced, because modules set timers when they are loaded, in plain code; an interval
// whose function waits longer than it lasts is called again meanwhile, as one with an async function is.

import { syncBuiltinESMExports } from 'node:module';
import { entering } from '../enter.ts';
import { patch } from '../patch.ts';
import { type AnyFunction, twinOf } from '../twin.ts';

const TIMERS = ['setTimeout', 'setInterval', 'setImmediate'] as const;

export function patchTimers(): void {
  const module = process.getBuiltinModule('node:timers') as unknown as Record<string, unknown>;
  const globals = globalThis as unknown as Record<string, unknown>;
  for (const name of TIMERS) {
    const same = module[name] === globals[name];
    const patched = patch(globals, name, calling);
    if (same) module[name] = patched;
  }
  syncBuiltinESMExports();
  patch(globals, 'queueMicrotask', calling);
  patch(process, 'nextTick', calling);
}

function calling(native: AnyFunction): AnyFunction {
  return function (this: unknown, callback: unknown) {
    // biome-ignore-start lint/complexity/noArguments: streams do nothing without process.nextTick; this is the quickest.
    if (twinOf(callback) !== undefined) arguments[0] = entering(callback);
    return Reflect.apply(native, this as never, arguments as never);
    // biome-ignore-end lint/complexity/noArguments: that is all.
  } as AnyFunction;
}
