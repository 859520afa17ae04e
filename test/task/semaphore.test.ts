// Semaphores: never more at a time than there are permits, first come first served, and no permit is ever lost.

// biome-ignore-all lint/correctness/useYield: a coroutine need not wait.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Cancelled, type Co, Semaphore, scope, sleep, spawn } from '../../src/task/index.ts';
import { failAfter, simulate, throws } from './simulate.ts';

describe('a semaphore', () => {
  test('lets as many run at a time as it has permits, in the order in which they came', () =>
    simulate(function* ({ elapsed }) {
      const semaphore = new Semaphore(2);
      const order: string[] = [];
      yield* scope(function* (tasks) {
        for (let i = 0; i < 5; i++) {
          tasks.spawn(
            semaphore.with(
              (function* (): Co<void> {
                order.push(`${i} at ${elapsed()}`);
                yield* sleep(10);
              })(),
            ),
          );
        }
        yield* sleep(5);
        assert.equal(semaphore.available, 0);
      });
      assert.deepEqual(order, ['0 at 0', '1 at 0', '2 at 10', '3 at 10', '4 at 20']);
      assert.equal(semaphore.available, 2);
    }));

  test('returns the result, and gives the permit back after an error', () =>
    simulate(function* () {
      const semaphore = new Semaphore(1);
      const seven = (function* (): Co<number> {
        return 7;
      })();
      assert.equal(yield* semaphore.with(seven), 7);
      yield* throws(semaphore.with(failAfter(1, new Error('broken'))), /broken/);
      assert.equal(semaphore.available, 1);
    }));

  test('hands a permit to who waits longest, whoever tries in between', () =>
    simulate(function* ({ loop }) {
      const semaphore = new Semaphore(1);
      assert.ok(semaphore.tryAcquire());
      const waiting = spawn(loop, semaphore.acquire());
      yield* sleep(1);
      semaphore.release();
      assert.ok(!semaphore.tryAcquire(), 'it is handed over already');
      yield* waiting.join();
      semaphore.release();
      assert.ok(semaphore.tryAcquire());
    }));

  test('passes by who is cancelled while waiting', () =>
    simulate(function* ({ loop }) {
      const semaphore = new Semaphore(1);
      assert.ok(semaphore.tryAcquire());
      const first = spawn(loop, semaphore.acquire());
      const second = spawn(loop, semaphore.acquire());
      yield* sleep(1);
      first.cancel();
      semaphore.release();
      yield* throws(first.join(), Cancelled);
      yield* second.join();
    }));

  test('keeps the permit of who is cancelled in the moment of getting it', () =>
    simulate(function* ({ loop }) {
      const semaphore = new Semaphore(1);
      assert.ok(semaphore.tryAcquire());
      const task = spawn(loop, semaphore.with(sleep(1000)));
      yield* sleep(1);
      semaphore.release();
      task.cancel();
      yield* throws(task.join(), Cancelled);
      assert.equal(semaphore.available, 1);
    }));

  test('loses no permit, whoever is cancelled when', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }),
        fc.array(
          fc.record({
            at: fc.nat(10),
            work: fc.nat(10),
            cleanup: fc.nat(3),
            cancelAt: fc.nat(30),
            fails: fc.boolean(),
          }),
          { maxLength: 12 },
        ),
        (permits, plans) =>
          simulate(function* ({ loop }) {
            const semaphore = new Semaphore(permits);
            let holding = 0;
            function* work(plan: (typeof plans)[number]): Co<void> {
              assert.ok(++holding <= permits);
              try {
                yield* sleep(plan.work);
                if (plan.fails) throw new Error('it fails');
              } finally {
                try {
                  yield* sleep(plan.cleanup);
                } finally {
                  holding--;
                }
              }
            }
            const tasks = plans.map((plan) => {
              const task = spawn(
                loop,
                (function* (): Co<void> {
                  yield* sleep(plan.at);
                  yield* semaphore.with(work(plan));
                })(),
              );
              task.onDone(() => {});
              loop.setTimer(plan.cancelAt, () => task.cancel());
              return task;
            });
            for (let i = 0; i < 400 && tasks.some((task) => !task.done); i++) yield* sleep(1);
            for (const task of tasks) {
              assert.ok(task.done);
              assert.ok(!(task.error instanceof assert.AssertionError), String(task.error));
            }
            assert.equal(holding, 0);
            assert.equal(semaphore.available, permits);
          }),
      ),
      { numRuns: 200, seed: 11 },
    ));

  test('serves twenty thousand who wait without slowing down', () =>
    simulate(function* ({ loop }) {
      const semaphore = new Semaphore(1);
      let served = 0;
      function* once(): Co<void> {
        yield* semaphore.acquire();
        served++;
        semaphore.release();
      }
      assert.ok(semaphore.tryAcquire());
      const tasks = Array.from({ length: 20_000 }, () => spawn(loop, once()));
      yield* sleep(1);
      semaphore.release();
      for (const task of tasks) yield* task.join();
      assert.equal(served, 20_000);
      assert.equal(semaphore.available, 1);
    }));

  test('refuses a permit that nobody took, and a number that is none', () => {
    const semaphore = new Semaphore(2);
    assert.throws(() => semaphore.release(), /released more often than acquired/);
    assert.equal(semaphore.available, 2);
    for (const permits of [0, -1, 1.5, Number.NaN]) {
      assert.throws(() => new Semaphore(permits), { name: 'RangeError', message: /at least 1; got/ });
    }
  });
});
