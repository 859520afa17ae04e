// What a thread of CallThreads runs: it calls what it is told to, and answers with the value, or with nothing.

import { parentPort } from 'node:worker_threads';
import type { Call } from '../call-threads.ts';

parentPort!.on('message', async ({ module, name, args }: Call) => {
  try {
    const exports = (await import(module)) as Record<string, unknown>;
    const called = exports[name] ?? (exports['default'] as Record<string, unknown>)[name];
    parentPort!.postMessage({ value: (called as (...args: unknown[]) => unknown)(...args) });
  } catch {
    // Whoever called does it himself then, and gets the error as it is.
    parentPort!.postMessage(undefined);
  }
});
