// Packages whose code calls an app's functions in the middle of a request: were they plain, so would everything they call be.
// The list is of those that are known to work; `--green-include` adds others.

export interface GreenPackage {
  /** Of its files, those that matter; all where not given. Paths are relative to the package. */
  readonly files?: RegExp;
  /**
   * Names of functions that others are given to call, now or later: a middleware's `next`. Code that is not green calls them
   * plain, and what they do goes on green all the same.
   */
  readonly continuations?: readonly string[];
}

const MIDDLEWARE = ['next'];

export const PACKAGES: ReadonlyMap<string, GreenPackage> = new Map<string, GreenPackage>([
  // Express 4 has its router inside, Express 5 beside. Its responses call nobody but in `format` and `render`.
  [
    'express',
    {
      files: /^(?:index|lib\/(?:express|application|response|view|router\/\w+|middleware\/\w+))\.js$/,
      continuations: MIDDLEWARE,
    },
  ],
  ['router', { continuations: MIDDLEWARE }],
  ['connect', { continuations: MIDDLEWARE }],
  ['koa', {}],
  ['koa-compose', {}],
  ['@koa/router', {}],
  ['hono', { files: /^dist\/(?!types\/)/ }],
]);
