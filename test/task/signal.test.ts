// Signals and wait lists: everybody who waits is woken, and nobody who has left.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Cancelled, type Co, Signal, sleep, spawn, type Waiter, WaitList } from '../../src/task/index.ts';
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
  /** A place in `list` whose waiter calls `resume`. */
  function park(list: WaitList, resume: (value: unknown) => void): { leave(): void } {
    const waiter = { resume } as unknown as Waiter;
    const place = list.place(undefined);
    place.park(waiter);
    return { leave: () => place.unpark(waiter) };
  }

  test('wakes one at a time, in the order in which they came, and says when nobody is there', () => {
    const list = new WaitList();
    const woken: string[] = [];
    const wait = (name: string) => park(list, (value) => woken.push(`${name} ${value}`));
    assert.equal(list.wakeOne(), undefined);
    wait('a');
    wait('b');
    assert.ok(list.wakeOne(1));
    const [c] = [wait('c'), wait('d'), wait('e')];
    c!.leave();
    assert.equal(list.size, 3);
    assert.ok(list.wakeOne(2));
    assert.ok(list.wakeOne(3));
    assert.ok(list.wakeOne(4));
    assert.equal(list.wakeOne(5), undefined);
    wait('f');
    assert.ok(list.wakeOne(6));
    assert.deepEqual(woken, ['a 1', 'b 2', 'd 3', 'e 4', 'f 6']);
    assert.equal(list.size, 0);
  });

  test('lets anybody leave, first, last and between, and goes on with the others', () => {
    for (const leaving of [[0], [1], [2], [0, 1], [1, 2], [0, 2], [0, 1, 2]]) {
      const list = new WaitList();
      const woken: number[] = [];
      const places = [0, 1, 2].map((i) => park(list, () => woken.push(i)));
      for (const i of leaving) places[i]!.leave();
      list.wakeAll();
      assert.deepEqual(
        woken,
        [0, 1, 2].filter((i) => !leaving.includes(i)),
      );
      assert.equal(list.size, 0);
    }
  });

  test('tells who wakes what the waiter has to offer', () => {
    const list = new WaitList<string>();
    list.place('an item').park({ resume: () => {} } as unknown as Waiter);
    assert.equal(list.wakeOne()?.offer, 'an item');
  });

  test('wakes all that wait, and not those who come back meanwhile', () => {
    const list = new WaitList();
    let woken = 0;
    const again = (): void => {
      woken++;
      park(list, again);
    };
    park(list, again);
    list.wakeAll();
    assert.equal(woken, 1);
    assert.equal(list.size, 1);
  });

  test('keeps nobody who has left', () =>
    simulate(function* ({ loop }) {
      const list = new WaitList();
      function* wait(): Co<void> {
        yield list.place(undefined);
      }
      const tasks = Array.from({ length: 10 }, () => spawn(loop, wait()));
      yield* sleep(1);
      assert.equal(list.size, 10);
      for (const task of tasks) task.cancel();
      assert.equal(list.size, 0);
      for (const task of tasks) yield* throws(task.join(), Cancelled);
    }));
});
