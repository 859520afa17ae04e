// What cancelling does to a task, in every state it can be in.

// biome-ignore-all lint/correctness/useYield: a coroutine need not wait.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Cancelled, type Co, Signal, type Suspend, sleep, spawn } from '../../src/task/index.ts';
import { simulate, throws, valueAfter } from './simulate.ts';

describe('cancelling', () => {
  test('throws Cancelled, with the reason, where the task waits', () =>
    simulate(function* ({ loop, elapsed }) {
      const reason = new Error('the client went away');
      const seen: unknown[] = [];
      const task = spawn(
        loop,
        (function* (): Co<void> {
          try {
            yield* sleep(1000);
          } catch (error) {
            seen.push(error);
            throw error;
          } finally {
            seen.push('finally');
          }
        })(),
      );
      yield* sleep(1);
      task.cancel(reason);
      assert.ok(!task.done, 'it ends in a turn of its own');
      yield* throws(task.join(), Cancelled);
      assert.equal(elapsed(), 1);
      const [error, last] = seen as [Cancelled, string];
      assert.equal(error.reason, reason);
      assert.equal(error.cause, reason);
      assert.equal(error.code, 'ERR_CANCELLED');
      assert.match(error.message, /the client went away/);
      assert.equal(last, 'finally');
      assert.equal(task.error, error);
    }));

  test('a task that is ready with a result gives it the result, and cancels its next wait', () =>
    simulate(function* ({ loop }) {
      const signal = new Signal<string>();
      let got: string | undefined;
      const task = spawn(
        loop,
        (function* (): Co<void> {
          got = yield* signal.wait();
          yield* sleep(1000);
          assert.fail('the wait was to be cancelled');
        })(),
      );
      yield* sleep(1);
      signal.set('value');
      task.cancel();
      yield* throws(task.join(), Cancelled);
      assert.equal(got, 'value');
    }));

  test('a task that has not begun runs it up to its first wait', () =>
    simulate(function* ({ loop }) {
      const order: string[] = [];
      const task = spawn(
        loop,
        (function* (): Co<void> {
          try {
            order.push('begun');
            yield* sleep(1);
            order.push('waited');
          } finally {
            order.push('finally');
          }
        })(),
      );
      task.cancel();
      yield* throws(task.join(), Cancelled);
      assert.deepEqual(order, ['begun', 'finally']);
    }));

  test('oneself takes effect at the next wait', () =>
    simulate(function* ({ loop }) {
      const order: string[] = [];
      function* body(): Co<void> {
        task.cancel();
        order.push('goes on');
        yield* sleep(1);
        order.push('waited');
      }
      const task = spawn(loop, body());
      yield* throws(task.join(), Cancelled);
      assert.deepEqual(order, ['goes on']);
    }));

  test('from within the very call that parks the task is not lost', () =>
    simulate(function* ({ loop, elapsed }) {
      let unparked = 0;
      function* body(): Co<unknown> {
        const cancelling: Suspend = {
          park: () => task.cancel(),
          unpark: () => {
            unparked++;
          },
        };
        return yield cancelling;
      }
      const task = spawn(loop, body());
      yield* throws(task.join(), Cancelled);
      assert.equal(unparked, 1);
      assert.equal(elapsed(), 0);
    }));

  test('a task that waits no more changes nothing', () =>
    simulate(function* ({ loop }) {
      function* body(): Co<string> {
        running.cancel();
        return 'done';
      }
      const running = spawn(loop, body());
      assert.equal(yield* running.join(), 'done');
      running.cancel();
      assert.equal(running.result, 'done');
    }));

  test('twice is as good as once', () =>
    simulate(function* ({ loop }) {
      let caught = 0;
      const task = spawn(
        loop,
        (function* (): Co<string> {
          try {
            yield* sleep(1000);
          } catch {
            caught++;
          }
          yield* sleep(10);
          return 'cleaned up';
        })(),
      );
      yield* sleep(1);
      task.cancel('first');
      task.cancel('second');
      yield* sleep(5);
      task.cancel('third');
      assert.equal(yield* task.join(), 'cleaned up');
      assert.equal(caught, 1);
    }));

  test('whoever joins a task, leaves that task alone, and its error is theirs no more', () =>
    simulate(function* ({ loop }) {
      const task = spawn(loop, valueAfter(100, 'x'));
      const joiner = spawn(loop, task.join());
      yield* sleep(1);
      joiner.cancel();
      yield* throws(joiner.join(), Cancelled);
      assert.equal(yield* task.join(), 'x');
    }));

  test('a joiner in the very moment in which the task ends resumes it once', () =>
    simulate(function* ({ loop }) {
      const task = spawn(loop, valueAfter(5, 'x'));
      task.onDone(() => joiner.cancel());
      const joiner = spawn(loop, task.join());
      yield* throws(joiner.join(), Cancelled);
    }));

  test('does not take back what a swallowed Cancelled went on to do', () =>
    simulate(function* ({ loop, elapsed }) {
      const task = spawn(
        loop,
        (function* (): Co<string> {
          try {
            yield* sleep(1000);
          } catch {
            // On purpose.
          }
          return 'all the same';
        })(),
      );
      yield* sleep(1);
      task.cancel();
      assert.equal(yield* task.join(), 'all the same');
      assert.equal(task.failed, false);
      assert.equal(elapsed(), 1);
    }));
});
