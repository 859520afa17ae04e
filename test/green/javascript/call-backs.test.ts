// Maps, sets, strings, functions and promises with callbacks that wait.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Pending, start } from '../../../src/green/coroutine.ts';
import { type AnyFunction, twinOf } from '../../../src/green/twin.ts';
import { type Co, until } from '../../../src/task/index.ts';
import { atRoot, call, run, slow } from '../simulate.ts';

describe('Map and Set', () => {
  it('call a forEach callback that waits for what is added meanwhile, too, and not for what is deleted', async () => {
    const map = new Map([
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ]);
    const seen: unknown[] = [];
    const visit = slow(function (this: unknown, value: number, key: string, whole: unknown) {
      seen.push([this, key, value, whole === map]);
      map.delete('b');
      if (value < 3) map.set(`${key}+`, value + 2);
    });
    await run(() => call(map.forEach as never, map, visit, 'this'));
    assert.deepEqual(seen, [
      ['this', 'a', 1, true],
      ['this', 'c', 3, true],
      ['this', 'a+', 3, true],
    ]);
    const set = new Set([1, 2]);
    const values: unknown[] = [];
    const note = slow((value: number, again: number, whole: unknown) => {
      values.push(value, again, whole === set);
      if (value === 1) set.add(3).delete(2);
    });
    await run(() => call(set.forEach as never, set, note));
    assert.deepEqual(values, [1, 1, true, 3, 3, true]);
  });

  it('refuse another receiver in the built-in’s words', async () => {
    await assert.rejects(
      run(() =>
        call(
          Map.prototype.forEach as never,
          new Set(),
          slow(() => {}),
        ),
      ),
      /Map\.prototype\.forEach called on incompatible receiver/,
    );
  });
});

describe('String.prototype.replace and replaceAll', () => {
  const patterns = [/a/, /a/g, /(a)(b)?/g, /(?<first>a)(?<second>b)?/g, /(?:)/g, /x*/g, /b$/y, /A/gi, /\b/gu];

  it('call a function that waits as one that does not', async () => {
    const subject = fc.string({ unit: fc.constantFrom('a', 'b', 'x', ' ', '💡', '$'), maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        subject,
        fc.oneof(fc.constantFrom(...patterns), fc.constantFrom('a', '', 'ab', '$')),
        fc.constantFrom('replace', 'replaceAll'),
        fc.array(fc.oneof(fc.string(), fc.integer(), fc.constant(undefined), fc.constant('$&')), {
          minLength: 1,
        }),
        async (text, pattern, name, replacements) => {
          const tell = async (greenly: boolean): Promise<unknown> => {
            const calls: unknown[] = [];
            // A sticky one remembers where it stopped.
            const own = typeof pattern === 'string' ? pattern : new RegExp(pattern);
            const replacer = (...args: unknown[]): unknown => {
              calls.push(args);
              return replacements[calls.length % replacements.length];
            };
            const method = text[name as 'replace'] as never;
            try {
              const end = greenly
                ? await run(() => call(method, text, own, slow(replacer)))
                : Reflect.apply(method, text, [own, replacer] as never);
              return { calls, end, lastIndex: Object(own).lastIndex };
            } catch (error) {
              return String(error);
            }
          };
          assert.deepStrictEqual(await tell(true), await tell(false));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('put together what a regular expression of one’s own finds', async () => {
    class Odd extends RegExp {
      override exec(text: string): RegExpExecArray | null {
        const match = super.exec(text);
        if (match !== null) match.index = Math.max(0, match.index - 2);
        return match;
      }
    }
    const upper = (match: string): string => match.toUpperCase();
    const expected = 'abcabc'.replace(new Odd('b|c', 'g'), upper);
    assert.equal(
      await run(() => call(''.replace as never, 'abcabc', new Odd('b|c', 'g'), slow(upper))),
      expected,
    );
  });

  it('leave an object that replaces by itself to its own method', async () => {
    const own = { [Symbol.replace]: (text: string, by: (match: string) => string) => `${text}-${by('m')}` };
    assert.equal(await run(() => call(''.replace as never, 'text', own, slow(String as never))), 'text-m');
  });

  it('refuse what a replacement can’t be', async () => {
    await assert.rejects(
      run(() =>
        call(
          ''.replace as never,
          'a',
          'a',
          slow(() => Symbol('s')),
        ),
      ),
      /Cannot convert a Symbol value to a string/,
    );
  });
});

describe('a function with a twin', () => {
  const join = slow(function (this: unknown, ...parts: unknown[]): unknown {
    return [this, ...parts];
  });

  it('waits when it is called through call, apply and Reflect.apply', async () => {
    const { call: viaCall, apply } = Function.prototype;
    assert.deepEqual(await run(() => call(viaCall as never, join, 'me', 1, 2)), ['me', 1, 2]);
    assert.deepEqual(await run(() => call(apply as never, join, 'me', { length: 2, 0: 1, 1: 2 })), [
      'me',
      1,
      2,
    ]);
    assert.deepEqual(await run(() => call(apply as never, join, 'me')), ['me']);
    assert.deepEqual(await run(() => call(Reflect.apply as never, Reflect, join, 'me', [1])), ['me', 1]);
    await assert.rejects(
      run(() => call(apply as never, join, 'me', 5)),
      /CreateListFromArrayLike called on non-object/,
    );
    await assert.rejects(
      run(() => call(Reflect.apply as never, Reflect, join, 'me')),
      /CreateListFromArrayLike/,
    );
  });

  it('waits when it is bound, and bound again', async () => {
    const bound = Reflect.apply(join.bind, join, ['me', 1] as never) as AnyFunction;
    assert.equal(bound.name, 'bound ');
    assert.deepEqual(Reflect.apply(bound, undefined as never, [2] as never), ['me', 1, 2]);
    const again = Reflect.apply(bound.bind, bound, ['you', 2] as never) as AnyFunction;
    const pending = await atRoot(() => start(twinOf(again)!.call(undefined, 3)));
    assert.ok(pending instanceof Pending);
    assert.deepEqual(pending.task.result, ['me', 1, 2, 3]);
  });

  it('has no twin when what is bound has none, and bind is what it was otherwise', () => {
    assert.equal(twinOf((() => {}).bind(null)), undefined);
    const { bind } = Function.prototype;
    assert.deepEqual([bind.name, bind.length, 'prototype' in bind], ['bind', 1, false]);
    assert.throws(() => Reflect.apply(bind, 5, []), { message: 'Bind must be called on a function' });
    function Point(this: { x: number }, x: number): void {
      this.x = x;
    }
    const Bound = Point.bind(null as never, 4) as unknown as new () => { x: number };
    assert.equal(new Bound().x, 4);
    assert.ok(new Bound() instanceof (Point as never));
  });
});

describe('a promise', () => {
  it('waits for its callbacks, which run as coroutines of their own', async () => {
    const seen = await run(function* (): Co<unknown> {
      const order: unknown[] = [];
      const double = slow((value: number) => value * 2, 10);
      const doubled = yield* call(Promise.prototype.then as never, Promise.resolve(4), double);
      order.push(yield* until(doubled as Promise<number>));
      const failed = yield* call(
        Promise.prototype.catch as never,
        Promise.reject(new Error('no')),
        slow((error: Error) => error.message),
      );
      order.push(yield* until(failed as Promise<string>));
      const final = yield* call(
        Promise.prototype.finally as never,
        Promise.resolve('kept'),
        slow(() => order.push('finally')),
      );
      order.push(yield* until(final as Promise<string>));
      const tried = yield* call((Promise as unknown as { try: unknown }).try as never, Promise, double, 8);
      order.push(yield* until(tried as Promise<number>));
      return order;
    });
    assert.deepEqual(seen, [8, 'no', 'finally', 'kept', 16]);
  });

  it('is rejected with what a callback throws after it has waited', async () => {
    const failing = slow(() => {
      throw new RangeError('late');
    });
    await assert.rejects(
      run(function* (): Co<unknown> {
        const promise = yield* call(Promise.prototype.then as never, Promise.resolve(4), failing);
        return yield* until(promise as Promise<unknown>);
      }),
      /late/,
    );
  });
});
