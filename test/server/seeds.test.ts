// Thousands of simulated runs of a whole server, each with clients and faults of its own. A seed that fails says so, and
//
//   SISKIN_SEED=1234 node --test test/server/seeds.test.ts
//
// runs it alone and prints every call and report of the simulated kernel.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Style } from './seeds/app.ts';
import { runSeed } from './seeds/run.ts';

/** Runs through each interface of apps. */
const SEEDS: Readonly<Record<Style, number>> = { fetch: 10_000, node: 1_000 };
const only = process.env['SISKIN_SEED'];

async function check(seed: number, style: Style, onTrace?: (line: string) => void): Promise<number> {
  const { complaints, requests } = await runSeed(seed, style, onTrace);
  const again = `SISKIN_SEED=${seed} node --test test/server/seeds.test.ts`;
  assert.equal(complaints.length, 0, `seed ${seed} (again: ${again})\n  ${complaints.join('\n  ')}`);
  return requests;
}

describe('under faults, every request is answered once, in order and whole, or its connection ends', () => {
  for (const [style, seeds] of Object.entries(SEEDS) as [Style, number][]) {
    if (only !== undefined) {
      test(`seed ${only}, through ${style}`, async () =>
        void (await check(Number(only), style, console.log)));
      continue;
    }
    test(`in ${seeds} runs, through ${style}`, async () => {
      let requests = 0;
      for (let seed = 1; seed <= seeds; seed++) requests += await check(seed, style);
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
