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

/**
 * For what keeps a core busy: one less than there are cores, so that the event loop has one, and two less than the pool has
 * threads. Measured with 16 clients that hash with pbkdf2 (50,000 iterations) on two cores, as the p99 of an unrelated
 * request: 5 to 8 ms with this one permit and 67 to 81 hashes a second, 19 ms and 87 with the callback form and no limit,
 * 525 ms and 84 plainly. With four times as many programs on the cores: 11 to 15 ms, 80 to 180 ms, 700 and more.
 */
export function computeLane(): Semaphore {
  compute ??= new Semaphore(computePermits(availableParallelism(), poolSize()));
  return compute;
}

export function computePermits(cores: number, threads: number): number {
  return Math.max(1, Math.min(cores - 1, threads - 2));
}

/** For what may never end, such as reading a FIFO that nobody writes to: half of the pool. */
export function endlessLane(): Semaphore {
  endless ??= new Semaphore(Math.max(1, Math.floor(poolSize() / 2)));
  return endless;
}
