// What a limit of time does to a wait.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Patience } from '../../src/blocking/client/patience.ts';
import type { Loop } from '../../src/loop/index.ts';
import { type Co, sleep, WaitList } from '../../src/task/index.ts';
import { failureOf, runSimulated } from '../net/backend.ts';

const LIMITS = { timeout: 0, connectTimeout: 10, idleTimeout: 10 };

describe('patience', () => {
  it('does not end for a limit that passed while the sign of life was there already', () =>
    // As after a second in which the thread was busy: socket and timer have their say in the same turn.
    runSimulated({}, function* (loop) {
      const list = new WaitList();
      loop.setTimer(10, () => list.wakeOne());
      const patience = new Patience(loop, LIMITS);
      yield* patience.around(
        (function* (): Co<void> {
          patience.talking();
          yield list.place(undefined);
          patience.talking();
          yield* sleep(5);
        })(),
      );
    }));

  it('ends at the next wait for a limit on everything, which passed in between', () =>
    runSimulated({}, function* (loop) {
      const list = new WaitList();
      loop.setTimer(10, () => list.wakeOne());
      const error = yield* failureOf(limited(loop, list));
      assert.equal(error.code, 'ERR_FETCH_TIMEOUT');
    }));

  it('takes what waits out of where it waits', () =>
    runSimulated({}, function* (loop) {
      const list = new WaitList();
      const error = yield* failureOf(limited(loop, list));
      assert.equal(error.code, 'ERR_FETCH_TIMEOUT');
      assert.equal(list.size, 0);
    }));
});

function limited(loop: Loop, list: WaitList): Co<void> {
  const patience = new Patience(loop, { ...LIMITS, timeout: 10 });
  return patience.around(
    (function* (): Co<void> {
      yield list.place(undefined);
      patience.talking();
      yield* sleep(5);
    })(),
  );
}
