// The other side of a blocked thread: performs what comes through its port, with the same client as green code, and wakes it
// when the outcome is there. In a thread of its own (helper-thread.ts), or in one that is free anyhow (host.ts).

import type { MessagePort } from 'node:worker_threads';
import type { Loop } from '../loop/index.ts';
import { spawn } from '../task/index.ts';
import { perform } from './client/perform.ts';
import type { Pool } from './client/pool.ts';
import { FETCH_CODES, FetchError } from './errors.ts';
import { BEAT, DONE, type HelperData, type Outcome, STATE, type Task } from './helper.ts';
import { setFetchLimits } from './limits.ts';

/** Milliseconds between two signs of life. */
const EVERY = 500;

/** Performs, on `loop` and with connections of `pool`, what `data.port` asks for, until it closes. */
export function servePort({ port, memory }: HelperData, loop: Loop, pool: Pool): MessagePort {
  const words = new Int32Array(memory);
  return port.on('message', async (task: Task) => {
    const beating = setInterval(() => Atomics.add(words, BEAT, 1), EVERY);
    const outcome = await outcomeOf(task, loop, pool);
    clearInterval(beating);
    port.postMessage(outcome, 'body' in outcome && outcome.body.length > 0 ? [outcome.body.buffer] : []);
    Atomics.store(words, STATE, DONE);
    Atomics.notify(words, STATE);
  });
}

async function outcomeOf({ request, limits }: Task, loop: Loop, pool: Pool): Promise<Outcome> {
  try {
    setFetchLimits(limits);
    const { answer, url, redirected } = await spawn(loop, perform(pool, request));
    const { status, reason, body } = answer;
    return { status, reason, fields: answer.fields(), body, url, redirected };
  } catch (error) {
    if (error instanceof FetchError) return { code: error.code, message: error.message, url: error.url };
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { code: FETCH_CODES.thread, message: `fetchSync has a bug: ${message}`, url: request.target.href };
  }
}
