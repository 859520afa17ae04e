// Thousands of simulated runs of a whole server, each with clients and faults of its own. A seed that fails says so, and
//
//   SISKIN_SEED=1234 node --test test/server/seeds.test.ts
//
// runs it alone and prints every call and report of the simulated kernel.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runSeed } from './seeds/run.ts';

const SEEDS = 10_000;
const only = process.env['SISKIN_SEED'];

async function check(seed: number, onTrace?: (line: string) => void): Promise<number> {
  const { complaints, requests } = await runSeed(seed, onTrace);
  const again = `SISKIN_SEED=${seed} node --test test/server/seeds.test.ts`;
  assert.equal(complaints.length, 0, `seed ${seed} (again: ${again})\n  ${complaints.join('\n  ')}`);
  return requests;
}

describe('under faults, every request is answered once, in order and whole, or its connection ends', () => {
  if (only !== undefined) {
    test(`seed ${only}`, async () => void (await check(Number(only), console.log)));
    return;
  }
  test(`in ${SEEDS} runs`, async () => {
    let requests = 0;
    for (let seed = 1; seed <= SEEDS; seed++) requests += await check(seed);
    assert.ok(requests > SEEDS, `only ${requests} requests reached the app`);
  });

  test('and the same seed is the same run', async () => {
    for (let seed = 1; seed <= 50; seed++) {
      const { fingerprint } = await runSeed(seed);
      assert.equal((await runSeed(seed)).fingerprint, fingerprint, `seed ${seed}`);
    }
  });
});
