// `Atomics.wait` as a twin: it gives the same answers, and the thread that waits goes on with others.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { type Pending, start } from '../../../src/green/coroutine.ts';
import { twinOf } from '../../../src/green/twin.ts';
import { type Call, green, same } from './compare.ts';

const shared = new Int32Array(new SharedArrayBuffer(16));
const wait = Atomics.wait as unknown as Call;

describe('the twin of Atomics.wait', () => {
  const cases: Record<string, readonly [readonly unknown[], boolean]> = {
    'a value that is another': [[shared, 0, 1], false],
    'no time': [[shared, 0, 0, 0], false],
    'a time that passes': [[shared, 0, 0, 5], true],
    'a time that is negative': [[shared, 0, 0, -5], false],
    '64 bits': [[new BigInt64Array(new SharedArrayBuffer(8)), 0, 0n, 1], true],
    'memory that is not shared': [[new Int32Array(4), 0, 0, 1], false],
    '8 bits': [[new Uint8Array(new SharedArrayBuffer(4)), 0, 0, 1], false],
    'an index beyond the end': [[shared, 4, 0, 1], false],
    nothing: [[], false],
  };
  for (const [name, [args, suspends]] of Object.entries(cases))
    it(`is the same: ${name}`, () => same(wait, args, { suspends }));

  it('is woken by its own thread', async () => {
    const waiting = green(wait, [shared, 1, 0]);
    assert.equal(Atomics.notify(shared, 1), 1);
    assert.deepEqual(await waiting, { returned: 'ok', suspended: true });
  });

  it('keeps the process alive while it waits, and no longer', async () => {
    // Timers that hold it, which those without `ref` are not among.
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const waiting = green(wait, [shared, 3, 0]);
    assert.equal(timers(), before + 1);
    Atomics.notify(shared, 3);
    await waiting;
    assert.equal(timers(), before);
  });

  it('is woken by another thread', () => {
    const script = `
      import { start } from ${JSON.stringify(new URL('../../../src/green/coroutine.ts', import.meta.url).href)};
      import { twinOf } from ${JSON.stringify(new URL('../../../src/green/twin.ts', import.meta.url).href)};
      import { registerNodeTwins } from ${JSON.stringify(new URL('../../../src/green/twins/index.ts', import.meta.url).href)};
      import { Worker } from 'node:worker_threads';
      registerNodeTwins();
      const shared = new Int32Array(new SharedArrayBuffer(4));
      const worker = new Worker(
        // It notifies until somebody was waiting.
        'const { workerData } = require("node:worker_threads"); while (Atomics.notify(workerData, 0) === 0);',
        { eval: true, execArgv: [], workerData: shared },
      );
      worker.unref();
      start(twinOf(Atomics.wait)(shared, 0, 0)).promise.then((answer) => console.log(answer));
    `;
    assert.equal(
      execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }),
      'ok\n',
    );
  });

  it('stops waiting where its coroutine is cancelled', async () => {
    const pending = start(twinOf(wait)!(shared, 2, 0)) as Pending;
    pending.task.cancel();
    await assert.rejects(pending.promise, { name: 'Cancelled' });
  });
});
