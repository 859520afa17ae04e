// The helper thread (helper.ts starts it): performs requests for a thread that is blocked, with the same client as green
// code. Its loop is on Node's sockets: a thread whose loop has descriptors of its own in libuv's can't be ended from outside.

import { workerData } from 'node:worker_threads';
import { createKernel } from '../kernel/index.ts';
import { Loop } from '../loop/index.ts';
import { spawn } from '../task/index.ts';
import { perform } from './client/perform.ts';
import { Pool } from './client/pool.ts';
import { FETCH_CODES, FetchError } from './errors.ts';
import { BEAT, DONE, type HelperData, type Outcome, STATE, type Task } from './helper.ts';
import { setFetchLimits } from './limits.ts';

/** Milliseconds between two signs of life. */
const EVERY = 500;

const { port, memory } = workerData as HelperData;
const words = new Int32Array(memory);
const loop = new Loop(createKernel('node'));
loop.attach();
const pool = new Pool(loop);

port.on('message', async (task: Task) => {
  const beating = setInterval(() => Atomics.add(words, BEAT, 1), EVERY);
  const outcome = await outcomeOf(task);
  clearInterval(beating);
  port.postMessage(outcome, 'body' in outcome && outcome.body.length > 0 ? [outcome.body.buffer] : []);
  Atomics.store(words, STATE, DONE);
  Atomics.notify(words, STATE);
});

async function outcomeOf({ request, limits }: Task): Promise<Outcome> {
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
