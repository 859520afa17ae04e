// Fetch handlers, green: what the server calls in their place.

import { Coroutine } from './coroutine.ts';
import { enterPromising, root } from './enter.ts';
import { type AnyFunction, twinOf } from './twin.ts';

/** The property of a handler that wants to be cancelled with its request: `route` sets it. */
export const CANCELS: unique symbol = Symbol.for('siskin.green.cancels') as never;

type Handler = AnyFunction & { readonly [CANCELS]?: true };

/**
 * A handler that runs `app` green: a fetch handler, or an object with a `fetch` method. It returns a Response at once where
 * `app` did not wait, and a promise where it did, so that the server never cancels it half-way; a coroutine, which the server
 * cancels when the client has gone, where the handler is a `route` that asks for it.
 *
 * @throws TypeError where `app` is neither.
 */
export function greenFetch(app: unknown): (...args: unknown[]) => unknown {
  const handlerOf = (): Handler =>
    (typeof app === 'function' ? app : (app as { fetch: Handler }).fetch) as Handler;
  if (
    (typeof app !== 'function' && typeof app !== 'object') ||
    app === null ||
    typeof handlerOf() !== 'function'
  ) {
    throw new TypeError(
      'greenFetch(app): app must be a function (request, info) => Response, or an object with such a fetch method',
    );
  }
  const self = typeof app === 'function' ? undefined : app;
  const fetch = (...args: unknown[]): unknown => {
    const handler = handlerOf();
    const twin = twinOf(handler);
    if (twin === undefined || !root()) return Reflect.apply(handler, self as never, args as never);
    if (handler[CANCELS] === true) return new Coroutine(Reflect.apply(twin, self, args));
    return enterPromising(twin, self, args);
  };
  // The server tells a Worker's handler, (request, env, context), by the number of its parameters.
  return Object.defineProperties(fetch, {
    name: { value: handlerOf().name, configurable: true },
    length: { value: handlerOf().length, configurable: true },
  });
}
