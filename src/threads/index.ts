// Threads: an app in a pool of worker threads, one request at a time each, behind the server of the main thread. For code that
// blocks and must not be interleaved with itself.
export { leavesOf, takeOverThread } from './listen.ts';
export { type Leaves, type ListenAnswer, type ListenMessage, packError } from './messages.ts';
export { Pool, TICKS } from './pool.ts';
export { portOf } from './port.ts';
export type { ThreadHandle } from './thread.ts';
export { ThreadSide } from './thread-side.ts';
export { threadsApp } from './threads-app.ts';
export { ThreadStartError } from './words.ts';
export { startWorkerThread, THREADS_AT_ONCE, type WorkerThreadData } from './worker-thread.ts';
