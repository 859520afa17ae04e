// Wrong uses are told what to write, where they happen, and leave everything else as it was.

// biome-ignore-all lint/correctness/useYield: a coroutine need not wait.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Co, type Suspend, scope, sleep, spawn } from '../../src/task/index.ts';
import { simulate, throws } from './simulate.ts';

describe('a wrong use', () => {
  const wrong = (value: unknown): Co<void> => value as Co<void>;
  const cases: readonly [string, unknown, RegExp][] = [
    [
      'a generator function, uncalled',
      function* work(): Co<void> {},
      /coroutine.*got the function work.*call it/,
    ],
    ['an async function', async function load() {}, /coroutine.*got the function load.*call it/],
    ['a promise', Promise.resolve(), /coroutine.*got a Promise.*until/],
    ['an async generator', (async function* () {})(), /coroutine.*async generator/],
    ['undefined', undefined, /coroutine.*got undefined/],
  ];
  for (const [what, value, message] of cases) {
    test(`as spawning ${what} fails the task and says what to do`, () =>
      simulate(function* ({ loop }) {
        yield* throws(spawn(loop, wrong(value)).join(), message);
        yield* throws(
          scope(function* (tasks): Co<void> {
            tasks.spawn(wrong(value));
            yield* sleep(1000);
          }),
          message,
        );
      }));
  }

  const yields: readonly [string, unknown, RegExp][] = [
    ['a promise', Promise.resolve(1), /yielded a Promise.*yield\* until\(/],
    ['a coroutine', sleep(1), /yielded a coroutine.*yield\*/],
    ['a number', 7, /yielded 7/],
    ['nothing', undefined, /yielded undefined/],
  ];
  for (const [what, value, message] of yields) {
    test(`as yielding ${what} throws there and says what to do`, () =>
      simulate(function* ({ loop }) {
        const task = spawn(
          loop,
          (function* (): Co<string> {
            yield* throws(
              (function* (): Co<void> {
                yield value as Suspend;
              })(),
              message,
            );
            return 'goes on';
          })(),
        );
        assert.equal(yield* task.join(), 'goes on');
      }));
  }

  test('as resuming a task twice for one wait is told to who does it', () =>
    simulate(function* ({ loop }) {
      let resume = (): void => {};
      const task = spawn(
        loop,
        (function* (): Co<unknown> {
          return yield { park: (waiter) => (resume = () => waiter.resume('x')), unpark: () => {} } as Suspend;
        })(),
      );
      yield* sleep(1);
      resume();
      assert.throws(resume, /resumed twice/);
      assert.equal(yield* task.join(), 'x');
      assert.throws(resume, /resumed twice/);
    }));

  test('as a wait that throws after it has resumed the task is an error of that wait', () =>
    simulate(function* ({ loop }) {
      const task = spawn(
        loop,
        (function* (): Co<unknown> {
          return yield {
            park(waiter) {
              waiter.resume(1);
              throw new Error('broken wait');
            },
            unpark() {},
          } as Suspend;
        })(),
      );
      yield* throws(task.join(), /broken wait/);
    }));
});
