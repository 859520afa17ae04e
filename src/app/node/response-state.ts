// What a response of ours carries beside what Node's has, under symbols of ours. `response.ts` fills it as the program answers,
// `response-end.ts` as the answer comes to its end.

import type { AsyncResource } from 'node:async_hooks';
import type { ServerResponse } from 'node:http';
import { BodyError } from '../exchange.ts';
import type { WireExchange } from '../wire.ts';
import type { ResponseInternals } from './internals.ts';

export const EXCHANGE = Symbol('siskin.exchange');
/** Where `finish` and `close` are emitted: `AsyncLocalStorage` is as the request's handler had it. */
export const CONTEXT = Symbol('siskin.context');
/** Bytes that the head still promises. */
export const LEFT = Symbol('siskin.left');
/** Callbacks of `write` that wait for room. */
export const WAITING = Symbol('siskin.waiting');

/** The program was told that its client has gone, which may be a client that only sends no more. */
export const TOLD = Symbol('siskin.told');

export type Callback = (error?: Error | null) => void;

export type NodeResponse = Omit<ServerResponse, keyof ResponseInternals> &
  ResponseInternals & {
    [EXCHANGE]?: WireExchange | undefined;
    [CONTEXT]?: AsyncResource;
    [LEFT]?: number;
    [WAITING]?: Callback[] | undefined;
    [TOLD]?: true;
    [state: symbol]: unknown;
  };

/** Makes `response` answer `exchange`. */
export function attach(response: NodeResponse, exchange: WireExchange): void {
  response[EXCHANGE] = exchange;
}

/** No failure of the app's, so nothing that is logged. */
export const CLIENT_SEEMS_GONE = new BodyError('ERR_BODY_CANCELLED', 400, 'the client seems to have gone');

/**
 * The listener has failed: 500 where nothing was sent, otherwise the connection is cut; logged in both cases. False where
 * there is nothing to be done about it: the answer is complete, or not ours.
 */
export function failAnswer(response: ServerResponse, error: unknown): boolean {
  const exchange = (response as unknown as NodeResponse)[EXCHANGE];
  if (exchange === undefined || response.writableEnded) return false;
  exchange.fail(error);
  return true;
}
