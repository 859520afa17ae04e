// libuv's thread pool, which most of Node's asynchronous operations run in, and twins with them: 4 threads, or
// UV_THREADPOOL_SIZE. Files, `dns.lookup`, crypto and zlib share them, first come first served. So twins leave some of it
// to the others: however many requests hash passwords, a file can be read meanwhile.

import { availableParallelism } from 'node:os';
import { Semaphore } from '../../task/index.ts';

/** libuv's own default and limits. */
const DEFAULT_SIZE = 4;
const MAX_SIZE = 1024;

/** What an operation waits for before it enters the pool: nothing, or a permit. */
export type Lane = Semaphore | 'free';

/** Threads that libuv has, or will have once the first is needed. */
export function poolSize(environment: NodeJS.ProcessEnv = process.env): number {
  const size = Number.parseInt(environment['UV_THREADPOOL_SIZE'] ?? '', 10);
  return Number.isNaN(size) ? DEFAULT_SIZE : Math.min(Math.max(size, 1), MAX_SIZE);
}

let compute: Semaphore | undefined;
let endless: Semaphore | undefined;

/** For what keeps a core busy: as many as there are cores, and two threads less than the pool has. */
export function computeLane(): Semaphore {
  compute ??= new Semaphore(Math.max(1, Math.min(availableParallelism(), poolSize() - 2)));
  return compute;
}

/** For what may never end, such as reading a FIFO that nobody writes to: half of the pool. */
export function endlessLane(): Semaphore {
  endless ??= new Semaphore(Math.max(1, Math.floor(poolSize() / 2)));
  return endless;
}
