// Many simulated runs of client and server, each with faults of its own: whatever the network does, a request gets its own
// answer, whole, or an error with a code; and afterwards no connection is in use, and no descriptor open.
//
//   SISKIN_SEED=1234 node --test test/blocking/seeds.test.ts      that seed alone, with every call of the simulated kernel

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { poolOf } from '../../src/blocking/fetch-sync.ts';
import { FetchError, type FetchSyncOptions } from '../../src/blocking/index.ts';
import { FaultOptions } from '../../src/kernel/sim/index.ts';
import type { Stream } from '../../src/net/index.ts';
import { all, type Co, sleep } from '../../src/task/index.ts';
import { type Asked, get, ok, SITE, withSite } from './site.ts';

const SEEDS = 40;
const only = process.env['SISKIN_SEED'];

/** What may become of a request on such a network. */
const EXPECTED: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ERR_HTTP_HEAD_CUT_SHORT',
  'ERR_HTTP_BODY_CUT_SHORT',
  'ERR_FETCH_TIMEOUT',
  'ERR_FETCH_CONNECT_TIMEOUT',
]);

/** A body that says whose it is, of a length that spans several pieces. */
function bodyFor(path: string): string {
  return `${path} `.repeat(path.includes('large') ? 5000 : 3);
}

/** Answers in the way that the path asks for. */
function* answer(stream: Stream, { head, body }: Asked): Co<boolean> {
  const { path } = head;
  const content = bodyFor(path) + body;
  if (path.includes('slow')) yield* sleep(30);
  if (path.includes('early')) yield* stream.write('HTTP/1.1 103 Early Hints\r\n\r\n');
  if (path.includes('chunks')) {
    yield* stream.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    for (let at = 0; at < content.length; at += 1000) {
      const piece = content.slice(at, at + 1000);
      yield* stream.write(`${piece.length.toString(16)}\r\n${piece}\r\n`);
    }
    yield* stream.write('0\r\n\r\n');
    return true;
  }
  if (path.includes('close')) {
    yield* stream.write(ok(content, 'Connection: close\r\n'));
    return false;
  }
  yield* stream.write(ok(content));
  return !path.includes('vanish');
}

const PATHS = ['/slow', '/large', '/chunks', '/chunks-large', '/early', '/close', '/vanish', '/plain'];

async function runSeed(
  seed: number,
  trace?: (line: string) => void,
): Promise<{ whole: number; failed: number }> {
  let whole = 0;
  let failed = 0;
  function* one(i: number): Co<void> {
    const path = `${PATHS[(i * 7 + seed) % PATHS.length]}-${i}`;
    const posted = i % 3 === 0 ? `posted ${i}`.repeat(i % 2 === 0 ? 1 : 3000) : undefined;
    const options: FetchSyncOptions = { timeout: 60_000, ...(posted && { method: 'POST', body: posted }) };
    try {
      const response = yield* get(SITE + path, options);
      assert.equal(response.status, 200);
      assert.equal(
        response.text(),
        bodyFor(path) + (posted ?? ''),
        `seed ${seed}: ${path} got another answer`,
      );
      whole++;
    } catch (error) {
      if (!(error instanceof FetchError)) throw error;
      assert.ok(EXPECTED.has(error.code), `seed ${seed}: ${error.message} (${error.code})`);
      failed++;
    }
  }
  await withSite(
    answer,
    function* ({ loop }) {
      for (let round = 0; round < 3; round++) {
        yield* all(Array.from({ length: 6 }, (_, i) => one(round * 6 + i)));
        const { open, idle, waiting } = poolOf(loop).statistics();
        assert.deepEqual([open - idle, waiting], [0, 0], `seed ${seed}`);
      }
    },
    { seed, faults: FaultOptions.swarm(seed), ...(trace && { onTrace: trace }) },
  );
  return { whole, failed };
}

test('whatever the network does, a request gets its own answer or an error with a code', async () => {
  if (only !== undefined) {
    console.log(await runSeed(Number(only), console.log));
    return;
  }
  let whole = 0;
  let failed = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const outcome = await runSeed(seed);
    whole += outcome.whole;
    failed += outcome.failed;
  }
  assert.ok(whole > SEEDS * 12, `only ${whole} requests were answered`);
  assert.ok(failed > SEEDS / 10, `only ${failed} requests failed: the network was too kind`);
});
