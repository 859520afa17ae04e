// Array and typed array methods whose callback waits: the same calls and the same result as without waiting, for holes,
// other classes, and lists that change meanwhile.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Co } from '../../../src/task/index.ts';
import { call, green, run, slow } from '../simulate.ts';

const METHODS = [
  'map',
  'forEach',
  'filter',
  'some',
  'every',
  'find',
  'findIndex',
  'findLast',
  'findLastIndex',
  'flatMap',
  'reduce',
  'reduceRight',
];
const ofTyped = METHODS.filter((name) => name !== 'flatMap');

type Callback = (this: unknown, ...args: unknown[]) => unknown;
type Method = (this: unknown, callback: Callback, ...more: unknown[]) => unknown;

/** What the callback does to the list in its n-th call, and what it answers. */
interface Step {
  readonly change: 'nothing' | 'push' | 'pop' | 'delete' | 'set' | 'clear';
  readonly at: number;
  readonly answer: unknown;
}

const answers = fc.oneof(
  fc.integer(),
  fc.boolean(),
  fc.constant(undefined),
  fc.array(fc.integer(), { maxLength: 3 }),
);
const steps = fc.array(
  fc.record<Step>({
    change: fc.constantFrom('nothing', 'nothing', 'push', 'pop', 'delete', 'set', 'clear'),
    at: fc.nat(8),
    answer: answers,
  }),
  { minLength: 1, maxLength: 6 },
);
const sparse = fc.array(fc.option(fc.integer()), { maxLength: 8 }).map((values) => {
  const list: unknown[] = [];
  list.length = values.length;
  for (const [index, value] of values.entries()) if (value !== null) list[index] = value;
  return list;
});

/** The calls, and how it ended: comparable. */
interface Story {
  readonly calls: unknown[];
  readonly end: unknown;
  readonly left: unknown;
}

function script(list: Record<number, unknown>, plan: readonly Step[], calls: unknown[]): Callback {
  let count = 0;
  return function (...args) {
    const step = plan[count++ % plan.length]!;
    calls.push([this, ...args.map((value) => (value === list ? 'the list' : value))]);
    const array = list as unknown[];
    if (step.change === 'set') list[step.at % 8] = 99;
    if (!Array.isArray(array)) return Array.isArray(step.answer) ? step.answer.length : step.answer;
    if (step.change === 'push' && array.length < 30) array.push(7);
    if (step.change === 'pop') array.pop();
    if (step.change === 'delete') delete array[step.at];
    if (step.change === 'clear') array.length = 0;
    return step.answer;
  };
}

function plainStory(name: string, list: object, plan: readonly Step[], more: readonly unknown[]): Story {
  const calls: unknown[] = [];
  const method = (list as Record<string, Method>)[name]!;
  let end: unknown;
  try {
    end = method.call(list, script(list as never, plan, calls), ...more);
  } catch (error) {
    end = String(error);
  }
  return { calls, end, left: list };
}

async function greenStory(
  name: string,
  list: object,
  plan: readonly Step[],
  more: readonly unknown[],
): Promise<Story> {
  const calls: unknown[] = [];
  const method = (list as Record<string, Method>)[name]!;
  let end: unknown;
  try {
    end = await run(() => call(method as never, list, slow(script(list as never, plan, calls)), ...more));
  } catch (error) {
    end = String(error);
  }
  return { calls, end, left: list };
}

describe('an array method whose callback waits', () => {
  for (const name of METHODS) {
    it(`does what ${name} does`, async () => {
      await fc.assert(
        fc.asyncProperty(
          sparse,
          steps,
          fc.array(fc.integer(), { maxLength: 1 }),
          async (list, plan, more) => {
            const copy = list.slice();
            assert.deepStrictEqual(
              await greenStory(name, copy, plan, more),
              plainStory(name, list, plan, more),
            );
          },
        ),
        { numRuns: 60 },
      );
    });
  }

  for (const name of ofTyped) {
    it(`does what ${name} of typed arrays does`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 8 }), steps, async (list, plan) => {
          const copy = list.slice();
          assert.deepStrictEqual(await greenStory(name, copy, plan, []), plainStory(name, list, plan, []));
        }),
        { numRuns: 40 },
      );
    });
  }

  it('makes an array of the list’s own class, and a plain one of what is no array', async () => {
    class Names extends Array<string> {}
    const names = Names.of('ann', 'bob');
    const upper = slow((name: string) => name.toUpperCase());
    const mapped = await run(() => call(names.map as never, names, upper));
    assert.ok((mapped as unknown) instanceof Names);
    assert.deepEqual([...(mapped as string[])], ['ANN', 'BOB']);
    const like = { length: 2, 0: 'x', 1: 'y' };
    assert.deepEqual(await run(() => call(Array.prototype.map as never, like, upper)), ['X', 'Y']);
  });

  it('refuses a species that is no constructor, in the built-in’s words', async () => {
    const list = Object.assign([1], { constructor: { [Symbol.species]: 5 } });
    const plain = thrown(() => list.map(String));
    await assert.rejects(
      run(() => call(list.map as never, list, slow(String as never))),
      plain,
    );
  });

  it('refuses null, and what is no typed array, in the built-in’s words', async () => {
    const identity = slow((value: unknown) => value);
    const { map } = Uint8Array.prototype;
    for (const [method, self] of [
      [Array.prototype.map, null],
      [map, [1]],
      [map, undefined],
    ] as const) {
      const plain = thrown(() => Reflect.apply(method as never, self, [identity]));
      await assert.rejects(
        run(() => call(method as never, self, identity)),
        plain,
      );
    }
  });

  it('goes no further once the callback throws', async () => {
    const seen: number[] = [];
    const failing = slow((value: number) => {
      seen.push(value);
      if (value === 2) throw new RangeError('two');
    });
    const list = [1, 2, 3];
    await assert.rejects(
      run(() => call(list.forEach as never, list, failing)),
      /two/,
    );
    assert.deepEqual(seen, [1, 2]);
  });

  it('makes a list of an iterable with Array.from, and closes the iterator where the callback throws', async () => {
    let closed = 0;
    function* numbers(): Generator<number> {
      try {
        yield 1;
        yield 2;
        yield 3;
      } finally {
        closed++;
      }
    }
    const calls: unknown[] = [];
    const doubled = await run(() =>
      call(
        Array.from as never,
        Array,
        numbers(),
        slow(function (this: unknown, value: number, index: number) {
          calls.push([this, value, index]);
          return value * 2;
        }),
        'this',
      ),
    );
    assert.deepEqual(doubled, [2, 4, 6]);
    assert.deepEqual(calls, [
      ['this', 1, 0],
      ['this', 2, 1],
      ['this', 3, 2],
    ]);
    const failing = slow(() => {
      throw new RangeError('no');
    });
    await assert.rejects(
      run(() => call(Array.from as never, Array, numbers(), failing)),
      RangeError,
    );
    assert.equal(closed, 2);
    const like = { length: 2, 1: 'b' };
    const shown = slow((value: unknown) => String(value));
    assert.deepEqual(await run(() => call(Array.from as never, Array, like, shown)), ['undefined', 'b']);
  });

  it('leaves a callback without a twin to the built-in', async () => {
    const list = [3, 4];
    let between: unknown;
    const twin = green(
      () => {},
      function* (): Co<void> {
        between = yield* call(list.map as never, list, (value: number) => value + 1);
      },
    );
    await run(() => call(twin, undefined));
    assert.deepEqual(between, [4, 5]);
  });
});

function thrown(body: () => unknown): { name: string; message: string } {
  try {
    body();
  } catch (error) {
    const { name, message } = error as Error;
    return { name, message };
  }
  throw new Error('it should throw');
}
