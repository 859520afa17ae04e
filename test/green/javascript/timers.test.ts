// Functions that are called later, and wait then: each call is a coroutine of its own.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import timers, { setTimeout as imported } from 'node:timers';
import { setTimeout as later } from 'node:timers/promises';
import { promisify } from 'node:util';
import { currentCoroutine } from '../../../src/green/coroutine.ts';
import type { Loop } from '../../../src/loop/index.ts';
import { type Co, sleep } from '../../../src/task/index.ts';
import { macrotask } from '../../loop/macrotask.ts';
import { atRoot, call, finish, green } from '../simulate.ts';

/** Notes what it is called with in a coroutine, and when it has waited. */
function noting(seen: unknown[], called: () => void): () => void {
  return green(
    () => {
      seen.push('plain');
      called();
    },
    function* (...args: unknown[]): Co<void> {
      seen.push(currentCoroutine() !== undefined, ...args);
      called();
      yield* sleep(100);
      seen.push('waited');
    },
  );
}

const SCHEDULERS: Record<string, (callback: never) => unknown> = {
  setTimeout: (callback) => setTimeout(callback, 1, 'a', 'b'),
  setInterval: (callback) => {
    const timer = setInterval(
      green(
        () => {},
        function* (...args: unknown[]): Co<unknown> {
          clearInterval(timer);
          return yield* call(callback, undefined, ...args);
        },
      ) as (...args: unknown[]) => void,
      1,
      'a',
      'b',
    );
  },
  setImmediate: (callback) => setImmediate(callback, 'a', 'b'),
  'process.nextTick': (callback) => process.nextTick(callback, 'a', 'b'),
  queueMicrotask: (callback) =>
    queueMicrotask((callback as (...args: unknown[]) => void).bind(null, 'a', 'b')),
};

describe('a function with a twin', () => {
  for (const [name, schedule] of Object.entries(SCHEDULERS)) {
    it(`is a coroutine where ${name} calls it`, async () => {
      const seen: unknown[] = [];
      await atRoot(async (loop: Loop) => {
        await new Promise<void>((resolve) => schedule(noting(seen, resolve) as never));
        await macrotask(() => {});
        await finish(loop);
      });
      assert.deepEqual(seen, [true, 'a', 'b', 'waited']);
    });
  }
});

describe('timers', () => {
  it('look as Node’s own, in all places where Node has them', async () => {
    assert.equal(timers.setTimeout, setTimeout);
    assert.equal(imported, setTimeout);
    assert.deepEqual(
      [setTimeout.name, setTimeout.length, setImmediate.name],
      ['setTimeout', 2, 'setImmediate'],
    );
    assert.equal(promisify(setTimeout), later);
    assert.equal(typeof setTimeout(() => {}, 1).ref, 'function');
    assert.throws(() => setTimeout('code' as never), { code: 'ERR_INVALID_ARG_TYPE' });
  });
});
