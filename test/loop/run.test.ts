// The loop that owns the thread: when `run` ends, and where it is refused.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSimKernel } from '../../src/kernel/sim/index.ts';
import { Loop } from '../../src/loop/index.ts';
import { macrotask } from './macrotask.ts';
import { run, runnable } from './run.ts';

const ADDRESS = { family: 'inet', host: '127.0.0.1', port: 80 } as const;

describe('run()', () => {
  test('ends at once when there is nothing to wait for', async () => {
    const loop = await run(() => {});
    assert.deepEqual(loop.statistics(), { turns: 0, ready: 0, timers: 0, watches: 0 });
  });

  test('ends when the last timer has fired and the last watch is closed', async () => {
    const loop = await run((loop, kernel) => {
      const fd = kernel.listen(ADDRESS, { backlog: 1 });
      const watch = loop.watch(fd, { onReady: () => assert.fail('nobody connects') });
      loop.setTimer(10, () => watch.close());
    });
    assert.deepEqual({ ...loop.statistics(), turns: 0 }, { turns: 0, ready: 0, timers: 0, watches: 0 });
  });

  test('a cancelled timer keeps nobody waiting', async () => {
    await run((loop, kernel) => {
      const start = kernel.monotonic();
      loop.cancelTimer(loop.setTimer(10_000, () => assert.fail('it was cancelled')));
      loop.setTimer(1, () => {});
      loop.schedule(runnable(() => loop.setTimer(5, () => assert.equal(kernel.monotonic() - start, 5))));
    });
  });

  test('does not go on for a background timer, which fires while something else does', async () => {
    const fired: string[] = [];
    const loop = await run((loop) => {
      loop.setTimer(10, () => fired.push('timer'));
      loop.setBackgroundTimer(5, () => fired.push('background'));
      loop.setBackgroundTimer(20, () => fired.push('too late'));
    });
    assert.deepEqual(fired, ['background', 'timer']);
    assert.equal(loop.statistics().timers, 1);
  });

  test('stop() ends it after the turn, and a later run() goes on', async () => {
    const order: string[] = [];
    await macrotask(() => {
      const loop = new Loop(createSimKernel());
      loop.setTimer(10, () => order.push('timer'));
      loop.schedule(
        runnable(() => {
          loop.stop();
          order.push('stop');
        }),
      );
      loop.schedule(runnable(() => order.push('same turn')));
      loop.run();
      assert.deepEqual(order, ['stop', 'same turn']);
      loop.run();
    });
    assert.deepEqual(order, ['stop', 'same turn', 'timer']);
  });

  test('refuses to run inside a promise’s callback, where no promise would ever go on', async () => {
    const loop = new Loop(createSimKernel());
    loop.schedule(runnable(() => assert.fail('it must not run')));
    await Promise.resolve();
    assert.throws(() => loop.run(), /after an await.*setImmediate/);
  });

  test('refuses to run inside itself', async () => {
    const order: string[] = [];
    await run((loop) => {
      loop.schedule(
        runnable(() => {
          assert.throws(() => loop.run(), /already running/);
          assert.throws(() => loop.turn(0), /already running/);
          assert.throws(() => loop.attach(), /already running/);
          order.push('first');
        }),
      );
      loop.schedule(runnable(() => order.push('second')));
    });
    assert.deepEqual(order, ['first', 'second']);
  });

  test('another loop may run inside a task', async () => {
    let inner = 0;
    await run((loop) => {
      loop.schedule(
        runnable(() => {
          const other = new Loop(createSimKernel());
          other.setTimer(100, () => inner++);
          other.run();
        }),
      );
    });
    assert.equal(inner, 1);
  });

  test('refuses to run a loop that is closed', async () => {
    const loop = await run((loop, kernel) => {
      const watch = loop.watch(kernel.listen(ADDRESS, { backlog: 1 }), { onReady: () => {} });
      loop.schedule(
        runnable(() => {
          loop.close();
          loop.close();
          watch.wantWritable();
          watch.close();
        }),
      );
    });
    await macrotask(() => {
      assert.throws(() => loop.run(), /closed/);
      assert.throws(() => loop.attach(), /closed/);
      assert.throws(() => loop.watch(3, { onReady: () => {} }), /closed/);
    });
  });
});
