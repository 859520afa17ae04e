// A thread that is free performs the requests of others that block: of a pool, each would have a helper thread otherwise. Called
// by the worker before it starts a pool of threads.

import { isMainThread, setEnvironmentData } from 'node:worker_threads';
import type { Loop } from '../loop/index.ts';
import { Pool } from './client/pool.ts';
import { type HelperData, HOST, isHelperData } from './helper.ts';
import { servePort } from './serve-port.ts';

/** Threads that are started from now on have their requests performed here, on `loop`. In the main thread, and once. */
export function hostFetches(loop: () => Loop): void {
  if (!isMainThread) throw new Error('only the main thread can perform requests for others');
  let pool: Pool | undefined;
  process.on('workerMessage', (message: unknown) => {
    if (!isHelperData(message)) return;
    pool ??= new Pool(loop());
    servePort(message as HelperData, loop(), pool).unref();
  });
  setEnvironmentData(HOST, true);
}
