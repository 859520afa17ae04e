// The operations of ECMA-262 that the twins of array methods are written with.

/** LengthOfArrayLike, 7.3.18. */
export function lengthOf(list: object): number {
  const length = Math.trunc(+(list as { length: number }).length);
  return length > 0 ? Math.min(length, Number.MAX_SAFE_INTEGER) : 0;
}

/** ArraySpeciesCreate, 23.1.3.1; but an array of another realm counts as any other constructor's. */
export function createLike(original: object, length: number): object {
  if (!Array.isArray(original)) return new Array(length);
  let maker: unknown = original.constructor;
  if (maker === Array && Array[Symbol.species] === Array) return new Array(length);
  if (Object(maker) === maker) maker = (maker as { [Symbol.species]?: unknown })[Symbol.species] ?? undefined;
  if (maker === undefined) return new Array(length);
  if (!isConstructor(maker)) {
    throw new TypeError('object.constructor[Symbol.species] is not a constructor');
  }
  return new maker(length) as object;
}

/** IsConstructor, 7.2.4. */
export function isConstructor(value: unknown): value is new (...args: unknown[]) => unknown {
  if (typeof value !== 'function') return false;
  try {
    Reflect.construct(Object, [], value);
    return true;
  } catch {
    return false;
  }
}

/**
 * CreateDataPropertyOrThrow, 7.3.7. A plain array, which is as it was made, takes the assignment: 300 ns less; that a program
 * defines setters for indices on Array.prototype is not thought of.
 */
export function setOwn(list: object, index: number, value: unknown): void {
  if (Array.isArray(list) && list.constructor === Array) {
    list[index] = value;
    return;
  }
  Object.defineProperty(list, index, { value, writable: true, enumerable: true, configurable: true });
}
