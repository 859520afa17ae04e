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
import { runSeed } from './seeds/run.ts';
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
      const { seed, complaints, requests } = await runSeeds(style, seeds);
      check(seed, complaints);
      assert.equal(seed, seeds);
      assert.ok(requests > seeds, `only ${requests} requests reached the app`);
    });

    test(`and the same seed is the same run, through ${style}`, async () => {
      for (let seed = 1; seed <= 50; seed++) {
        const { fingerprint } = await runSeed(seed, style);
        assert.equal((await runSeed(seed, style)).fingerprint, fingerprint, `seed ${seed}`);
      }
    });
  }
});
