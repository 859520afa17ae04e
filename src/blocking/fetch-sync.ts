// `fetchSync`: plain, it has the helper thread perform the request, and blocks; its twin performs it in the coroutine.

import { registerTwin } from '../green/index.ts';
import type { Loop } from '../loop/index.ts';
import { type Co, currentTask } from '../task/index.ts';
import { perform } from './client/perform.ts';
import { Pool } from './client/pool.ts';
import { atCaller } from './errors.ts';
import { performInThread } from './helper.ts';
import { type FetchSyncOptions, prepare } from './request.ts';
import { CompleteResponse, type SyncResponse } from './response.ts';

/** Each loop has connections of its own. */
const pools = new WeakMap<Loop, Pool>();

/** The connections of the coroutines on `loop`. */
export function poolOf(loop: Loop): Pool {
  let pool = pools.get(loop);
  if (pool === undefined) {
    pool = new Pool(loop);
    pools.set(loop, pool);
  }
  return pool;
}

/**
 * Fetches `url`, and returns when the answer is complete. As `fetch`, without a promise: plain, it blocks the thread; in green
 * code it suspends the coroutine, and others go on.
 *
 * @param url absolute, http: or https:
 * @returns the answer, whatever its status; the body is there
 * @throws FetchError with a code where no answer came, or none that can be used; TypeError and RangeError with a code for
 * arguments that can't be meant; the signal's reason where it is aborted
 * @example
 * const response = fetchSync('http://localhost:9000/prices', { timeout: 2000 });
 * if (!response.ok) throw new Error(`prices: ${response.status}`);
 * const prices = response.json<number[]>();
 */
export function fetchSync(url: string | URL, options?: FetchSyncOptions): SyncResponse {
  try {
    const { answer, url: from, redirected } = performInThread(prepare(url, options));
    return new CompleteResponse(answer, from, redirected);
  } catch (error) {
    throw atCaller(error, fetchSync);
  }
}

registerTwin(
  fetchSync,
  function* greenFetchSync(url: string | URL, options?: FetchSyncOptions): Co<SyncResponse> {
    try {
      const request = prepare(url, options);
      const { loop } = yield* currentTask();
      const {
        answer,
        url: from,
        redirected,
      } = yield* perform(poolOf(loop), request, options?.signal ?? undefined);
      return new CompleteResponse(answer, from, redirected);
    } catch (error) {
      throw atCaller(error, greenFetchSync);
    }
  },
);
