// What a value is, in words: for errors about handlers and streams that gave something else than they should.

/** @example described(undefined) // 'undefined'; described(new Date()) // 'an object of class Date' */
export function described(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'function') return `the function ${value.name || '(anonymous)'}`;
  if (typeof value !== 'object') return `a ${typeof value}`;
  const name = Object.getPrototypeOf(value)?.constructor?.name;
  return name === undefined || name === 'Object' ? 'a plain object' : `an object of class ${name}`;
}
