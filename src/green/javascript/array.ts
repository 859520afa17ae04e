// Twins of what arrays do with a callback: map, filter, reduce and their kin. They follow the steps of ECMA-262, 23.1.3:
// holes are skipped where it skips them, the length is read once, elements when their turn comes.

import { type Body, type Steps, twinBuiltin } from '../patch.ts';
import { createLike, isConstructor, lengthOf, setOwn } from './array-like.ts';

/** How arrays and typed arrays differ in what both can do. */
export interface ListKind {
  length(list: object): number;
  /** Whether there is an element at `index`, where holes are skipped. */
  has(list: object, index: number): boolean;
}

type List = Record<number, unknown>;
type Direction = 1 | -1;

/** Twins for the methods that make no new list. */
export function twinVisits(prototype: object, kind: ListKind, accepts: (self: unknown) => boolean): void {
  for (const [name, body] of visits(kind)) twinBuiltin(prototype, name, { at: 0, accepts }, body);
}

function visits(kind: ListKind): [string, Body][] {
  return [
    ['forEach', visitor(kind, undefined, () => undefined)],
    ['some', visitor(kind, false, (answer) => (answer ? END_TRUE : undefined))],
    ['every', visitor(kind, true, (answer) => (answer ? undefined : END_FALSE))],
    ['find', searcher(kind, 1, (value) => value, undefined)],
    ['findIndex', searcher(kind, 1, (_, index) => index, -1)],
    ['findLast', searcher(kind, -1, (value) => value, undefined)],
    ['findLastIndex', searcher(kind, -1, (_, index) => index, -1)],
    ['reduce', reducer(kind, 1)],
    ['reduceRight', reducer(kind, -1)],
  ];
}

const END_TRUE = { value: true };
const END_FALSE = { value: false };

/** Calls back for each element there is, until `judge` ends it; `otherwise` is what it returns at the end. */
function visitor(
  kind: ListKind,
  otherwise: unknown,
  judge: (answer: unknown) => { readonly value: boolean } | undefined,
): Body {
  return function* (callback, self, [, thisArg]): Steps {
    const list = Object(self) as List;
    const length = kind.length(list);
    for (let index = 0; index < length; index++) {
      if (!kind.has(list, index)) continue;
      const end = judge(yield* callback.call(thisArg, list[index], index, list));
      if (end !== undefined) return end.value;
    }
    return otherwise;
  };
}

/** Holes count as `undefined` here. */
function searcher(
  kind: ListKind,
  direction: Direction,
  found: (value: unknown, index: number) => unknown,
  otherwise: unknown,
): Body {
  return function* (callback, self, [, thisArg]): Steps {
    const list = Object(self) as List;
    const length = kind.length(list);
    for (let n = 0; n < length; n++) {
      const index = direction === 1 ? n : length - 1 - n;
      const value = list[index];
      if (yield* callback.call(thisArg, value, index, list)) return found(value, index);
    }
    return otherwise;
  };
}

function reducer(kind: ListKind, direction: Direction): Body {
  return function* (callback, self, args): Steps {
    const list = Object(self) as List;
    const length = kind.length(list);
    let started = args.length > 1;
    let result = args[1];
    for (let n = 0; n < length; n++) {
      const index = direction === 1 ? n : length - 1 - n;
      if (!kind.has(list, index)) continue;
      if (started) result = yield* callback.call(undefined, result, list[index], index, list);
      else result = list[index];
      started = true;
    }
    if (!started) throw new TypeError('Reduce of empty array with no initial value');
    return result;
  };
}

const ARRAYS: ListKind = { length: lengthOf, has: (list, index) => index in list };
/** What the built-in refuses, it shall refuse in its own words. */
const accepts = (self: unknown): boolean => self !== null && self !== undefined;

export function twinArrays(): void {
  twinVisits(Array.prototype, ARRAYS, accepts);

  twinBuiltin(Array.prototype, 'map', { at: 0, accepts }, function* (callback, self, [, thisArg]): Steps {
    const list = Object(self) as List;
    const length = lengthOf(list);
    const result = createLike(list, length);
    for (let index = 0; index < length; index++) {
      if (!(index in list)) continue;
      setOwn(result, index, yield* callback.call(thisArg, list[index], index, list));
    }
    return result;
  });

  twinBuiltin(Array.prototype, 'filter', { at: 0, accepts }, function* (callback, self, [, thisArg]): Steps {
    const list = Object(self) as List;
    const length = lengthOf(list);
    const result = createLike(list, 0);
    let kept = 0;
    for (let index = 0; index < length; index++) {
      if (!(index in list)) continue;
      const value = list[index];
      if (yield* callback.call(thisArg, value, index, list)) setOwn(result, kept++, value);
    }
    return result;
  });

  twinBuiltin(Array.prototype, 'flatMap', { at: 0, accepts }, function* (callback, self, [, thisArg]): Steps {
    const list = Object(self) as List;
    const length = lengthOf(list);
    const result = createLike(list, 0);
    let filled = 0;
    for (let index = 0; index < length; index++) {
      if (!(index in list)) continue;
      const value = yield* callback.call(thisArg, list[index], index, list);
      if (!Array.isArray(value)) {
        setOwn(result, filled++, value);
        continue;
      }
      const inner = lengthOf(value);
      for (let j = 0; j < inner; j++) if (j in value) setOwn(result, filled++, value[j]);
    }
    return result;
  });

  twinBuiltin(Array, 'from', { at: 1 }, function* (callback, self, [items, , thisArg]): Steps {
    const source = items as Iterable<unknown> | null | undefined;
    // Throws what the built-in does for null and undefined.
    const iterate =
      source === null || source === undefined ? Array.from(source as never) : source[Symbol.iterator];
    let index = 0;
    if (iterate === undefined || iterate === null) {
      const list = Object(source) as List;
      const length = lengthOf(list);
      const result = construct(self, [length]);
      for (; index < length; index++) {
        setOwn(result, index, yield* callback.call(thisArg, list[index], index));
      }
      setLength(result, index);
      return result;
    }
    const result = construct(self, []);
    for (const value of {
      [Symbol.iterator]: () => Reflect.apply(iterate as never, source, []) as Iterator<unknown>,
    }) {
      setOwn(result, index, yield* callback.call(thisArg, value, index));
      index++;
    }
    setLength(result, index);
    return result;
  });
}

function construct(self: unknown, args: readonly number[]): object {
  return Reflect.construct(isConstructor(self) ? self : Array, args) as object;
}

function setLength(list: object, length: number): void {
  (list as { length: number }).length = length;
}
