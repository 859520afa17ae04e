// A runtime for transformed code without the rest of Siskin: twins are run to their end on the spot, or with waits in
// between, as often as `waits` says.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import vm from 'node:vm';
import { type EmittedRuntime, RUNTIME, transform } from '../../../src/green/transform/index.ts';
import { type AnyFunction, attachHidden, TWIN, twinOf } from '../../../src/green/twin.ts';

type Generator = Iterator<unknown, unknown>;

export class Pending {
  readonly promise: Promise<unknown>;

  constructor(promise: Promise<unknown>) {
    this.promise = promise;
  }
}

const WAIT = Symbol('wait');
let running = 0;

function step(twin: Generator, value: unknown, failed: boolean): IteratorResult<unknown, unknown> {
  running += 1;
  try {
    return failed ? twin.throw!(value) : twin.next(value);
  } finally {
    running -= 1;
  }
}

/** Runs a coroutine to its end, as the event loop would, but at once. */
export function runToEnd(twin: Generator): unknown {
  let result = step(twin, undefined, false);
  while (!result.done) result = step(twin, undefined, false);
  return result.value;
}

async function goOn(twin: Generator): Promise<unknown> {
  for (;;) {
    await undefined;
    const result = step(twin, undefined, false);
    if (result.done) return result.value;
  }
}

export function start(twin: unknown): unknown {
  const result = step(twin as Generator, undefined, false);
  return result.done ? result.value : new Pending(goOn(twin as Generator));
}

const uncurried = Function.prototype.call.bind(Function.prototype.call) as EmittedRuntime['call'];

function attachCalling<F extends AnyFunction>(fn: F): F {
  // biome-ignore lint/correctness/useYield: nobody here enters.
  return attachHidden(fn, function* (this: never, ...args: never[]) {
    return Reflect.apply(fn, this, args);
  });
}

export const runtime: EmittedRuntime = {
  twin: TWIN,
  attachHidden,
  attachWaiting: attachCalling,
  attachWaitingHidden: attachCalling,
  attachMethod(holder, key, twin) {
    const method: unknown = Object.getOwnPropertyDescriptor(holder, key)?.value;
    if (typeof method === 'function') attachHidden(method as () => unknown, twin);
  },
  moveMethod(holder, key, twinKey) {
    const twin = (holder as Record<string, unknown>)[twinKey];
    delete (holder as Record<string, unknown>)[twinKey];
    const name = typeof key === 'symbol' ? `[${key.description}]` : String(key);
    Object.defineProperty(twin, 'name', { value: name, configurable: true });
    runtime.attachMethod(holder, key, twin);
  },
  call: uncurried,
  start,
  Pending,
  root: () => running === 0,
  enter: (coroutine) => {
    const value = start(coroutine);
    return value instanceof Pending ? undefined : value;
  },
  // biome-ignore lint/correctness/useYield: nobody here calls on.
  *callForeign(fn, thisArgument, args) {
    return Reflect.apply(fn as () => unknown, thisArgument, args);
  },
  notFunction(callee) {
    const error = new TypeError(`${callee} is not a function`);
    Error.captureStackTrace(error, runtime.notFunction);
    throw error;
  },
  named(fn, name) {
    return Object.defineProperty(fn, 'name', { value: name, configurable: true });
  },
};

Reflect.set(globalThis, Symbol.for(RUNTIME), runtime);

/** `value`, with the twins of all functions in it hidden from `inspect`. */
export function withoutTwins<T>(value: T, seen: Set<unknown> = new Set()): T {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value))
    return value;
  seen.add(value);
  if (value instanceof Map || value instanceof Set) for (const each of value) withoutTwins(each, seen);
  for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(value)))
    if (key !== 'prototype') withoutTwins(property.value, seen);
  const twin = Object.getOwnPropertyDescriptor(value, TWIN);
  if (twin?.enumerable) Object.defineProperty(value, TWIN, { enumerable: false });
  return value;
}

/** The suspending primitive: returns its argument; its twin waits `waits()` times before. */
export function makeWait(waits: () => number): (value?: unknown) => unknown {
  const wait = (value?: unknown): unknown => value;
  return attachHidden(wait, function* (value?: unknown) {
    for (let left = waits(); left > 0; left -= 1) yield WAIT;
    return value;
  });
}

/** `map` of arrays, `call`, `apply` and `bind`, as the runtime gives them twins. */
export function installBuiltins(): void {
  const { bind } = Function.prototype;
  Function.prototype.bind = function (
    this: (...args: unknown[]) => unknown,
    ...args: [unknown, ...unknown[]]
  ) {
    const bound = bind.apply(this, args);
    const twin = twinOf(this);
    const [self, ...first] = args;
    return twin === undefined
      ? bound
      : attachHidden(bound, (...rest: unknown[]) => twin.call(self, ...first, ...rest));
  };
  const twins: [object, string, (...args: never[]) => Iterator<unknown, unknown>][] = [
    [
      Function.prototype,
      'call',
      function* (this: unknown, self: unknown, ...args: unknown[]) {
        return yield* delegate(this, self, args);
      },
    ],
    [
      Function.prototype,
      'apply',
      function* (this: unknown, self: unknown, args: unknown) {
        return yield* delegate(this, self, args === undefined || args === null ? [] : Array.from(args as []));
      },
    ],
    [
      Array.prototype,
      'map',
      function* (this: unknown[], callback: unknown, self: unknown) {
        const found: unknown[] = [];
        for (let index = 0; index < this.length; index += 1)
          found.push(yield* delegate(callback, self, [this[index], index, this]));
        return found;
      },
    ],
  ];
  for (const [holder, key, twin] of twins)
    attachHidden((holder as Record<string, () => unknown>)[key]!, twin);
}

function* delegate(fn: unknown, self: unknown, args: unknown[]): Generator & Iterable<unknown> {
  const twin = twinOf(fn);
  if (twin !== undefined) return yield* twin.call(self, ...args) as unknown as Iterable<unknown>;
  return Reflect.apply(fn as () => unknown, self, args);
}

/** The exports of CommonJS code. */
export function load(code: string, filename: string, globals: Record<string, unknown> = {}): unknown {
  const module = { exports: {} as unknown };
  const names = Object.keys(globals);
  const wrapper = vm.compileFunction(code, ['module', 'exports', ...names], { filename });
  wrapper.call(module.exports, module, module.exports, ...Object.values(globals));
  return module.exports;
}

/** `require` that transforms the files that `green` picks, by path, and their modules' modules. */
export function greenRequire(
  from: string,
  green: RegExp,
  globals: Record<string, unknown> = {},
): NodeRequire {
  const cache = new Map<string, { exports: unknown }>();
  const requireFrom = (parent: string): NodeRequire => {
    const real = createRequire(parent);
    const require = (specifier: string): unknown => {
      const path = real.resolve(specifier);
      if (!green.test(path) || !/\.c?js$/.test(path)) return real(specifier);
      const known = cache.get(path);
      if (known !== undefined) return known.exports;
      const module = { exports: {} as unknown };
      cache.set(path, module);
      const source = readFileSync(path, 'utf8');
      const code = transform(source, { url: path, format: 'commonjs', enter: ['next'] })?.code ?? source;
      const names = ['module', 'exports', 'require', '__filename', '__dirname', ...Object.keys(globals)];
      const wrapper = vm.compileFunction(code, names, { filename: path });
      const own = [module, module.exports, requireFrom(path), path, dirname(path), ...Object.values(globals)];
      wrapper.apply(module.exports, own);
      return module.exports;
    };
    return require as NodeRequire;
  };
  return requireFrom(from);
}
