// What a green coroutine does before its first wait, and after.

// biome-ignore-all lint/correctness/useYield: a twin need not wait.

import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, it } from 'node:test';
import { currentCoroutine, Pending, start } from '../../src/green/coroutine.ts';
import { shareLoop } from '../../src/green/loop.ts';
import { createSimKernel } from '../../src/kernel/sim/index.ts';
import { Loop } from '../../src/loop/index.ts';
import { type Co, sleep } from '../../src/task/index.ts';

describe('a green coroutine', () => {
  it('that never waits ends where it was started', () => {
    const value = start(
      (function* (): Co<number> {
        return 7;
      })(),
    );
    assert.equal(value, 7);
  });

  it('throws where it was started what it throws before it waits', () => {
    assert.throws(
      () =>
        start(
          (function* (): Co<never> {
            throw new RangeError('no');
          })(),
        ),
      RangeError,
    );
  });

  it('goes on after its wait, and knows itself only while it runs', async () => {
    const loop = simulated();
    const seen: unknown[] = [];
    const pending = start(
      (function* (): Co<string> {
        const before = currentCoroutine();
        yield* sleep(5);
        seen.push(before !== undefined && currentCoroutine() === before);
        return 'done';
      })(),
    );
    assert.ok(pending instanceof Pending);
    assert.equal(currentCoroutine(), undefined);
    await run(loop);
    assert.equal(await pending.promise, 'done');
    assert.deepEqual(seen, [true]);
    assert.equal(currentCoroutine(), undefined);
  });

  it('keeps its AsyncLocalStorage stores across waits, those that it entered itself too', async () => {
    const loop = simulated();
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const pending = storage.run('outer', () =>
      start(
        (function* (): Co<void> {
          seen.push(storage.getStore());
          storage.enterWith('inner');
          yield* sleep(1);
          seen.push(storage.getStore());
        })(),
      ),
    ) as Pending;
    await run(loop);
    await pending.promise;
    assert.deepEqual(seen, ['outer', 'inner']);
    assert.equal(storage.getStore(), undefined);
  });
});

function simulated(): Loop {
  const loop = new Loop(createSimKernel({ seed: 1 }));
  shareLoop(() => loop);
  return loop;
}

/** A loop runs where promises can. */
function run(loop: Loop): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(() => {
      loop.run();
      resolve();
    });
  });
}
