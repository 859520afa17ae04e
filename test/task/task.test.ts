// A task alone: how it runs, ends and is waited for.

// biome-ignore-all lint/correctness/useYield: a coroutine need not wait.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Co, sleep, spawn, until } from '../../src/task/index.ts';
import { failAfter, simulate, throws, valueAfter } from './simulate.ts';

describe('a task', () => {
  test('takes its first step in the turn, not where it is made', () =>
    simulate(function* ({ loop }) {
      const order: string[] = [];
      const task = spawn(
        loop,
        (function* (): Co<number> {
          order.push('task');
          return 7;
        })(),
      );
      order.push('maker');
      assert.ok(!task.done);
      assert.throws(() => task.result, /a task has not finished/);
      assert.equal(yield* task.join(), 7);
      assert.deepEqual(order, ['maker', 'task']);
      assert.equal(task.result, 7);
      assert.equal(task.failed, false);
    }));

  test('gives its error to whoever joins it, before or after its end', () =>
    simulate(function* ({ loop }) {
      const broken = new Error('broken');
      const task = spawn(loop, failAfter(5, broken), { name: 'the broken one' });
      yield* throws(task.join(), (error) => error === broken);
      yield* throws(task.join(), (error) => error === broken);
      assert.equal(task.error, broken);
      assert.throws(() => task.result, broken);
      assert.equal(task.name, 'the broken one');
    }));

  test('can be waited for by many', () =>
    simulate(function* ({ loop }) {
      const task = spawn(loop, valueAfter(5, 'x'));
      const joiners = [1, 2, 3].map(() => spawn(loop, task.join()));
      for (const joiner of joiners) assert.equal(yield* joiner.join(), 'x');
    }));

  test('is awaitable in ordinary async code', async () => {
    let awaited: Promise<unknown> | undefined;
    await simulate(function* ({ loop }) {
      const good = spawn(loop, valueAfter(5, 'good'));
      const bad = spawn(loop, failAfter(5, new Error('bad')));
      const use = async (): Promise<unknown> => {
        const value = await good;
        const error = await bad.then(
          () => assert.fail('it fails'),
          (reason: unknown) => reason,
        );
        return [value, (error as Error).message];
      };
      awaited = use();
      yield* sleep(10);
      assert.deepEqual(yield* until(awaited), ['good', 'bad']);
      assert.equal(yield* until(good), 'good');
    });
    assert.deepEqual(await awaited, ['good', 'bad']);
  });

  test('tells a listener of its end, at once where it has ended, and not where it was taken back', () =>
    simulate(function* ({ loop }) {
      const told: string[] = [];
      const task = spawn(loop, valueAfter(1, 'x'));
      const forgotten = (): void => assert.fail('it was taken back');
      task.onDone((ended) => told.push(`first ${ended.result}`));
      task.onDone(forgotten);
      task.offDone(forgotten);
      task.offDone(forgotten);
      yield* task.join();
      assert.deepEqual(told, ['first x']);
      task.onDone(() => told.push('late'));
      assert.deepEqual(told, ['first x', 'late']);
    }));

  test('waits on its own end in vain, so that is refused', () =>
    simulate(function* ({ loop }) {
      function* snake(): Co<void> {
        yield* task.join();
      }
      const task = spawn(loop, snake(), { name: 'the snake' });
      yield* throws(task.join(), /the snake waits for its own end/);
    }));
});
