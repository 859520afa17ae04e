// Twins of Map.prototype.forEach and Set.prototype.forEach. Both see what is added while they run, as iterators do.

import { types } from 'node:util';
import { type Steps, twinBuiltin } from '../patch.ts';

const mapEntries = Map.prototype.entries;
const setValues = Set.prototype.values;
const nextOfMap = (new Map().entries() as Iterator<[unknown, unknown]>).next;
const nextOfSet = (new Set().values() as Iterator<unknown>).next;

export function twinCollections(): void {
  twinBuiltin(
    Map.prototype,
    'forEach',
    { at: 0, accepts: types.isMap },
    function* (callback, self, [, thisArg]): Steps {
      const entries = mapEntries.call(self as Map<unknown, unknown>);
      for (;;) {
        const { done, value } = nextOfMap.call(entries);
        if (done === true) return undefined;
        yield* callback.call(thisArg, value[1], value[0], self);
      }
    },
  );

  twinBuiltin(
    Set.prototype,
    'forEach',
    { at: 0, accepts: types.isSet },
    function* (callback, self, [, thisArg]): Steps {
      const values = setValues.call(self as Set<unknown>);
      for (;;) {
        const { done, value } = nextOfSet.call(values);
        if (done === true) return undefined;
        yield* callback.call(thisArg, value, value, self);
      }
    },
  );
}
