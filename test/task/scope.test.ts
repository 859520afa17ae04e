// Structured concurrency: whatever happens, no task outlives its scope, and no error is lost.

// biome-ignore-all lint/correctness/useYield: a coroutine need not wait.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Cancelled, type Co, Scope, scope, sleep } from '../../src/task/index.ts';
import { failAfter, noting, simulate, throws, valueAfter } from './simulate.ts';

describe('a scope', () => {
  test('returns what its body returned, once all its tasks have ended', () =>
    simulate(function* ({ elapsed }) {
      const order: string[] = [];
      const result = yield* scope(function* (tasks) {
        tasks.spawn(noting(order, 'slow', 30));
        tasks.spawn(noting(order, 'quick', 10));
        yield* sleep(20);
        order.push('body');
        return 'result';
      });
      assert.equal(result, 'result');
      assert.deepEqual(order, ['quick', 'body', 'slow']);
      assert.equal(elapsed(), 30);
    }));

  test('with an empty body and no tasks ends at once', () =>
    simulate(function* ({ elapsed }) {
      assert.equal(yield* scope(function* () {}), undefined);
      assert.equal(elapsed(), 0);
    }));

  test('takes tasks from its tasks, and waits for those as well', () =>
    simulate(function* ({ elapsed }) {
      const order: string[] = [];
      yield* scope(function* (tasks) {
        function* generation(n: number): Co<void> {
          yield* sleep(10);
          order.push(`${n}`);
          if (n < 4) tasks.spawn(generation(n + 1));
        }
        tasks.spawn(generation(1));
      });
      assert.deepEqual(order, ['1', '2', '3', '4']);
      assert.equal(elapsed(), 40);
    }));

  test('takes a task that is spawned by the last one’s end', () =>
    simulate(function* () {
      const order: string[] = [];
      yield* scope(function* (tasks) {
        const first = tasks.spawn(noting(order, 'first', 10));
        first.onDone(() => tasks.spawn(noting(order, 'second', 10)));
      });
      assert.deepEqual(order, ['first', 'second']);
    }));

  test('counts its tasks, and takes none once it has ended', () =>
    simulate(function* () {
      let kept: Scope | undefined;
      yield* scope(function* (tasks) {
        kept = tasks;
        tasks.spawn(sleep(1));
        assert.equal(tasks.size, 2, 'the body is one of them');
      });
      assert.equal(kept!.size, 0);
      assert.throws(() => kept!.spawn(sleep(1)), /scope has ended/);
    }));

  test('can’t be waited for by its own body, which would never end', () =>
    simulate(() =>
      throws(
        scope((tasks) => tasks.close()),
        /already waits for this scope/,
      ),
    ));
});

describe('an error in a scope', () => {
  test('of one task cancels its siblings and the body, and is thrown when all have ended', () =>
    simulate(function* ({ elapsed }) {
      const order: string[] = [];
      const broken = new Error('broken');
      yield* throws(
        scope(function* (tasks) {
          tasks.spawn(noting(order, 'sibling', 1000));
          tasks.spawn(failAfter(10, broken));
          try {
            yield* sleep(1000);
          } finally {
            yield* sleep(5);
            order.push('body cleaned up');
          }
        }),
        (error) => error === broken,
      );
      assert.deepEqual(order, ['sibling!', 'body cleaned up']);
      assert.equal(elapsed(), 15);
    }));

  test('of the body cancels the tasks', () =>
    simulate(function* ({ elapsed }) {
      const order: string[] = [];
      yield* throws(
        scope(function* (tasks) {
          tasks.spawn(noting(order, 'task', 1000));
          yield* sleep(10);
          throw new Error('the body is broken');
        }),
        /the body is broken/,
      );
      assert.deepEqual(order, ['task!']);
      assert.equal(elapsed(), 10);
    }));

  test('is the reason that the others are cancelled with', () =>
    simulate(function* () {
      const broken = new Error('broken');
      let reason: unknown;
      yield* throws(
        scope(function* (tasks) {
          tasks.spawn(failAfter(10, broken));
          try {
            yield* sleep(1000);
          } catch (error) {
            reason = (error as Cancelled).reason;
          }
        }),
        /broken/,
      );
      assert.equal(reason, broken);
    }));

  test('that is not alone comes in an AggregateError', () =>
    simulate(function* () {
      yield* throws(
        scope(function* (tasks) {
          tasks.spawn(failAfter(10, new Error('first')));
          try {
            yield* sleep(1000);
          } finally {
            yield* failAfter(10, new Error('in the cleanup'));
          }
        }),
        (error) =>
          error instanceof AggregateError &&
          /2 tasks failed/.test(error.message) &&
          error.errors.map(({ message }) => message).join() === 'first,in the cleanup',
      );
    }));

  test('of two tasks in one instant loses neither', () =>
    simulate(function* () {
      yield* throws(
        scope(function* (tasks) {
          // Both are on their way when the first fails, and the second waits no more.
          tasks.spawn(failAfter(10, new Error('first')));
          tasks.spawn(failAfter(10, new Error('second')));
        }),
        (error) => error instanceof AggregateError && error.errors.length === 2,
      );
    }));

  test('that the body hears of by joining the task is thrown once', () =>
    simulate(function* () {
      yield* throws(
        scope(function* (tasks) {
          yield* tasks.spawn(failAfter(10, new Error('broken'))).join();
        }),
        (error) => (error as Error).message === 'broken',
      );
    }));

  test('that is not an Error is thrown as it is', () =>
    simulate(function* () {
      yield* throws(
        scope(function* (tasks) {
          tasks.spawn(failAfter(10, undefined as unknown as Error));
          yield* sleep(100);
        }),
        (error) => error === undefined,
      );
    }));

  test('leaves a scope around it alone, where it is caught', () =>
    simulate(function* () {
      const order: string[] = [];
      yield* scope(function* (outer) {
        outer.spawn(noting(order, 'outer task', 100));
        yield* throws(
          scope(function* (inner) {
            inner.spawn(failAfter(10, new Error('broken')));
          }),
          /broken/,
        );
        order.push('caught');
      });
      assert.deepEqual(order, ['caught', 'outer task']);
    }));
});

describe('a scope made by hand', () => {
  test('works as the one that scope() makes', () =>
    simulate(function* ({ loop }) {
      const owner = new Scope(loop);
      const task = owner.spawn(valueAfter(10, 'x'));
      yield* owner.close();
      assert.equal(task.result, 'x');
    }));
});
