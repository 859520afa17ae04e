// AsyncLocalStorage and AsyncResource across waits: a coroutine finds the stores it left, and nobody else does.

// biome-ignore-all lint/correctness/useYield: a twin need not wait.

import assert from 'node:assert/strict';
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { describe, it } from 'node:test';
import { type Pending, start } from '../../../src/green/coroutine.ts';
import { twinOf } from '../../../src/green/twin.ts';
import { type Co, sleep } from '../../../src/task/index.ts';
import { atRoot, call, green, run } from '../simulate.ts';

const storage = new AsyncLocalStorage<string>();
const { run: runIn, exit } = AsyncLocalStorage.prototype;
const { runInAsyncScope } = AsyncResource.prototype;

/** A function whose twin notes the store before and after each of its waits. */
function noting(seen: unknown[], enter?: string, result: () => unknown = () => 'done'): () => void {
  return green(() => assert.fail('it should run green'), function* (
    this: unknown,
    ...args: unknown[]
  ): Co<unknown> {
    seen.push(storage.getStore());
    yield* sleep(5);
    seen.push(storage.getStore());
    if (enter !== undefined) storage.enterWith(enter);
    yield* sleep(5);
    seen.push(storage.getStore(), ...args);
    return result();
  } as never);
}

/** What `body` returns; fails where the stores of whoever starts or runs it change meanwhile. */
async function isolated(body: () => Co<unknown>): Promise<unknown> {
  let ended: Promise<unknown> | undefined;
  await atRoot(() => {
    const pending = start(body());
    assert.equal(storage.getStore(), undefined, 'after its start');
    start(
      (function* (): Co<void> {
        for (let n = 0; n < 30; n++) {
          assert.equal(storage.getStore(), undefined, 'in another coroutine');
          yield* sleep(1);
        }
      })(),
    );
    ended = (pending as Pending).promise;
    ended.catch(() => {});
  });
  return ended;
}

describe('AsyncLocalStorage.run', () => {
  it('has its store around a callback that waits, and the one before after it', async () => {
    const seen: unknown[] = [];
    const result = await isolated(function* (): Co<unknown> {
      storage.enterWith('outer');
      const value = yield* call(runIn as never, storage, 'inner', noting(seen), 1, 2);
      seen.push(storage.getStore());
      return value;
    });
    assert.equal(result, 'done');
    assert.deepEqual(seen, ['inner', 'inner', 'inner', 1, 2, 'outer']);
  });

  it('nests, and leaves with the callback what that enters', async () => {
    const seen: unknown[] = [];
    const inner = noting(seen, 'entered');
    const outer = green(
      () => {},
      function* (): Co<void> {
        yield* call(runIn as never, storage, 'b', inner);
        seen.push(storage.getStore());
        yield* sleep(5);
        seen.push(storage.getStore());
      },
    );
    await isolated(function* (): Co<void> {
      yield* call(runIn as never, storage, 'a', outer);
      seen.push(storage.getStore());
    });
    assert.deepEqual(seen, ['b', 'b', 'entered', 'a', 'a', undefined]);
  });

  it('lets errors through, and has the store before where they are caught', async () => {
    const seen: unknown[] = [];
    const failing = noting(seen, 'entered', () => {
      throw new RangeError('no');
    });
    await isolated(function* (): Co<void> {
      storage.enterWith('outer');
      try {
        yield* call(runIn as never, storage, 'inner', failing);
      } catch (error) {
        seen.push(String(error), storage.getStore());
      }
    });
    assert.deepEqual(seen, ['inner', 'inner', 'entered', 'RangeError: no', 'outer']);
  });

  it('runs the finally blocks of a coroutine that is given up in its store', async () => {
    const seen: unknown[] = [];
    const waiting = green(
      () => {},
      function* (): Co<void> {
        try {
          yield* sleep(5);
        } finally {
          seen.push(storage.getStore());
        }
      },
    );
    await atRoot(() => {
      const coroutine = call(runIn as never, storage, 'inner', waiting);
      coroutine.next();
      coroutine.return(undefined as never);
    });
    assert.deepEqual(seen, ['inner']);
  });

  it('passes a callback that does not wait through', async () => {
    assert.equal(await run(() => call(runIn as never, storage, 'inner', (n: number) => n + 1, 4)), 5);
  });
});

describe('AsyncLocalStorage', () => {
  it('has no store in the callback of exit, while it waits either', async () => {
    const seen: unknown[] = [];
    await isolated(function* (): Co<void> {
      storage.enterWith('outer');
      yield* call(exit as never, storage, noting(seen), 'argument');
      seen.push(storage.getStore());
    });
    assert.deepEqual(seen, [undefined, undefined, undefined, 'argument', 'outer']);
  });

  it('keeps a store entered before the first wait from whoever started the coroutine', async () => {
    const seen: unknown[] = [];
    await isolated(function* (): Co<void> {
      storage.enterWith('mine');
      storage.enterWith('mine too');
      yield* sleep(5);
      seen.push(storage.getStore());
    });
    assert.deepEqual(seen, ['mine too']);
  });

  it('is as it was where a coroutine waits that has run another, which entered a store and did not wait', async () => {
    const enters = (function* (): Co<void> {
      storage.enterWith('inner');
    })();
    await isolated(function* (): Co<void> {
      start(enters);
      assert.equal(storage.getStore(), 'inner');
      yield* sleep(5);
      assert.equal(storage.getStore(), 'inner');
    });
  });

  it('leaves a store that was entered without a wait, as a plain function does', async () => {
    await atRoot(() => {
      start(
        (function* (): Co<void> {
          storage.enterWith('left');
        })(),
      );
      assert.equal(storage.getStore(), 'left');
      storage.enterWith(undefined as never);
    });
  });

  it('binds functions to the stores of the moment, and takes snapshots that run them there', async () => {
    const seen: unknown[] = [];
    const bound = storage.run('then', () => AsyncLocalStorage.bind(noting(seen)));
    assert.equal(bound.length, 0);
    const snapshot = storage.run('then', () => AsyncLocalStorage.snapshot());
    await isolated(function* (): Co<void> {
      storage.enterWith('outer');
      yield* call(bound, undefined, 1);
      seen.push(storage.getStore());
      yield* call(snapshot as never, undefined, noting(seen), 2);
      seen.push(storage.getStore());
    });
    const expected = ['then', 'then', 'then'];
    assert.deepEqual(seen, [...expected, 1, 'outer', ...expected, 2, 'outer']);
    assert.equal(
      storage.run('then', () => AsyncLocalStorage.snapshot())(() => 'plain'),
      'plain',
    );
  });
});

describe('AsyncResource', () => {
  it('runs a function that waits in its stores', async () => {
    const seen: unknown[] = [];
    const resource = storage.run('then', () => new AsyncResource('test'));
    const self = { name: 'this' };
    const withThis = green(() => {}, function* (this: unknown): Co<void> {
      yield* sleep(1);
      seen.push(this === self, storage.getStore());
    } as never);
    await isolated(function* (): Co<void> {
      yield* call(runInAsyncScope as never, resource, noting(seen), undefined, 'argument');
      seen.push(storage.getStore());
      yield* call(resource.bind(withThis), self);
      yield* call(Reflect.apply(resource.bind, resource, [withThis, self] as never), undefined);
    });
    assert.deepEqual(seen, ['then', 'then', 'then', 'argument', undefined, true, 'then', true, 'then']);
    assert.equal(twinOf(resource.bind(() => {})), undefined);
  });
});
