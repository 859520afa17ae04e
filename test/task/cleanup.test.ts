// What a cancelled task may still do: its cleanups, which may wait, and what becomes of those that do not end.

// biome-ignore-all lint/correctness/useYield: a coroutine need not wait.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  Cancelled,
  CLEANUP_DEADLINE,
  type Co,
  Semaphore,
  scope,
  sleep,
  spawn,
} from '../../src/task/index.ts';
import { simulate, throws } from './simulate.ts';

describe('the cleanups of a cancelled task', () => {
  test('may wait, and are waited for', () =>
    simulate(function* ({ loop, elapsed }) {
      const done: string[] = [];
      const task = spawn(
        loop,
        (function* (): Co<void> {
          try {
            yield* sleep(60_000);
          } catch (error) {
            yield* sleep(1000);
            done.push('rolled back');
            throw error;
          } finally {
            yield* sleep(1000);
            done.push('closed');
          }
        })(),
      );
      yield* sleep(1);
      task.cancel();
      yield* throws(task.join(), Cancelled);
      assert.deepEqual(done, ['rolled back', 'closed']);
      assert.equal(elapsed(), 2001);
    }));

  test('are cancelled in turn after CLEANUP_DEADLINE, and told why', () =>
    simulate(function* ({ loop, elapsed }) {
      let second: unknown;
      const task = spawn(
        loop,
        (function* (): Co<void> {
          try {
            yield* sleep(60_000);
          } finally {
            try {
              yield* sleep(60_000);
            } catch (error) {
              second = error;
            }
          }
        })(),
        { name: 'the slow one' },
      );
      yield* sleep(1);
      task.cancel('reason');
      yield* throws(task.join(), Cancelled);
      assert.equal(elapsed(), 1 + CLEANUP_DEADLINE);
      assert.ok(second instanceof Cancelled);
      assert.match(second.message, /cleanups of the slow one took over 5000 ms/);
      assert.equal((task.error as Cancelled).reason, 'reason');
    }));

  test('that go on waiting even then are given up: the finally blocks run, the waits do not', () =>
    simulate(function* ({ loop, elapsed }) {
      const order: string[] = [];
      const task = spawn(
        loop,
        (function* (): Co<void> {
          try {
            try {
              for (;;) {
                try {
                  yield* sleep(60_000);
                  order.push('slept');
                } catch {
                  order.push('ignored');
                }
              }
            } finally {
              order.push('inner');
              yield* sleep(1);
              order.push('waited');
            }
          } finally {
            order.push('outer');
          }
        })(),
        { name: 'the deaf one' },
      );
      yield* sleep(1);
      task.cancel();
      yield* throws(task.join(), /the deaf one went on waiting after it was cancelled, and was given up/);
      assert.equal(elapsed(), 1 + CLEANUP_DEADLINE);
      assert.deepEqual(order, ['ignored', 'ignored', 'inner', 'outer']);
      yield* sleep(100_000);
      assert.equal(order.length, 4);
    }));

  test('that can’t be stopped at all do not stop the loop', () =>
    simulate(function* ({ loop }) {
      const task = spawn(
        loop,
        (function* (): Co<void> {
          for (;;) {
            try {
              yield* sleep(60_000);
            } catch {
              // Ignored for ever.
            } finally {
            }
          }
        })(),
      );
      yield* sleep(1);
      task.cancel();
      yield* throws(task.join(), /given up/);
    }));

  test('give back what they hold though they are given up', () =>
    simulate(function* ({ loop }) {
      const semaphore = new Semaphore(1);
      const task = spawn(
        loop,
        semaphore.with(
          (function* (): Co<void> {
            try {
              yield* sleep(60_000);
            } finally {
              try {
                yield* sleep(60_000);
              } finally {
                yield* sleep(60_000);
              }
            }
          })(),
        ),
      );
      yield* sleep(1);
      task.cancel();
      yield* throws(task.join(), Cancelled);
      assert.equal(semaphore.available, 1);
    }));

  test('may open a scope, whose tasks end before they do', () =>
    simulate(function* ({ loop, elapsed }) {
      let closed = 0;
      const task = spawn(
        loop,
        (function* (): Co<void> {
          try {
            yield* sleep(60_000);
          } finally {
            yield* scope(function* (tasks): Co<void> {
              for (let i = 0; i < 3; i++) {
                tasks.spawn(
                  (function* (): Co<void> {
                    yield* sleep(100);
                    closed++;
                  })(),
                );
              }
            });
          }
        })(),
      );
      yield* sleep(1);
      task.cancel();
      yield* throws(task.join(), Cancelled);
      assert.equal(closed, 3);
      assert.equal(elapsed(), 101);
    }));

  test('cost nothing more once they are done', () =>
    simulate(function* ({ loop }) {
      const task = spawn(loop, sleep(60_000));
      yield* sleep(1);
      task.cancel();
      yield* throws(task.join(), Cancelled);
      assert.equal(loop.statistics().timers, 0);
    }));

  test('of a thousand tasks all run', () =>
    simulate(function* ({ loop }) {
      let cleaned = 0;
      const tasks = Array.from({ length: 1000 }, () =>
        spawn(
          loop,
          (function* (): Co<void> {
            try {
              yield* sleep(60_000);
            } finally {
              yield* sleep(10);
              cleaned++;
            }
          })(),
        ),
      );
      yield* sleep(1);
      for (const task of tasks) task.cancel();
      for (const task of tasks) yield* throws(task.join(), Cancelled);
      assert.equal(cleaned, 1000);
    }));
});
