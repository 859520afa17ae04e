// What transformed modules do where they are run: functions entered from the event loop, exports, circles of imports, async
// functions.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { transform } from '../../../src/green/transform/index.ts';
import { twinOf } from '../../../src/green/twin.ts';
import { load, makeWait, runToEnd, runtime, start } from './harness.ts';

type Exports = Record<string, (...args: unknown[]) => unknown>;

const url = 'file:///app/app.js';

function codeOf(source: string, enter: readonly string[] = []): string {
  const transformed = transform(source, { url, format: 'commonjs', enter });
  assert.ok(transformed, 'has something to do');
  return transformed.code;
}

async function evaluate(source: string, enter: readonly string[] = []): Promise<Exports> {
  const { code } = transform(source, { url, format: 'module', enter })!;
  return (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as Exports;
}

describe('a function that is entered from the event loop', () => {
  const source = `exports.make = (wait, note) => {
    function next(x) { note('in', x, this === undefined); const got = wait(x); note('out', got); return got }
    const holder = { self: 1, next: (x, y) => { note('arrow'); return wait(x + y) } };
    const other = function (x) { return wait(x) };
    return { next, arrow: holder.next, other };
  }`;

  it('starts its twin there, and is plain in a coroutine', async () => {
    const notes: unknown[] = [];
    const wait = makeWait(() => 1);
    const { make } = load(codeOf(source, ['next']), '/app.js') as Exports;
    const note = (...values: unknown[]): void => void notes.push(values.join(' '));
    const { next, arrow, other } = make!(wait, note) as Exports;
    assert.equal(next!.call(undefined, 5), undefined);
    assert.deepEqual(notes, ['in 5 false']);
    await new Promise(setImmediate);
    assert.deepEqual(notes, ['in 5 false', 'out 5']);
    assert.equal(arrow!(1, 2), undefined);
    assert.equal(other!(3), 3, 'only those that are named');
    const inCoroutine = start(
      (function* () {
        yield* [];
        return next!(7);
      })(),
    );
    assert.equal(inCoroutine, 7);
    assert.deepEqual([next!.name, next!.length, arrow!.name, arrow!.length], ['next', 1, 'next', 2]);
  });

  it('is handed on to what has no twin in a way that the runtime knows of', () => {
    const { run } = load(
      codeOf(
        `exports.run = (o, f, wait) => { const next = () => wait('next');
        return [o.m(next), f(1, next), f(wait(1), next), o?.m(next), f(next => next)] }`,
        ['next'],
      ),
      '/app.js',
    ) as Exports;
    const calls: string[] = [];
    const foreign = Symbol('foreign');
    const { callForeign } = runtime;
    Object.assign(runtime, {
      *callForeign(fn: () => unknown, self: unknown, args: unknown[]) {
        calls.push(`${fn.name} ${args.length}`);
        yield foreign;
        return Reflect.apply(fn, self, args);
      },
    });
    try {
      const code = codeOf(
        'exports.f = (o, next) => { const other = { next: (x) => o.m(next) }; return other.next(1) }',
        ['next'],
      );
      const { f } = load(code, '/app.js') as Exports;
      const o = { m: (..._args: unknown[]) => 'foreign' };
      assert.equal(runToEnd(twinOf(f)!.call(undefined, o, () => {})), 'foreign');
      assert.deepEqual(calls, ['m 1']);
    } finally {
      Object.assign(runtime, { callForeign });
    }
    const plain = (...args: unknown[]): number => args.length;
    assert.deepEqual(
      runToEnd(
        twinOf(run)!.call(
          undefined,
          { m: plain },
          plain,
          makeWait(() => 1),
        ),
      ),
      [1, 2, 2, 1, 1],
    );
  });

  it('hands on its `this` and all its arguments', () => {
    const { next, rest, simple } = load(
      codeOf(
        `exports.next = function next(a, b = 2) { return [this.own, a, b, arguments.length, wait()] };
         exports.rest = function rest(...all) { return [this.own, ...all, wait()] };
         exports.simple = function simple(a) { return [this.own, a, arguments.length, wait()] };
         function wait() { return globalThis.String('waited') }`,
        ['next', 'rest', 'simple'],
      ),
      '/app.js',
    ) as Exports;
    assert.deepEqual(next!.call({ own: 'its' }, 1), ['its', 1, 2, 1, 'waited']);
    assert.deepEqual(next!.call({ own: 'its' }, 1, undefined, 3), ['its', 1, 2, 3, 'waited']);
    assert.deepEqual(simple!.call({ own: 'its' }, 1, 2), ['its', 1, 2, 'waited']);
    assert.deepEqual(rest!.call({ own: 'its' }, 1, 2, 3), ['its', 1, 2, 3, 'waited']);
  });

  it('returns what it returns where it does not wait', () => {
    const { make } = load(codeOf(source, ['next']), '/app.js') as Exports;
    const { next } = make!(
      makeWait(() => 0),
      () => {},
    ) as Exports;
    assert.equal(next!(5), 5);
  });
});

describe('a module', () => {
  it('has its exports as they were, with twins', async () => {
    const exports = await evaluate(`
      export default function () { return wait('d') }
      export function f() { return wait('f') }
      export const g = () => wait('g'), h = async () => wait('h');
      export class A { m() { return wait('m') } }
      const wait = globalThis.Symbol.for('siskin.green.runtime') && ((x) => (later(), x));
      function later() { return globalThis.unknown?.() }
    `);
    const names = ['default', 'f', 'g', 'h'].map((key) => exports[key]!.name);
    assert.deepEqual(names, ['default', 'f', 'g', 'h']);
    assert.equal(runToEnd(twinOf(exports['default'])!.call(undefined)), 'd');
    assert.equal(runToEnd(twinOf(exports['f'])!.call(undefined)), 'f');
    assert.equal(await exports['h']!(), 'h');
    const A = exports['A'] as unknown as new () => { m(): string };
    assert.equal(runToEnd(twinOf(A.prototype.m)!.call(new A())), 'm');
  });

  it('whose default export is an expression names it "default"', async () => {
    const exports = await evaluate(
      'const wait = (x) => globalThis.unknown?.(x); export default (x) => wait(x)',
    );
    assert.equal(exports['default']!.name, 'default');
    assert.ok(twinOf(exports['default']));
  });

  it('can be called before it is evaluated, in a circle of imports', () => {
    // What an importer further down sees: declared functions, and variables that have no value yet.
    const { code } = transform(
      `export function early(x) { const f = () => wait(x); class A { m() { return wait(x) } } return [f(), new A().m()] }
      export async function later(o) { return o.m(1) }`,
      { url, format: 'module' },
    )!;
    const [prologue, ...rest] = code.replaceAll('export ', '').split(/(?<=;)(?=function \$g)/);
    const declared = `${rest.join('')}; return { early, later }; ${prologue!.replaceAll('var ', 'if (0) var ')}`;
    const body = declared.replaceAll(/\$gH\((?:early|later),.*?\}\);(?=function|async)/g, '');
    const { early, later } = new Function('wait', body)((x: unknown) => x) as Exports;
    assert.deepEqual(early!(2), [2, 2]);
    return (later!({ m: (x: unknown) => x }) as Promise<unknown>).then((value) => assert.equal(value, 1));
  });
});

describe('an async function', () => {
  it('that is called where it stands waits too, while its module is evaluated', async () => {
    const code = codeOf('exports.done = (async () => { const a = wait(1); return (() => wait(a + 1))() })()');
    let waited = 0;
    const wait = makeWait(() => {
      waited += 1;
      return 1;
    });
    const { done } = load(code, '/app.js', { wait }) as unknown as { done: Promise<unknown> };
    assert.equal(await done, 2);
    assert.equal(waited, 2);
  });

  it('waits where a twin does, and not at all where none does', async () => {
    const code = codeOf('exports.f = async (o, x) => { const a = wait(x); const b = o.m(a); return [a, b] }');
    for (const waits of [0, 1]) {
      const { f } = load(code, '/app.js', { wait: makeWait(() => waits) }) as Exports;
      const seen: string[] = [];
      const promise = f!({ m: (x: number) => x + seen.push('called') }, 1) as Promise<unknown>;
      assert.deepEqual(seen, waits === 0 ? ['called'] : []);
      assert.deepEqual(await promise, [1, 2]);
    }
  });
});
