// Code that the transformer has made, on the runtime it is made for.

import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import { describe, it } from 'node:test';
import * as api from '../../src/green/api.ts';
import { Pending, start } from '../../src/green/coroutine.ts';
import { transform } from '../../src/green/transform/index.ts';
import { registerTwin, twinOf } from '../../src/green/twin.ts';
import { sleep } from '../../src/task/index.ts';
import { atRoot } from './simulate.ts';

const seen: unknown[] = [];

/** Blocks in plain code, which no test here is to do. */
const wait = registerTwin(
  (_milliseconds: number): void => assert.fail('it should run green'),
  function* (milliseconds) {
    yield* sleep(milliseconds);
  },
);

/** The exports of a transformed CommonJS module. */
function load(
  source: string,
  enter: readonly string[] = [],
): Record<string, (...args: unknown[]) => unknown> {
  const transformed = transform(source, { url: 'file:///app.cjs', format: 'commonjs', enter });
  assert.ok(transformed !== undefined, 'nothing was transformed');
  const exports = {};
  const names = ['exports', 'wait', 'seen', 'EventEmitter', 'AsyncLocalStorage', 'green'];
  const values = [exports, wait, seen, EventEmitter, AsyncLocalStorage, api];
  Function(...names, transformed.code)(...values);
  return exports;
}

/** What `fn` returns, run as a coroutine at the root to its end. */
async function run(fn: (...args: unknown[]) => unknown, ...args: unknown[]): Promise<unknown> {
  seen.length = 0;
  const [value] = await atRoot(() => {
    const started = start(twinOf(fn)!.apply(undefined, args));
    return [started instanceof Pending ? started.promise.catch((error: unknown) => ({ error })) : started];
  });
  return value;
}

describe('transformed code', () => {
  it('waits in callbacks of built-ins, in methods, and through call, apply and bind', async () => {
    const { main } = load(`
      class Adder {
        #base;
        constructor(base) { this.#base = base; }
        add(n) { wait(5); return this.#base + n; }
      }
      function plus(a, b) { wait(1); return this.from + a + b; }
      exports.main = function main() {
        const adder = new Adder(10);
        const bound = plus.bind({ from: 100 }, 1);
        const order = [];
        new Map([['a', 1]]).forEach((value, key) => { wait(1); order.push(key, value); });
        return [
          [1, 2, 3].map((n) => adder.add(n)).filter((n) => { wait(1); return n > 11; }),
          plus.call({ from: 1 }, 2, 3), plus.apply({ from: 2 }, [2, 3]), bound(2), [5].map(bound),
          'a-b'.replace(/[ab]/g, (c) => { wait(1); return c.toUpperCase(); }), order,
          [3, 1, 2].reduce((sum, n) => { wait(1); return sum + n; }, 0),
        ];
      };`);
    assert.deepEqual(await run(main!), [[12, 13], 6, 7, 103, [106], 'A-B', ['a', 1], 6]);
  });

  it('waits in listeners, one after another, and in AsyncLocalStorage.run', async () => {
    const { main } = load(`
      exports.main = function main() {
        const storage = new AsyncLocalStorage();
        const emitter = new EventEmitter();
        emitter.on('x', function (value) { wait(5); seen.push(value, this === emitter, storage.getStore()); });
        emitter.once('x', (value) => { wait(1); seen.push(value); });
        storage.run('store', () => { emitter.emit('x', 1); emitter.emit('x', 2); wait(1); });
        return storage.getStore();
      };`);
    assert.equal(await run(main!), undefined);
    assert.deepEqual(seen, [1, true, 'store', 1, 2, true, 'store']);
  });

  it('waits in async functions and in callbacks of promises', async () => {
    const { main } = load(`
      function twice(n) { wait(1); return 2 * n; }
      exports.main = async function main() {
        const first = twice(4);
        return Promise.resolve(first).then((n) => { wait(1); return twice(n); }).finally(() => { wait(1); seen.push('end'); });
      };`);
    seen.length = 0;
    const [promise] = await atRoot(() => [main!()]);
    assert.equal(await promise, 16);
    assert.deepEqual(seen, ['end']);
  });

  it('has stacks of its own functions', async () => {
    const { main } = load(`
      function inner() { wait(1); throw new RangeError('here'); }
      function middle() { return [1].map(function visit() { return inner(); }); }
      exports.main = function main() { return middle(); };`);
    const { error } = (await run(main!)) as { error: Error };
    const functions = [...error.stack!.matchAll(/^ {4}at (?:\S+\.)?(\w+) \(/gm)].map(([, name]) => name);
    assert.deepEqual(functions.slice(0, 4), ['inner', 'visit', 'middle', 'main']);
    assert.doesNotMatch(error.stack!, /\.next|src\/(green|task|loop)/);
  });

  it('begins coroutines in functions that are entered from plain code', async () => {
    const { outer } = load(
      `exports.outer = function outer(plain) {
         function next() { wait(5); seen.push('next'); }
         plain(next);
         seen.push('outer');
       };`,
      ['next'],
    );
    seen.length = 0;
    await atRoot(
      (loop) => start(twinOf(outer)!.call(undefined, (next: () => void) => loop.setTimer(1, next))) as null,
    );
    assert.deepEqual(seen, ['outer', 'next']);
  });

  it('has what siskin/green gives', async () => {
    const { main } = load(`
      const slow = (n) => { wait(10); return n; };
      const routed = green.route({ deadline: 5 }, function handler() { wait(100); });
      exports.main = function main() {
        const calls = [green.spawn(slow, 1), green.spawn(slow, 2)];
        const result = [green.canSwitch(), calls[0].join() + calls[1].join()];
        result.push(green.atomic(() => green.canSwitch()));
        result.push(green.assertSwitches(() => slow(3)));
        try { green.assertNeverSwitches(() => slow(4)); } catch (error) { result.push(error.code); }
        try { routed(); } catch (error) { result.push(error.code); }
        return result;
      };`);
    assert.deepEqual(await run(main!), [true, 3, false, 3, 'ERR_GREEN_SWITCH', 'ERR_DEADLINE_EXCEEDED']);
  });
});
