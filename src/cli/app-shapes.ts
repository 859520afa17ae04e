// What may be exported as an app: one row for each shape that the server takes. `load-app.ts` looks for the first
// export that matches, and lists the rows when none does.

import type { Fetcher, FetchHandler } from '../app/index.ts';

/** What `serve` takes. */
export type ServableApp = Fetcher | FetchHandler;

export interface AppShape {
  readonly name: string;
  /** For people who exported something else. */
  readonly description: string;
  matches(value: unknown): value is ServableApp;
}

export const APP_SHAPES: readonly AppShape[] = [
  {
    name: 'fetch object',
    description: 'an object with a fetch method: { fetch(request, info) { return new Response() } }',
    matches: (value): value is Fetcher =>
      value !== null &&
      (typeof value === 'object' || typeof value === 'function') &&
      typeof Reflect.get(value, 'fetch') === 'function',
  },
  {
    name: 'fetch function',
    description: 'a function: (request, info) => new Response()',
    matches: (value): value is FetchHandler => typeof value === 'function' && !isClass(value),
  },
];

/** A class can't be called, so it is no handler, though its type says function. */
export function isClass(value: unknown): boolean {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}
