// Stacks that name the coroutines, though none of those that wait is on the stack when an error is thrown.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { all, Cancelled, type Co, scope, sleep, spawn, until } from '../../src/task/index.ts';
import { simulate, throws } from './simulate.ts';

function* findUser(): Co<never> {
  yield* sleep(1);
  throw new Error('no such user');
}

/** The names of `stack`’s own frames and awaiters, those of the tests’ files alone. */
function namesOf(error: unknown): string[] {
  const lines = (error as Error).stack!.split('\n');
  return lines
    .filter((line) => line.includes('stack.test.ts') || line.includes('awaited by'))
    .map((line) => /awaited by (.*), in|at (\w+)/.exec(line)?.slice(1).find(Boolean) ?? line.trim());
}

describe('the stack of an error', () => {
  test('names the coroutines that called one another', () =>
    simulate(function* () {
      function* profile(): Co<never> {
        return yield* findUser();
      }
      yield* throws(profile(), (error) => {
        assert.deepEqual(namesOf(error).slice(0, 2), ['findUser', 'profile']);
        return true;
      });
    }));

  test('goes on with who joined the task', () =>
    simulate(function* ({ loop }) {
      function* profile(): Co<never> {
        return yield* spawn(loop, findUser(), { name: 'the search' }).join();
      }
      yield* throws(profile(), (error) => {
        const names = namesOf(error);
        assert.deepEqual(names.slice(0, 3), ['findUser', 'the search', 'profile']);
        return true;
      });
    }));

  test('goes on with who opened the scope, at every depth', () =>
    simulate(function* () {
      function* inner(): Co<unknown> {
        return yield* all([findUser(), sleep(10)]);
      }
      function* outer(): Co<void> {
        yield* scope(function* body() {
          yield* inner();
        });
      }
      yield* throws(outer(), (error) => {
        const names = namesOf(error);
        assert.deepEqual(
          names.filter((name) => ['findUser', 'inner', 'body', 'outer'].includes(name)),
          ['findUser', 'inner', 'body', 'outer'],
        );
        return true;
      });
    }));

  test('goes on with who waited for the promise', () =>
    simulate(function* () {
      const load = async (): Promise<never> => {
        await null;
        throw new Error('from async code');
      };
      function* page(): Co<never> {
        return yield* until(load());
      }
      yield* throws(page(), (error) => {
        assert.deepEqual(namesOf(error).slice(0, 3), ['load', 'a promise', 'page']);
        return true;
      });
    }));

  test('shows none of the runtime’s own frames among who waited', () =>
    simulate(function* ({ loop }) {
      yield* throws(spawn(loop, findUser()).join(), (error) => {
        const stack = (error as Error).stack!;
        const awaiters = stack.slice(stack.indexOf('awaited by'));
        assert.doesNotMatch(awaiters, /src\/(task|loop)\//);
        assert.doesNotMatch(awaiters, /node:internal/);
        return true;
      });
    }));

  test('does not grow without end where one error is thrown to many', () =>
    simulate(function* () {
      const failed = Promise.reject(new Error('the database is gone'));
      function* request(): Co<void> {
        yield* until(failed);
      }
      let longest = 0;
      for (let i = 0; i < 200; i++) {
        yield* throws(request(), (error) => {
          longest = Math.max(longest, (error as Error).stack!.length);
          return true;
        });
      }
      assert.ok(longest < 20_000, `${longest} characters`);
    }));

  test('of a Cancelled is left as it is: it says who cancelled', () =>
    simulate(function* ({ loop }) {
      const task = spawn(loop, until(new Promise(() => {})));
      yield* sleep(1);
      (function theCanceller() {
        task.cancel();
      })();
      yield* throws(task.join(), (error) => {
        assert.ok(error instanceof Cancelled);
        assert.match(error.stack!, /theCanceller/);
        assert.doesNotMatch(error.stack!, /awaited by/);
        return true;
      });
    }));
});
