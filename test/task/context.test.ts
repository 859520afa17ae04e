// AsyncLocalStorage: a task keeps the stores of whoever made it, and its own, across every wait, and no other task ever
// sees them, though all run in one turn of the loop.

// biome-ignore-all lint/correctness/useYield: a coroutine need not wait.

import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, test } from 'node:test';
import { Channel, type Co, scope, sleep, spawn, until } from '../../src/task/index.ts';
import { simulate } from './simulate.ts';

const store = new AsyncLocalStorage<string>();

describe('a task', () => {
  test('runs in the context in which it was made, after every kind of wait', () =>
    simulate(function* ({ loop }) {
      const seen: string[] = [];
      const channel = new Channel<number>();
      function* request(): Co<void> {
        const name = store.getStore();
        yield* sleep(1);
        assert.equal(store.getStore(), name);
        yield* until(Promise.resolve());
        assert.equal(store.getStore(), name);
        yield* channel.receive();
        assert.equal(store.getStore(), name);
        yield* scope(function* (tasks) {
          tasks.spawn(
            (function* (): Co<void> {
              assert.equal(store.getStore(), name);
              yield* sleep(1);
              assert.equal(store.getStore(), name);
            })(),
          );
        });
        assert.equal(store.getStore(), name);
        seen.push(name!);
      }
      const tasks = ['ann', 'bob', 'cid'].map((name) => store.run(name, () => spawn(loop, request())));
      yield* sleep(5);
      for (let i = 0; i < tasks.length; i++) store.run('the sender', () => channel.trySend(i));
      for (const task of tasks) yield* task.join();
      assert.deepEqual(seen, ['ann', 'bob', 'cid']);
      assert.equal(store.getStore(), undefined);
    }));

  test('keeps a store that it enters across its waits, and leaves it to no other task', () =>
    simulate(function* ({ loop }) {
      const seen: (string | undefined)[] = [];
      function* entering(name: string): Co<void> {
        seen.push(store.getStore());
        store.enterWith(name);
        yield* sleep(1);
        seen.push(store.getStore());
      }
      const tasks = ['ann', 'bob'].map((name) => spawn(loop, entering(name)));
      for (const task of tasks) yield* task.join();
      assert.deepEqual(seen, [undefined, undefined, 'ann', 'bob']);
      assert.equal(store.getStore(), undefined);
    }));

  test('leaves its store to the promises it makes, and those leave it to nobody', () =>
    simulate(function* ({ loop }) {
      const seen: (string | undefined)[] = [];
      const work = async (): Promise<void> => {
        await null;
        seen.push(store.getStore());
        store.enterWith('changed by async code');
      };
      function* request(): Co<void> {
        yield* until(work());
        seen.push(store.getStore());
      }
      const tasks = ['ann', 'bob'].map((name) => store.run(name, () => spawn(loop, request())));
      for (const task of tasks) yield* task.join();
      assert.deepEqual(seen.sort(), ['ann', 'ann', 'bob', 'bob']);
      assert.equal(store.getStore(), undefined);
    }));

  test('of context none neither has nor keeps a store', () =>
    simulate(function* ({ loop }) {
      const seen: (string | undefined)[] = [];
      function* plain(): Co<void> {
        seen.push(store.getStore());
        yield* sleep(1);
        seen.push(store.getStore());
      }
      const task = store.run('ann', () => spawn(loop, plain(), { context: 'none' }));
      yield* task.join();
      assert.deepEqual(seen, [undefined, undefined]);
    }));

  test('that is done keeps nothing of its context', async () => {
    const { lines } = await import('../loop/script.ts').then(({ runScript }) =>
      runScript(
        `
        import { AsyncLocalStorage } from 'node:async_hooks';
        import { createSimKernel } from '${new URL('../../src/kernel/sim/index.ts', import.meta.url).href}';
        const store = new AsyncLocalStorage();
        setImmediate(() => {
          const l = new loop.Loop(createSimKernel());
          const held = [];
          const weak = (function () {
            const request = { body: new Uint8Array(1000) };
            held.push(store.run(request, () => task.spawn(l, task.sleep(1))));
            return new WeakRef(request);
          })();
          l.run();
          setImmediate(() => {
            gc();
            console.log(held[0].done, weak.deref() === undefined);
          });
        });
        `,
        { flags: ['--expose-gc'] },
      ),
    );
    assert.deepEqual(lines, ['true true']);
  });
});
