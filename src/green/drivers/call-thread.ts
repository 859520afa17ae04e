// What a thread of CallThreads runs: it calls what it is told to, and answers with the value, or why there is none.

import { parentPort } from 'node:worker_threads';
import type { Answer, Call } from '../call-threads.ts';

parentPort!.on('message', async ({ module, name, args }: Call) => {
  try {
    const exports = (await import(module)) as Record<string, unknown>;
    const called = exports[name] ?? (exports['default'] as Record<string, unknown>)[name];
    const value = (called as (...args: unknown[]) => unknown)(...args);
    parentPort!.postMessage({ ok: true, value } satisfies Answer);
  } catch (error) {
    // A copy would not be the same error: whoever called does it himself then, and gets it as it is.
    const reason = error instanceof Error ? error.message : String(error);
    parentPort!.postMessage({ ok: false, reason } satisfies Answer);
  }
});
