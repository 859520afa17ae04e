// Packages whose code calls an app's functions in the middle of a request: were they plain, so would everything they call be.
// The list is of those that are known to work; `--green-include` adds others.

import type { Known } from './transform/index.ts';

export interface GreenPackage extends Known {
  /** Of its files, those that matter; all where not given. Paths are relative to the package. */
  readonly files?: RegExp;
}

/**
 * Each function of a router ends by calling another, down to a layer, which calls the app's. Nothing comes behind that but counters:
 * so all of it runs plain, a layer is entered from there, and who has called `next` or `app` waits for it. In the words of
 * Express 4 and 5, and of connect.
 */
const ROUTER = {
  enter: words(
    'next handleRequest handle_request handleError handle_error callParam traceParam paramCallback call',
  ),
  // The layer of a route has only the route's own layers to call. (`this` of a function may be the global object.)
  enterUnless: 'this?.route?.stack',
  wait: words(
    'app handle mounted_app next router dispatch processParams process_params param trimPrefix trim_prefix',
  ),
  plain: words(
    'decode_param decodeParam getPathname getProtohost _handles_method _handlesMethod handlePromise match matchLayer mergeParams ' +
      'shouldTrace restore wrap generateOptionsResponder',
  ),
} as const;

export const PACKAGES: ReadonlyMap<string, GreenPackage> = new Map<string, GreenPackage>([
  // Express 4 has its router inside, Express 5 beside. Its responses call nobody but in `format` and `render`.
  [
    'express',
    {
      files: /^(?:index|lib\/(?:express|application|response|view|router\/\w+|middleware\/\w+))\.js$/,
      ...ROUTER,
      plain: [
        ...words(
          'append contentType cookie enabled get header json jsonp links location send set status type vary',
        ),
        ...ROUTER.plain,
      ],
    },
  ],
  ['router', ROUTER],
  ['connect', ROUTER],
  ['koa', {}],
  ['koa-compose', {}],
  ['@koa/router', {}],
  ['hono', { files: /^dist\/(?!types\/)/ }],
]);

function words(text: string): string[] {
  return text.split(' ');
}
