// Twins of what typed arrays, Buffers among them, do with a callback.

import { type Steps, twinBuiltin } from '../patch.ts';
import type { AnyFunction } from '../twin.ts';
import { twinVisits } from './array.ts';

type Typed = Record<number, unknown>;

const PROTOTYPE = Object.getPrototypeOf(Uint8Array.prototype) as object;
const lengthGetter = Object.getOwnPropertyDescriptor(PROTOTYPE, 'length')!.get!;
const { map, filter } = PROTOTYPE as Record<'map' | 'filter', AnyFunction>;

function typedLength(list: object): number {
  return Reflect.apply(lengthGetter, list, []) as number;
}

/** Those that have elements: of an empty one nothing is asked, and what is none, or detached, the built-in refuses. */
function accepts(self: unknown): boolean {
  return ArrayBuffer.isView(self) && !(self instanceof DataView) && typedLength(self) > 0;
}

export function twinTypedArrays(): void {
  twinVisits(PROTOTYPE, { length: typedLength, has: () => true }, accepts);

  twinBuiltin(PROTOTYPE, 'map', { at: 0, accepts }, function* (callback, self, [, thisArg]): Steps {
    const list = self as Typed;
    const length = typedLength(list);
    // The built-in makes the new array, of the right kind and with its own errors: its elements come below.
    const result = Reflect.apply(map, self as never, [(value: unknown) => value] as never) as Typed;
    for (let index = 0; index < length; index++) {
      result[index] = yield* callback.call(thisArg, list[index], index, list);
    }
    return result;
  });

  twinBuiltin(PROTOTYPE, 'filter', { at: 0, accepts }, function* (callback, self, [, thisArg]): Steps {
    const list = self as Typed;
    const length = typedLength(list);
    const kept: unknown[] = [];
    for (let index = 0; index < length; index++) {
      const value = list[index];
      if (yield* callback.call(thisArg, value, index, list)) kept.push(value);
    }
    const result = Reflect.apply(
      filter,
      self as never,
      [(_: unknown, n: number) => n < kept.length] as never,
    ) as Typed;
    for (const [index, value] of kept.entries()) result[index] = value;
    return result;
  });
}
