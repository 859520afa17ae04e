// Waiting for time, on a clock that jumps: every assertion about `elapsed` is exact.

// biome-ignore-all lint/correctness/useYield: a coroutine need not wait.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Cancelled, type Co, DeadlineExceeded, deadline, scope, sleep, spawn } from '../../src/task/index.ts';
import { failAfter, simulate, throws, valueAfter } from './simulate.ts';

describe('sleep', () => {
  test('waits for as long as it is told, and not less', () =>
    simulate(function* ({ elapsed }) {
      yield* sleep(10);
      assert.equal(elapsed(), 10);
      yield* sleep(86_400_000 * 30);
      assert.equal(elapsed(), 10 + 86_400_000 * 30);
    }));

  test('of 0 lets everything that is ready run first', () =>
    simulate(function* ({ loop }) {
      const order: number[] = [];
      for (let i = 0; i < 3; i++) {
        spawn(
          loop,
          (function* (): Co<void> {
            order.push(i);
          })(),
        );
      }
      yield* sleep(0);
      assert.deepEqual(order, [0, 1, 2]);
    }));

  test('that is cancelled leaves no timer', () =>
    simulate(function* ({ loop }) {
      const task = spawn(loop, sleep(1000));
      yield* sleep(1);
      assert.equal(loop.statistics().timers, 1);
      task.cancel();
      yield* throws(task.join(), Cancelled);
      assert.equal(loop.statistics().timers, 0);
    }));

  test('of no number is an error where it is called', () =>
    simulate(() => throws(sleep(Number.NaN), /a number of milliseconds; got NaN/)));
});

describe('deadline', () => {
  test('returns the result of what ends in time, and leaves no timer', () =>
    simulate(function* ({ loop, elapsed }) {
      assert.equal(yield* deadline(100, valueAfter(10, 'x')), 'x');
      assert.equal(elapsed(), 10);
      assert.equal(loop.statistics().timers, 0);
    }));

  test('throws the error of what fails in time', () =>
    simulate(() => throws(deadline(100, failAfter(10, new Error('broken'))), /broken/)));

  test('cancels what takes longer, waits for its cleanups, and throws DeadlineExceeded', () =>
    simulate(function* ({ elapsed }) {
      const seen: unknown[] = [];
      yield* throws(
        deadline(
          100,
          (function* (): Co<void> {
            try {
              yield* sleep(1000);
            } catch (error) {
              seen.push(error);
              yield* sleep(50);
              throw error;
            }
          })(),
        ),
        (error) =>
          error instanceof DeadlineExceeded &&
          error.code === 'ERR_DEADLINE_EXCEEDED' &&
          error.message === 'not done within 100 ms',
      );
      assert.equal(elapsed(), 150);
      assert.ok((seen[0] as Cancelled).reason instanceof DeadlineExceeded);
    }));

  test('says in its stack where it was asked for', () =>
    simulate(function* () {
      function* fetchProfile(): Co<void> {
        yield* deadline(10, sleep(100));
      }
      yield* throws(fetchProfile(), (error) => /fetchProfile/.test((error as Error).stack!));
    }));

  test('and completion in one instant: the deadline was there first', () =>
    simulate(function* ({ loop, elapsed }) {
      yield* throws(deadline(100, valueAfter(100, 'x')), DeadlineExceeded);
      assert.equal(elapsed(), 100);
      assert.equal(loop.statistics().timers, 0);
    }));

  test('that passes while the result is on its way does not take it back', () =>
    simulate(function* ({ loop, kernel, elapsed }) {
      // Both moments pass while another task computes: the sleeper is ready by the time that the deadline is seen.
      loop.setTimer(1, () => kernel.elapse(50));
      assert.equal(yield* deadline(6, valueAfter(5, 'x')), 'x');
      assert.equal(elapsed(), 51);
    }));

  test('of an inner one is not the outer one’s', () =>
    simulate(function* ({ elapsed }) {
      yield* throws(
        deadline(
          1000,
          (function* (): Co<void> {
            yield* throws(deadline(10, sleep(100)), DeadlineExceeded);
            assert.equal(elapsed(), 10);
            yield* deadline(5000, sleep(3000));
          })(),
        ),
        (error) => error instanceof DeadlineExceeded && /1000/.test(error.message),
      );
      assert.equal(elapsed(), 1000);
    }));

  test('reaches through a scope', () =>
    simulate(function* ({ elapsed }) {
      yield* throws(
        deadline(
          10,
          scope(function* (tasks) {
            tasks.spawn(sleep(1000));
            yield* sleep(2000);
          }),
        ),
        DeadlineExceeded,
      );
      assert.equal(elapsed(), 10);
    }));

  test('is cancelled with whoever waits for it, as Cancelled', () =>
    simulate(function* ({ loop, elapsed }) {
      const task = spawn(loop, deadline(1000, sleep(1000)));
      yield* sleep(10);
      task.cancel('stop');
      yield* throws(task.join(), (error) => error instanceof Cancelled && error.reason === 'stop');
      assert.equal(elapsed(), 10);
      assert.equal(loop.statistics().timers, 0);
    }));

  test('of what swallows its cancellation gives the result all the same', () =>
    simulate(function* () {
      function* salvaged(): Co<string> {
        try {
          yield* sleep(1000);
          return 'whole';
        } catch {
          return 'what there was';
        }
      }
      assert.equal(yield* deadline(10, salvaged()), 'what there was');
    }));

  test('of no number is an error, and what it was to guard does not stay behind', () =>
    simulate(function* () {
      let ran = false;
      function* guarded(): Co<void> {
        ran = true;
        yield* sleep(1000);
      }
      yield* throws(deadline(Number.NaN, guarded()), /a number of milliseconds; got NaN/);
      yield* sleep(1);
      assert.ok(!ran);
    }));
});
