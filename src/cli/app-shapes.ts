// What may be exported as an app: one row for each shape that the server takes. `load-app.ts` looks for the first
// export that matches, and lists the rows when none does.

export interface AppShape {
  readonly name: string;
  /** For people who exported something else. */
  readonly description: string;
  matches(value: unknown): boolean;
}

export const APP_SHAPES: readonly AppShape[] = [
  {
    name: 'fetch object',
    description: 'an object with a fetch method: { fetch(request, info) { return new Response() } }',
    matches: (value) =>
      value !== null &&
      (typeof value === 'object' || typeof value === 'function') &&
      typeof Reflect.get(value, 'fetch') === 'function',
  },
  {
    name: 'fetch function',
    description: 'a function: (request, info) => new Response()',
    matches: (value) => typeof value === 'function' && !isClass(value),
  },
];

/** The shape of `value`, if it is an app. */
export function shapeOf(value: unknown): AppShape | undefined {
  return APP_SHAPES.find((shape) => shape.matches(value));
}

/** A class can't be called, so it is no handler, though its type says function. */
export function isClass(value: unknown): boolean {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}
