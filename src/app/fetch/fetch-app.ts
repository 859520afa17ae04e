// The fetch interface: a handler `(request, info) => Response` as an App. The server calls `handle` once for each request;
// a handler that answers at once costs no promise and no closure here.

import { type Co, until } from '../../task/index.ts';
import type { App, Exchange } from '../exchange.ts';
import { answer } from './answer.ts';
import { Background } from './background.ts';
import { ExchangeInfo, type RequestInfo } from './info.ts';
import type { NativeRequest, NativeResponse } from './native.ts';
import { LightRequest } from './request.ts';
import { isLightResponse, type LightResponse } from './response.ts';

type AnyResponse = NativeResponse | LightResponse;

/**
 * Answers a request: with a Response, a promise of one, or, as `function*`, a coroutine that returns one and is cancelled
 * when the connection is reset or the deadline passes.
 */
export type FetchHandler = (
  request: NativeRequest,
  info: RequestInfo,
) => AnyResponse | PromiseLike<AnyResponse> | Co<AnyResponse>;

/**
 * Anything with a `fetch` method: a Worker, Hono, h3, itty-router, or an object of one's own. It is called with the
 * request and the `RequestInfo`, which also is what Workers have as `context`; see `FetchAppOptions.env`.
 */
export interface Fetcher {
  fetch(request: NativeRequest, env: never, context: never): unknown;
}

export interface FetchAppOptions {
  /**
   * What a Worker finds as `env`. A handler that declares three parameters is called as a Worker's,
   * `(request, env, context)`, with this or else `process.env`; with this set, every handler is.
   */
  readonly env?: unknown;
  /** Told what a promise given to `waitUntil` rejected with. */
  readonly onError?: (error: unknown) => void;
}

export interface FetchApp extends App {
  handle(exchange: Exchange): undefined | Promise<void> | Co<void>;
  /** Promises given to `waitUntil` that have not settled yet. */
  readonly pending: number;
  /** Resolves when there are none: what a drain waits for. */
  settled(): Promise<void>;
}

/**
 * Makes an App of a fetch handler.
 *
 * @throws TypeError where `handler` is neither a function nor an object with a `fetch` method.
 * @example fetchApp((request) => new Response(`You asked for ${request.url}\n`))
 */
export function fetchApp(handler: FetchHandler | Fetcher, options: FetchAppOptions = {}): FetchApp {
  const call = callerOf(handler, options);
  const background = new Background(options.onError ?? ((error) => console.error('waitUntil:', error)));
  return {
    handle(exchange) {
      const result = call(
        new LightRequest(exchange) as unknown as NativeRequest,
        new ExchangeInfo(exchange, background),
      );
      return isLightResponse(result) ? answer(exchange, result) : settle(exchange, result);
    },
    get pending() {
      return background.size;
    },
    settled: () => background.settled(),
  };
}

type Call = (request: NativeRequest, info: RequestInfo) => unknown;

function callerOf(handler: FetchHandler | Fetcher, options: FetchAppOptions): Call {
  const env = 'env' in options ? options.env : process.env;
  if (typeof handler === 'function') {
    const fetch = handler as (request: NativeRequest, env: unknown, context: RequestInfo) => unknown;
    if ('env' in options || handler.length >= 3) return (request, info) => fetch(request, env, info);
    return (request, info) => fetch(request, info, info);
  }
  if (typeof handler !== 'object' || handler === null || typeof handler.fetch !== 'function') {
    throw new TypeError(
      'A fetch app is a function (request, info) => Response, or an object with such a fetch method.',
    );
  }
  const app = handler as { fetch(request: NativeRequest, env: unknown, context: RequestInfo): unknown };
  if ('env' in options || app.fetch.length >= 3) return (request, info) => app.fetch(request, env, info);
  return (request, info) => app.fetch(request, info, info);
}

/** What a handler returned that is no light response: a promise, a coroutine, another's response, or a mistake. */
function settle(exchange: Exchange, result: unknown): undefined | Promise<void> | Co<void> {
  // The `then` of what is not a promise itself may return anything.
  if (isPromise(result)) return Promise.resolve(result).then((response) => answer(exchange, response));
  if (isCoroutine(result)) return drive(exchange, result);
  return answer(exchange, result);
}

function* drive(exchange: Exchange, coroutine: Co<unknown>): Co<void> {
  const sent = answer(exchange, yield* coroutine);
  if (sent !== undefined) yield* until(sent);
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

function isCoroutine(value: unknown): value is Co<unknown> {
  return typeof value === 'object' && value !== null && 'next' in value && Symbol.iterator in value;
}
