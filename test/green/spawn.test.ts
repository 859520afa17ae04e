// spawn: calls that run beside their caller.

// biome-ignore-all lint/correctness/useYield: a twin need not wait.

import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, it } from 'node:test';
import { type Spawned, spawn } from '../../src/green/spawn.ts';
import { Cancelled, type Co, sleep } from '../../src/task/index.ts';
import { atRoot, call, green, run, slow } from './simulate.ts';
import { uncaught } from './uncaught.ts';

function join<T>(spawned: Spawned<T>): Co<Awaited<T>> {
  return call(spawned.join, spawned) as Co<Awaited<T>>;
}

const failing = slow((): never => {
  throw new RangeError('no');
}, 5);

describe('spawn', () => {
  it('runs calls beside each other, which join waits for', async () => {
    const seen: string[] = [];
    const work = slow((name: string) => {
      seen.push(name);
      return name.toUpperCase();
    }, 10);
    const results = await run(function* () {
      const calls = ['a', 'b', 'c'].map((name) => spawn(work, name));
      seen.push('spawned');
      const values: string[] = [];
      for (const each of calls) values.push(yield* join(each));
      return values;
    });
    assert.deepEqual(results, ['A', 'B', 'C']);
    assert.deepEqual(seen, ['spawned', 'a', 'b', 'c']);
  });

  it('gives what can be awaited in plain code, and joined there once it is done', async () => {
    const spawned = await atRoot(() => [
      spawn(
        slow((n: number) => n + 1),
        1,
      ),
    ]);
    assert.equal(await spawned[0], 2);
    assert.equal(spawned[0]!.done, true);
    assert.equal(spawned[0]!.join(), 2);
  });

  it('says what to do where plain code would have to wait', async () => {
    await atRoot(() => {
      assert.throws(() => spawn(slow(() => 1)).join(), /await the handle instead/);
    });
  });

  it('calls a function without a twin at once, and waits for the promise of an async one', async () => {
    assert.equal(spawn((n: number) => n * 2, 4).join(), 8);
    const later = spawn(async () => 'async');
    assert.equal(await run(() => join(later)), 'async');
    assert.equal(await later, 'async');
    assert.throws(() => later.join(), /await the handle/);
  });

  it('throws what the call threw to whoever joins or awaits it', async () => {
    const atOnce = (): never => {
      throw new RangeError('at once');
    };
    await run(function* () {
      for (const [fn, message] of [
        [failing, /no/],
        [atOnce, /at once/],
      ] as const) {
        const spawned = spawn(fn);
        try {
          yield* join(spawned);
          assert.fail('it should throw');
        } catch (error) {
          assert.match(String(error), message);
        }
      }
    });
    const awaited = await atRoot(() => {
      const spawned = spawn(failing);
      return { rejected: assert.rejects(async () => spawned, RangeError) };
    });
    await awaited.rejected;
    await assert.rejects(async () => spawn(atOnce), RangeError);
  });

  it('reports an error that nobody asks for as an unhandled rejection', async () => {
    const [error, origin] = await uncaught(() => atRoot(() => void spawn(failing)));
    assert.match(String(error), /no/);
    assert.equal(origin, 'unhandledRejection');
  });

  it('throws Cancelled where a cancelled call waits, and reports that to nobody', async () => {
    const seen: unknown[] = [];
    const careful = green(
      () => {},
      function* (): Co<void> {
        try {
          yield* sleep(1_000);
        } catch (error) {
          seen.push(error instanceof Cancelled && error.reason);
          throw error;
        } finally {
          yield* sleep(5);
          seen.push('cleaned up');
        }
      },
    );
    const spawned = await atRoot(() => {
      const handle = spawn(careful);
      handle.cancel('enough');
      return [handle];
    });
    assert.deepEqual(seen, ['enough', 'cleaned up']);
    await assert.rejects(async () => spawned[0], Cancelled);
  });

  it('has its caller’s stores, and keeps its own changes to itself', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const body = green(
      () => {},
      function* (): Co<void> {
        seen.push(storage.getStore());
        storage.enterWith('spawned');
      },
    );
    await run(function* () {
      storage.enterWith('caller');
      spawn(body);
      spawn(() => storage.enterWith('plain'));
      seen.push(storage.getStore());
    });
    assert.deepEqual(seen, ['caller', 'caller']);
  });

  it('says what it wants where it gets no function', () => {
    assert.throws(() => spawn('x' as never), /fn must be a function; got string/);
  });
});
