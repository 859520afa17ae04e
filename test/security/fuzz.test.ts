// A short, fixed run of the server's fuzzer: test/fuzz.ts runs it for as long as you like.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzServer } from './fuzz.ts';

test('whatever comes, a server answers what it has read, refuses the rest once, and serves the next client', async () => {
  const { inputs, survived } = await fuzzServer(1, (count) => count < 6000);
  assert.equal(inputs, 6000);
  assert.ok(survived > 200 && survived < 5000, `${survived} canaries were answered`);
});
