// Twins of what iterators do with a callback at once: forEach, some, every, find and reduce of Iterator.prototype, and groupBy.
// What gives an iterator (its map, filter, flatMap) calls back within `next`, and runs plain.

import { plainly, type Steps, twinBuiltin } from '../patch.ts';
import { type AnyFunction, attachHidden, type Twin, twinOf } from '../twin.ts';

type Prototype = Record<'forEach' | 'some' | 'every' | 'find' | 'reduce', AnyFunction>;

/** `for…of` over an iterator itself: `next` is looked up once, and it is closed where the loop is left. */
function each(iterator: unknown): Iterable<unknown> {
  return { [Symbol.iterator]: () => iterator as Iterator<unknown> };
}

const accepts = (self: unknown): boolean => Object(self) === self;

export function twinIterators(): void {
  const prototype = (globalThis as unknown as { Iterator?: { prototype: Prototype } }).Iterator?.prototype;
  if (prototype !== undefined) twinPrototype(prototype);
  twinGroupBy();
}

function twinPrototype(prototype: Prototype): void {
  twinBuiltin(prototype, 'forEach', { at: 0, accepts }, function* (callback, self): Steps {
    let index = 0;
    for (const value of each(self)) yield* callback.call(undefined, value, index++);
    return undefined;
  });

  twinBuiltin(prototype, 'some', { at: 0, accepts }, function* (callback, self): Steps {
    let index = 0;
    for (const value of each(self)) if (yield* callback.call(undefined, value, index++)) return true;
    return false;
  });

  twinBuiltin(prototype, 'every', { at: 0, accepts }, function* (callback, self): Steps {
    let index = 0;
    for (const value of each(self)) if (!(yield* callback.call(undefined, value, index++))) return false;
    return true;
  });

  twinBuiltin(prototype, 'find', { at: 0, accepts }, function* (callback, self): Steps {
    let index = 0;
    for (const value of each(self)) if (yield* callback.call(undefined, value, index++)) return value;
    return undefined;
  });

  twinBuiltin(prototype, 'reduce', { at: 0, accepts }, function* (callback, self, args): Steps {
    let index = 0;
    let started = args.length > 1;
    let result = args[1];
    for (const value of each(self)) {
      if (started) result = yield* callback.call(undefined, result, value, index);
      else result = value;
      started = true;
      index++;
    }
    if (!started) throw new TypeError('Reduce of a done iterator with no initial value');
    return result;
  });
}

function twinGroupBy(): void {
  for (const owner of [Object, Map] as unknown as Record<'groupBy', AnyFunction | undefined>[]) {
    const native = owner.groupBy;
    if (native === undefined) continue;
    // Where a key is a property's, the built-in converts it as it comes.
    const convert = owner === (Object as unknown) ? toPropertyKey : (key: unknown) => key;
    attachHidden(native, function (this: unknown, ...args: unknown[]) {
      const [items, callback] = args;
      const twin = twinOf(callback);
      if (twin === undefined || items === undefined || items === null) return plainly(native, this, args);
      return grouping(native, convert, this, items as Iterable<unknown>, twin);
    });
  }
}

/** Keys are found first; then the built-in groups by them. */
function* grouping(
  native: AnyFunction,
  convert: (key: unknown) => unknown,
  self: unknown,
  items: Iterable<unknown>,
  callback: Twin,
): Steps {
  const values: unknown[] = [];
  const keys: unknown[] = [];
  for (const value of items) {
    keys.push(convert(yield* callback.call(undefined, value, values.length)));
    values.push(value);
  }
  return Reflect.apply(native, self as never, [values, (_: unknown, index: number) => keys[index]] as never);
}

function toPropertyKey(key: unknown): PropertyKey {
  return typeof key === 'symbol' ? key : (Reflect.ownKeys({ [key as string]: 0 })[0] as PropertyKey);
}
