// Signals and wait lists: everybody who waits is woken, and nobody who has left.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Cancelled, Signal, sleep, spawn, type Waiter, WaitList } from '../../src/task/index.ts';
import { simulate, throws } from './simulate.ts';

describe('a signal', () => {
  test('wakes everybody who waits, with its value, and lets nobody wait from then on', () =>
    simulate(function* ({ loop, elapsed }) {
      const signal = new Signal<string>();
      assert.equal(signal.isSet, false);
      const tasks = [1, 2, 3].map(() => spawn(loop, signal.wait()));
      yield* sleep(10);
      signal.set('go');
      assert.equal(signal.isSet, true);
      for (const task of tasks) assert.equal(yield* task.join(), 'go');
      assert.equal(yield* signal.wait(), 'go');
      assert.equal(elapsed(), 10);
    }));

  test('keeps its first value until it is cleared', () =>
    simulate(function* ({ loop }) {
      const signal = new Signal<number>();
      signal.set(1);
      signal.set(2);
      assert.equal(yield* signal.wait(), 1);
      signal.clear();
      assert.equal(signal.isSet, false);
      const task = spawn(loop, signal.wait());
      yield* sleep(1);
      assert.ok(!task.done);
      signal.set(3);
      assert.equal(yield* task.join(), 3);
    }));

  test('that is set and cleared at once still wakes who waited', () =>
    simulate(function* ({ loop }) {
      const signal = new Signal<string>();
      const task = spawn(loop, signal.wait());
      yield* sleep(1);
      signal.set('pulse');
      signal.clear();
      assert.equal(yield* task.join(), 'pulse');
    }));

  test('does not wake who was cancelled', () =>
    simulate(function* ({ loop }) {
      const signal = new Signal();
      const gone = spawn(loop, signal.wait());
      const stays = spawn(loop, signal.wait());
      yield* sleep(1);
      gone.cancel();
      signal.set();
      yield* throws(gone.join(), Cancelled);
      yield* stays.join();
    }));
});

describe('a wait list', () => {
  const waiter = (resume: (value: unknown) => void): Waiter => ({ resume }) as unknown as Waiter;

  test('wakes one at a time, in the order in which they came, and says when nobody is there', () => {
    const list = new WaitList();
    const woken: string[] = [];
    const [a, b, c] = ['a', 'b', 'c'].map((name) => waiter((value) => woken.push(`${name} ${value}`)));
    assert.equal(list.wakeOne(), false);
    for (const each of [a!, b!]) list.park(each);
    assert.ok(list.wakeOne(1));
    list.park(c!);
    list.park(a!);
    assert.equal(list.size, 3);
    list.unpark(c!);
    assert.ok(list.wakeOne(2));
    assert.ok(list.wakeOne(3));
    assert.equal(list.wakeOne(4), false);
    list.park(b!);
    assert.ok(list.wakeOne(5));
    assert.deepEqual(woken, ['a 1', 'b 2', 'a 3', 'b 5']);
    assert.equal(list.size, 0);
  });

  test('wakes all that wait, and not those who come back meanwhile', () => {
    const list = new WaitList();
    let woken = 0;
    const again = waiter(() => {
      woken++;
      list.park(again);
    });
    list.park(again);
    list.wakeAll();
    assert.equal(woken, 1);
    assert.equal(list.size, 1);
  });

  test('keeps nobody who has left', () =>
    simulate(function* ({ loop }) {
      const list = new WaitList();
      const tasks = Array.from({ length: 10 }, () =>
        spawn(
          loop,
          (function* () {
            yield list;
          })(),
        ),
      );
      yield* sleep(1);
      assert.equal(list.size, 10);
      for (const task of tasks) task.cancel();
      assert.equal(list.size, 0);
      for (const task of tasks) yield* throws(task.join(), Cancelled);
    }));
});
