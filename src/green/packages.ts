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
  /**
   * Names of functions that every request calls, and that call nothing of the app's: they stay plain, which spares each call a
   * coroutine.
   */
  readonly plain?: readonly string[];
}

const MIDDLEWARE = ['next'];

/** What finds a route. */
const ROUTING = words(
  'decode_param decodeParam getPathname getProtohost _handles_method _handlesMethod handlePromise match matchLayer mergeParams ' +
    'shouldTrace',
);

export const PACKAGES: ReadonlyMap<string, GreenPackage> = new Map<string, GreenPackage>([
  // Express 4 has its router inside, Express 5 beside. Its responses call nobody but in `format` and `render`.
  [
    'express',
    {
      files: /^(?:index|lib\/(?:express|application|response|view|router\/\w+|middleware\/\w+))\.js$/,
      continuations: MIDDLEWARE,
      plain: [
        ...words(
          'append contentType cookie enabled get header json jsonp links location send set status type vary',
        ),
        ...ROUTING,
      ],
    },
  ],
  ['router', { continuations: MIDDLEWARE, plain: ROUTING }],
  ['connect', { continuations: MIDDLEWARE }],
  ['koa', {}],
  ['koa-compose', {}],
  ['@koa/router', {}],
  ['hono', { files: /^dist\/(?!types\/)/ }],
]);

function words(text: string): string[] {
  return text.split(' ');
}
