// The thread in which `seeds.test.ts` runs its seeds, one after another until one fails. Node's test runner follows every
// promise of its own thread with a hook, which here would take a tenth of the time.

import { parentPort, workerData } from 'node:worker_threads';
import type { Style } from './app.ts';
import { type Count, type Counts, runSeed } from './run.ts';

/** What the thread is to run: the seeds from 1 to `seeds`. */
export interface Task {
  readonly style: Style;
  readonly seeds: number;
}

/** How many seeds it ran and what they came to; complaints are those of the last. */
export interface Report {
  readonly seed: number;
  readonly requests: number;
  readonly counts: Counts;
  readonly complaints: readonly string[];
}

// Thousands of errors are made for connections that fail, as they should, and their stacks are a twentieth of the time. Whoever
// looks into a seed runs it alone, outside of this thread, and has them.
Error.stackTraceLimit = 0;

const { style, seeds } = workerData as Task;
let seed = 0;
let requests = 0;
const counts: Counts = {};
let complaints: readonly string[] = [];
while (seed < seeds && complaints.length === 0) {
  seed++;
  const outcome = await runSeed(seed, style);
  requests += outcome.requests;
  for (const [what, count] of Object.entries(outcome.counts) as [Count, number][]) {
    counts[what] = (counts[what] ?? 0) + count;
  }
  complaints = outcome.complaints;
}
parentPort!.postMessage({ seed, requests, counts, complaints } satisfies Report);
