// The bridge from promises: what settles resumes the task, once, and never a task that no longer waits.

// biome-ignore-all lint/correctness/useYield: a coroutine need not wait.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Cancelled, type Co, scope, sleep, spawn, until } from '../../src/task/index.ts';
import { simulate, throws } from './simulate.ts';

describe('until', () => {
  test('gives a promise’s value, settled or not', () =>
    simulate(function* ({ loop, elapsed }) {
      assert.equal(yield* until(Promise.resolve(1)), 1);
      const { promise, resolve } = Promise.withResolvers<string>();
      loop.setTimer(10, () => resolve('later'));
      assert.equal(yield* until(promise), 'later');
      assert.equal(elapsed(), 10);
    }));

  test('throws what it was rejected with, as it is', () =>
    simulate(function* () {
      const broken = new Error('broken');
      yield* throws(until(Promise.reject(broken)), (error) => error === broken);
      yield* throws(until(Promise.reject('text')), (error) => error === 'text');
      yield* throws(until(Promise.reject(undefined)), (error) => error === undefined);
    }));

  test('throws an error that can’t be changed as it is, too', () =>
    simulate(function* () {
      const frozen = Object.freeze(new Error('frozen'));
      yield* throws(until(Promise.reject(frozen)), (error) => error === frozen);
      const fixed = Object.defineProperty(new Error('fixed'), 'stack', { get: () => 'fixed' });
      yield* throws(until(Promise.reject(fixed)), (error) => error === fixed);
    }));

  test('that is cancelled takes no notice of what the promise does later', () =>
    simulate(function* ({ loop }) {
      for (const settle of ['resolve', 'reject'] as const) {
        const deferred = Promise.withResolvers<string>();
        const task = spawn(loop, until(deferred.promise));
        yield* sleep(1);
        task.cancel();
        yield* throws(task.join(), Cancelled);
        deferred[settle]('too late');
        yield* sleep(1);
      }
    }));

  test('that is cancelled in the moment in which its promise settles is resumed once', () =>
    simulate(function* ({ loop }) {
      const { promise, resolve } = Promise.withResolvers<string>();
      const task = spawn(
        loop,
        (function* (): Co<string> {
          const value = yield* until(promise);
          yield* sleep(1000);
          return value;
        })(),
      );
      yield* sleep(1);
      resolve('x');
      task.cancel();
      yield* throws(task.join(), Cancelled);
    }));

  test('takes any thenable, also one that calls back at once, twice, or throws', () =>
    simulate(function* () {
      const thenable = (then: (resolve: (value: string) => void) => void): PromiseLike<string> =>
        ({ then }) as unknown as PromiseLike<string>;
      assert.equal(yield* until(thenable((resolve) => resolve('at once'))), 'at once');
      const twice = thenable((resolve) => {
        resolve('first');
        resolve('second');
      });
      assert.equal(yield* until(twice), 'first');
      const broken = thenable(() => {
        throw new Error('broken then');
      });
      yield* throws(until(broken), /broken then/);
      const both = thenable((resolve) => {
        resolve('value');
        throw new Error('too late');
      });
      assert.equal(yield* until(both), 'value');
    }));

  test('refuses what is no promise', () =>
    simulate(function* () {
      yield* throws(until(7 as unknown as Promise<number>), /until waits for a promise; got 7/);
      yield* throws(
        until(sleep(1) as unknown as Promise<void>),
        /until waits for a promise; got a coroutine/,
      );
    }));

  test('waits for many tasks on one promise', () =>
    simulate(function* ({ loop }) {
      const { promise, resolve } = Promise.withResolvers<number>();
      loop.setTimer(5, () => resolve(7));
      let sum = 0;
      yield* scope(function* (tasks) {
        for (let i = 0; i < 100; i++) {
          tasks.spawn(
            (function* (): Co<void> {
              const value = yield* until(promise);
              sum += value;
            })(),
          );
        }
      });
      assert.equal(sum, 700);
    }));
});
