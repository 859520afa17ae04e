// Iterators' methods and groupBy with callbacks that wait, against the built-ins.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { call, run, slow } from '../simulate.ts';

type Method = (this: unknown, ...args: unknown[]) => unknown;
const { prototype } = (globalThis as unknown as { Iterator: { prototype: Record<string, Method> } }).Iterator;

/** An iterator of these that notes when it is closed. */
function* numbers(closed: string[], ...values: unknown[]): Generator<unknown> {
  try {
    yield* values;
  } finally {
    closed.push('closed');
  }
}

const CALLBACKS: Record<string, (...args: unknown[]) => unknown> = {
  'is even': (value) => (value as number) % 2 === 0,
  'is small': (value) => (value as number) < 10,
  'throws at three': (value) => {
    if (value === 3) throw new RangeError('three');
    return value;
  },
  sums: (a, b) => (a as number) + (b as number),
};

describe('Iterator.prototype', () => {
  for (const name of ['forEach', 'some', 'every', 'find', 'reduce']) {
    for (const [what, callback] of Object.entries(CALLBACKS)) {
      it(`has ${name} wait for a callback that ${what}`, async () => {
        for (const more of [[], [100]]) {
          const tell = async (greenly: boolean): Promise<unknown> => {
            const story: unknown[] = [];
            const noting = (...args: unknown[]): unknown => {
              story.push(args);
              return callback(...args);
            };
            const iterator = numbers(story as string[], 1, 3, 4, 5);
            const method = prototype[name]!;
            try {
              story.push(
                greenly
                  ? await run(() => call(method, iterator, slow(noting as never), ...more))
                  : method.call(iterator, noting, ...more),
              );
            } catch (error) {
              story.push(String(error));
            }
            return story;
          };
          assert.deepStrictEqual(await tell(true), await tell(false));
        }
      });
    }
  }

  it('refuses to reduce nothing, and what is no iterator, in the built-in’s words', async () => {
    const { reduce, some } = prototype as Record<'reduce' | 'some', Method>;
    for (const [method, self] of [
      [reduce, [].values()],
      [some, 5],
    ] as const) {
      let message = '';
      try {
        method.call(self, () => {});
      } catch (error) {
        ({ message } = error as Error);
      }
      await assert.rejects(
        run(() =>
          call(
            method,
            self,
            slow(() => {}),
          ),
        ),
        { name: 'TypeError', message },
      );
    }
  });
});

describe('groupBy', () => {
  it('waits for each key', async () => {
    const key = slow((value: number, index: number) => (value > 2 ? 'big' : index));
    const values = new Set([1, 5, 2, 6]);
    assert.deepEqual(
      await run(() => call(Object.groupBy as never, Object, values, key)),
      Object.groupBy(values, key),
    );
    assert.deepEqual(await run(() => call(Map.groupBy as never, Map, values, key)), Map.groupBy(values, key));
    const failing = slow(() => {
      throw new RangeError('no');
    });
    await assert.rejects(
      run(() => call(Object.groupBy as never, Object, values, failing)),
      RangeError,
    );
    await assert.rejects(
      run(() => call(Object.groupBy as never, Object, null, failing)),
      TypeError,
    );
  });
});
