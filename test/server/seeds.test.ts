// Thousands of simulated runs of a whole server, each with clients and faults of its own. A seed that fails says so, and
//
//   SISKIN_SEED=1234 node --test test/server/seeds.test.ts
//
// runs it alone and prints every call and report of the simulated kernel.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { Style } from './seeds/app.ts';
import { type Count, type Counts, runSeed } from './seeds/run.ts';
import type { Report, Task } from './seeds/thread.ts';

/** Runs through each interface of apps. */
const SEEDS: Readonly<Record<Style, number>> = { fetch: 10_000, node: 1_000 };
/** Twenty seconds, on a machine that has nothing else to do. */
const TIMEOUT = { timeout: 300_000 };
const only = process.env['SISKIN_SEED'];

function check(seed: number, complaints: readonly string[]): void {
  const again = `SISKIN_SEED=${seed} node --test test/server/seeds.test.ts`;
  assert.equal(complaints.length, 0, `seed ${seed} (again: ${again})\n  ${complaints.join('\n  ')}`);
}

/**
 * Faults, impatient clients and orders to stop cost about two in five of what is asked; a server that ended connections
 * wherever it might would serve less. The network cuts connections off at rest as well as at work.
 */
function assertServed(counts: Counts, seeds: number): void {
  const of = (what: Count): number => counts[what] ?? 0;
  for (const manner of ['sequential', 'pipelined', 'in pieces'] as const) {
    const planned = of(`planned, ${manner}`);
    const served = of(`served, ${manner}`);
    assert.ok(served > 0.53 * planned, `of ${planned} requests sent ${manner}, ${served} were served`);
  }
  for (const what of ['idle', 'answering'] as const) {
    const times = of(`cut off, ${what}`);
    assert.ok(times > seeds / 50, `${times} connections were cut off while ${what}`);
  }
}

/** Runs the seeds from 1 on, up to the first that fails. */
async function runSeeds(style: Style, seeds: number): Promise<Report> {
  const workerData: Task = { style, seeds };
  const thread = new Worker(new URL('./seeds/thread.ts', import.meta.url), { workerData });
  const [report] = (await once(thread, 'message')) as [Report];
  return report;
}

describe('under faults, every request is answered once, in order and whole, or its connection ends', () => {
  for (const [style, seeds] of Object.entries(SEEDS) as [Style, number][]) {
    if (only !== undefined) {
      test(`seed ${only}, through ${style}`, async () =>
        check(Number(only), (await runSeed(Number(only), style, console.log)).complaints));
      continue;
    }
    test(`in ${seeds} runs, through ${style}`, TIMEOUT, async () => {
      const { seed, complaints, requests, counts } = await runSeeds(style, seeds);
      check(seed, complaints);
      assert.equal(seed, seeds);
      assert.ok(requests > seeds, `only ${requests} requests reached the app`);
      assertServed(counts, seeds);
    });

    test(`and the same seed is the same run, through ${style}`, async () => {
      for (let seed = 1; seed <= 50; seed++) {
        const { fingerprint } = await runSeed(seed, style);
        assert.equal((await runSeed(seed, style)).fingerprint, fingerprint, `seed ${seed}`);
      }
    });
  }
});
