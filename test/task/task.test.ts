// A task alone: how it runs, ends and is waited for, and what cancelling does to it in every state it can be in.

// biome-ignore-all lint/correctness/useYield: a coroutine need not wait.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  Cancelled,
  CLEANUP_DEADLINE,
  type Co,
  Semaphore,
  Signal,
  type Suspend,
  scope,
  sleep,
  spawn,
  until,
} from '../../src/task/index.ts';
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
