// Several coroutines at once: all of them, or the first.

// biome-ignore-all lint/correctness/useYield: a coroutine need not wait.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { all, Cancelled, type Co, race, sleep, spawn } from '../../src/task/index.ts';
import { failAfter, simulate, throws, valueAfter } from './simulate.ts';

describe('all', () => {
  test('runs at once, and gives the results in the order of the coroutines, each with its type', () =>
    simulate(function* ({ elapsed }) {
      const [name, age] = yield* all([valueAfter(30, 'siskin'), valueAfter(10, 2)]);
      assert.equal(name.toUpperCase(), 'SISKIN');
      assert.equal(age.toFixed(1), '2.0');
      assert.equal(elapsed(), 30);
    }));

  test('of nothing is nothing, at once', () =>
    simulate(function* ({ elapsed }) {
      assert.deepEqual(yield* all([]), []);
      assert.equal(elapsed(), 0);
    }));

  test('throws the first error, once the others are cancelled and have cleaned up', () =>
    simulate(function* ({ elapsed }) {
      let cleaned = false;
      function* slow(): Co<void> {
        try {
          yield* sleep(1000);
        } finally {
          yield* sleep(5);
          cleaned = true;
        }
      }
      yield* throws(all([slow(), failAfter(10, new Error('broken'))]), /^Error: broken/);
      assert.ok(cleaned);
      assert.equal(elapsed(), 15);
    }));

  test('ends those that run when one of them is no coroutine', () =>
    simulate(function* ({ elapsed }) {
      yield* throws(all([sleep(1000), Promise.resolve() as unknown as Co<void>]), /got a Promise/);
      assert.equal(elapsed(), 0);
    }));

  test('is cancelled as a whole', () =>
    simulate(function* ({ loop, elapsed }) {
      const task = spawn(loop, all([sleep(1000), sleep(2000)]));
      yield* sleep(10);
      task.cancel();
      yield* throws(task.join(), Cancelled);
      assert.equal(elapsed(), 10);
    }));

  test('takes ten thousand', () =>
    simulate(function* ({ elapsed }) {
      const many = Array.from({ length: 10_000 }, (_, i) => valueAfter(i % 100, i));
      const results = yield* all(many);
      assert.equal(results.length, 10_000);
      assert.ok(results.every((value, i) => value === i));
      assert.ok(elapsed() <= 100);
    }));
});

describe('race', () => {
  test('gives the first result, once the losers have cleaned up', () =>
    simulate(function* ({ elapsed }) {
      let cleaned = 0;
      function* loser(): Co<string> {
        try {
          yield* sleep(1000);
          return 'loser';
        } finally {
          yield* sleep(20);
          cleaned++;
        }
      }
      assert.equal(yield* race([loser(), valueAfter(10, 'winner'), loser()]), 'winner');
      assert.equal(cleaned, 2);
      assert.equal(elapsed(), 30);
    }));

  test('throws the error where that comes first', () =>
    simulate(function* ({ elapsed }) {
      yield* throws(race([valueAfter(1000, 'x'), failAfter(10, new Error('broken'))]), /^Error: broken/);
      assert.equal(elapsed(), 10);
    }));

  test('of two that end in one instant gives the first of them, whatever the other says', () =>
    simulate(function* () {
      assert.equal(yield* race([valueAfter(10, 'a'), valueAfter(10, 'b')]), 'a');
      assert.equal(
        yield* race([
          (function* (): Co<string> {
            return 'at once';
          })(),
          valueAfter(10, 'b'),
        ]),
        'at once',
      );
    }));

  test('does not take a loser that saves something from its cancellation for the winner', () =>
    simulate(function* () {
      function* stubborn(): Co<string> {
        try {
          yield* sleep(1000);
        } catch {
          // Returns all the same.
        }
        return 'loser';
      }
      assert.equal(yield* race([stubborn(), valueAfter(10, 'winner')]), 'winner');
    }));

  test('throws what a loser’s cleanup throws: it would be lost otherwise', () =>
    simulate(function* () {
      function* loser(): Co<string> {
        try {
          yield* sleep(1000);
          return 'loser';
        } finally {
          yield* failAfter(1, new Error('could not clean up'));
        }
      }
      yield* throws(race([loser(), valueAfter(10, 'winner')]), /could not clean up/);
    }));

  test('is cancelled as a whole', () =>
    simulate(function* ({ loop, elapsed }) {
      const task = spawn(loop, race([sleep(1000), sleep(2000)]));
      yield* sleep(10);
      task.cancel();
      yield* throws(task.join(), Cancelled);
      assert.equal(elapsed(), 10);
    }));

  test('of nothing would never end, and is refused', () => simulate(() => throws(race([]), /at least one/)));
});
