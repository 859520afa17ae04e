// Functions of Node's and JavaScript's that are replaced in green mode, because who calls them is plain code: `emit`,
// `setTimeout`, `bind`. Most built-ins are left as they are, and have a twin.

import { type AnyFunction, attachHidden, type Twin, twinOf } from './twin.ts';

const natives = new WeakMap<object, AnyFunction>();

/**
 * Replaces the method `name` of `owner` by what `make` makes of it, which looks as the native one does: name, length,
 * further properties, and how it sits in `owner`.
 */
export function patch(owner: object, name: string, make: (native: AnyFunction) => AnyFunction): AnyFunction {
  const descriptor = Object.getOwnPropertyDescriptor(owner, name)!;
  const native = descriptor.value as AnyFunction;
  const replacement = make(native);
  const { prototype: _, ...properties } = Object.getOwnPropertyDescriptors(
    native as unknown as Record<string, unknown>,
  );
  Object.defineProperties(replacement, properties);
  Object.defineProperty(owner, name, { ...descriptor, value: replacement });
  natives.set(replacement, native);
  return replacement;
}

/** What `fn` replaces; `undefined` where it replaces nothing. */
export function nativeOf(fn: AnyFunction): AnyFunction | undefined {
  return natives.get(fn);
}

/** What the twin of a built-in does: `callback` is the twin of the function it was given, `args` are the call's. */
export type Body = (callback: Twin, self: unknown, args: readonly unknown[]) => Steps;

/** A coroutine, as the twins of built-ins are written: they only hand on what the callback waits for. */
export type Steps = ReturnType<Twin>;

/** Where a built-in's callback is among its arguments, and whether `self` is such that a twin can do the work. */
export interface CallbackPlace {
  readonly at: number;
  readonly accepts?: (self: unknown) => boolean;
}

/**
 * Gives the built-in `owner[name]`, if there is one, a twin that does `body` where its callback has a twin, and calls the
 * built-in where it hasn't, or where it is to throw.
 */
export function twinBuiltin(owner: object, name: string, { at, accepts }: CallbackPlace, body: Body): void {
  const native = (owner as Record<string, AnyFunction | undefined>)[name];
  if (native === undefined) return;
  attachHidden(native, function (this: unknown, ...args: unknown[]) {
    const callback = twinOf(args[at]);
    if (callback === undefined || accepts?.(this) === false) return plainly(native, this, args);
    return body(callback, this, args);
  });
}

/** A coroutine that calls `fn`, and never waits: most calls of built-ins. An object is made in half a generator's time. */
export function plainly(fn: AnyFunction, self: unknown, args: readonly unknown[]): Steps {
  return new PlainCall(fn, self, args) as unknown as Steps;
}

/** Its only step, and the result of that. */
class PlainCall {
  readonly done = true;
  value: unknown;
  readonly #fn: AnyFunction;
  readonly #self: unknown;
  readonly #args: readonly unknown[];

  constructor(fn: AnyFunction, self: unknown, args: readonly unknown[]) {
    this.#fn = fn;
    this.#self = self;
    this.#args = args;
  }

  next(): this {
    this.value = Reflect.apply(this.#fn, this.#self as never, this.#args as never);
    return this;
  }

  [Symbol.iterator](): this {
    return this;
  }
}
