// Sleeping, plain and green.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sleepSync } from '../../src/blocking/index.ts';
import { start } from '../../src/green/coroutine.ts';
import { twinOf } from '../../src/green/twin.ts';
import { all, type Co } from '../../src/task/index.ts';
import { runSimulated } from '../net/backend.ts';

const green = twinOf(sleepSync)! as unknown as (milliseconds: unknown) => Co<void>;

describe('sleepSync', () => {
  it('blocks the thread for the time given', () => {
    const before = performance.now();
    let ticked = false;
    setImmediate(() => {
      ticked = true;
    });
    sleepSync(20);
    assert.ok(performance.now() - before >= 19);
    assert.equal(ticked, false);
  });

  it('suspends a coroutine, while others go on', () =>
    runSimulated({}, function* (loop) {
      const begin = loop.now();
      const order: number[] = [];
      yield* all(
        [300, 100, 200].map(function* (milliseconds): Co<void> {
          yield* green(milliseconds);
          order.push(milliseconds);
        }),
      );
      assert.deepEqual(order, [100, 200, 300]);
      assert.ok(loop.now() - begin < 310);
    }));

  for (const [value, code] of [
    ['1s', 'ERR_INVALID_ARG_TYPE'],
    [undefined, 'ERR_INVALID_ARG_TYPE'],
    [null, 'ERR_INVALID_ARG_TYPE'],
    [-1, 'ERR_OUT_OF_RANGE'],
    [Number.NaN, 'ERR_OUT_OF_RANGE'],
    [Number.POSITIVE_INFINITY, 'ERR_OUT_OF_RANGE'],
    [2 ** 31, 'ERR_OUT_OF_RANGE'],
  ] as const) {
    it(`refuses ${String(value)}, plain and green`, () => {
      assert.throws(() => sleepSync(value as number), { code });
      assert.throws(() => start(green(value)), { code });
    });
  }
});
