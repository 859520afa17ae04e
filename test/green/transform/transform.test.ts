// What the transformer decides, reports and keeps: who gets a twin, names, lines, the source map, hoisting, modules.

import assert from 'node:assert/strict';
import { SourceMap } from 'node:module';
import { describe, it } from 'node:test';
import { type FunctionReport, GreenSyntaxError, transform } from '../../../src/green/transform/index.ts';
import { twinOf } from '../../../src/green/twin.ts';
import { load, makeWait, runToEnd } from './harness.ts';

type Exports = Record<string, (...args: unknown[]) => unknown>;

const url = 'file:///app/app.js';

function commonjs(source: string, enter: readonly string[] = []) {
  return transform(source, { url, format: 'commonjs', enter });
}

function codeOf(source: string, enter: readonly string[] = []): string {
  const transformed = commonjs(source, enter);
  assert.ok(transformed, 'has something to do');
  return transformed.code;
}

function reportOf(source: string): Record<string, string | true> {
  const functions: readonly FunctionReport[] = commonjs(`${source}\nfunction green() { wait() }`)!.functions;
  return Object.fromEntries(functions.map(({ name, green, reason }) => [name, green || (reason ?? '')]));
}

describe('a function gets a twin', () => {
  it('unless none of its calls could ever wait', () => {
    const { green: _, ...report } = reportOf(`
      function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) }
      const twice = (x) => 2 * Math.max(fib(x), Number.parseInt('1', 10))
      function nothing() { return {} }
      function unknown() { return wait(1) }
      function through() { return unknown() }
      function reassigned() { return 1 }
      reassigned = wait
      function calls() { return reassigned() }
      function json(x) { return JSON.stringify(x) + 'a,b'.split(',') }
      function shadowed(JSON) { return JSON.stringify() }
      async function later() { return fib(1) }
      async function waits() { return unknown() }
    `);
    const none = 'calls nothing that could wait';
    assert.deepEqual(report, {
      fib: none,
      twice: none,
      nothing: 'calls nothing',
      unknown: true,
      through: true,
      reassigned: 'calls nothing',
      calls: true,
      json: none,
      shadowed: true,
      later: none,
      waits: true,
    });
  });

  it('unless all its calls are of what strings have, or what a constant holds', () => {
    const { green: _, ...report } = reportOf(`
      const LINE = /x/, seen = new Map(), list = [1], copy = LINE, itself = itself
      let changed = /x/
      function line(text) { return LINE.exec(text.trim()) ?? seen.get(text) ?? list.indexOf(text) }
      function later(f) { setTimeout(f, 1); queueMicrotask(f) }
      function reassigned(text) { return changed.exec(text) }
      function calls(f) { return list.map(f) }
      function alias(f) { return copy.exec(f) + itself.exec(f) }
      function mine(text) { class Map { get() { return wait() } } const m = new Map(); return m.get(text) }
    `);
    const never = 'calls nothing that could wait';
    assert.deepEqual(report, {
      line: never,
      later: never,
      reassigned: true,
      calls: true,
      alias: true,
      get: true,
      mine: true,
    });
  });

  it('unless it is known not to wait', () => {
    const source = 'function send(x) { return wait(x) }\nfunction handle(x) { return send(x) + wait(x) }';
    const [send, handle] = transform(source, { url, format: 'commonjs', plain: ['send'] })!.functions;
    assert.deepEqual([send!.reason, handle!.green], ['is known not to wait', true]);
  });

  it('unless it cannot have one, and the report says why', () => {
    const { green: _, ...report } = reportOf(`
      class A extends B {
        constructor() { super(); wait() }
        get a() { return wait() }
        set b(v) { wait(v) }
        m() { return [() => super.m(), () => { wait() }] }
        [wait()]() { wait() }
      }
      const o = { get c() { return wait() }, d() { super.d() } }
      function* e() { wait() }
      function f() { eval('1'); wait() }
      function g() { with (o) wait() }
      function h() { arguments.callee(wait()) }
      function i() { var yield = wait() }
      function r() { function yield() {} wait() }
      const j = function own() { own = wait() }
      if (o) function k() { wait() }
      function l() { return 1 } function l() { return wait() }
      function p() { const q = () => { new.target; wait() } }
    `);
    assert.deepEqual(report, {
      constructor: 'is a constructor',
      a: 'is a getter',
      b: 'is a setter',
      m: 'calls nothing',
      '(anonymous)': 'has a computed name',
      c: 'is a getter',
      d: "is an object literal's method that uses `super`",
      e: 'is a generator',
      f: 'uses direct eval',
      g: 'uses `with`',
      h: 'uses `arguments.callee`',
      i: 'uses `yield` as a name',
      r: 'uses `yield` as a name',
      yield: 'uses `yield` as a name',
      own: 'assigns to its own name',
      k: 'is declared without a block of its own',
      l: true,
      p: 'calls nothing',
      q: 'is an arrow function that uses `new.target`',
    });
  });

  it('unless it is nested so deeply that the text would grow out of bounds', () => {
    const depth = 12;
    const open = Array.from({ length: depth }, (_, index) => `function f${index}() { wait();`).join('');
    const source = `${open}${'}'.repeat(depth)}`;
    const { code, functions } = commonjs(source)!;
    const deep = functions.filter(({ reason }) => reason === 'nested too deeply');
    assert.ok(deep.length > 0, 'some have none');
    assert.ok(code.length < 200 * source.length, `${code.length} characters of ${source.length}`);
    const handler = `exports.a = () => { wait(); return () => { wait(); return () => { wait(); ${'f();'.repeat(3000)}
      return () => { wait(); return function handler() { return wait() } } } } }`;
    const report = commonjs(handler)!.functions.find(({ name }) => name === 'handler');
    assert.equal(report?.green, true, 'short ones may be deep');
  });

  it('whose text grows with its calls, not with how deep they are in one another', () => {
    const calls = 30;
    const source = `exports.f = (f, x) => ${'f('.repeat(calls)}x${')'.repeat(calls)}`;
    const { length } = codeOf(source);
    assert.ok(length < 200 * calls, `${length} characters`);
  });

  it('but what runs once as its module is evaluated, and what wraps a module', () => {
    const report = reportOf(`
      (function once() { wait(); exports.f = function f() { wait() } })();
      (function (root, factory) { module.exports = factory(exports) })(this, function factory(exports) { wait() });
      var require_x = commonJS({ x(exports, module) { wait(); function inside() { wait() } } });
    `);
    const reason = 'runs once, as its module is evaluated';
    assert.deepEqual([report['once'], report['factory'], report['x']], [reason, reason, reason]);
    assert.deepEqual([report['f'], report['inside']], [true, true]);
  });
});

describe('transformed code', () => {
  it('is none where there is nothing to do', () => {
    assert.equal(commonjs('exports.add = (a, b) => a + b'), undefined);
    assert.equal(commonjs(''), undefined);
    assert.equal(commonjs('// nothing'), undefined);
  });

  it('is none where the parser refuses the module, which says where', () => {
    assert.throws(
      () => commonjs('let a = 1\nlet a = 2'),
      (error) =>
        error instanceof GreenSyntaxError &&
        error.line === 2 &&
        error.file === url &&
        /declared/.test(error.message),
    );
    const deep = `exports.f = () => wait(${'('.repeat(20_000)}1${')'.repeat(20_000)})`;
    assert.throws(() => commonjs(deep), GreenSyntaxError);
    const long = `exports.f = () => wait(${'1+'.repeat(20_000)}1)`;
    assert.throws(() => commonjs(long), GreenSyntaxError);
    assert.throws(() => commonjs('@decorate class A {}'), GreenSyntaxError);
    assert.throws(() => transform('import x from "x"', { url, format: 'commonjs' }), GreenSyntaxError);
  });

  it("begins on the first statement's line, behind directives and #!", () => {
    const source = "#!/usr/bin/env node\n// first\n'use strict'\nexports.f = () => wait()";
    const lines = codeOf(source).split('\n');
    assert.equal(lines.length, 4);
    assert.match(lines[2]!, /^'use strict';const \$g=/);
  });

  it('has names that the module has not', () => {
    const code = codeOf('const $g = 1, $g_ = 2; exports.f = () => wait($g)');
    assert.match(code, /const \$g__=/);
  });

  it('does not mind a module with a Symbol and an Object of its own', () => {
    const code = codeOf('var Symbol = 1, Object = 2; exports.f = () => wait(Symbol + Object + tag`\n`)');
    const { f } = load(code, '/app.js', { wait: makeWait(() => 1), tag: () => 4 }) as Exports;
    assert.equal(runToEnd(twinOf(f)!.call(undefined)), 7);
  });

  it('leaves a function that calls nothing as it is, byte for byte', () => {
    const fib = 'function fib(n) {\n  return n < 2 ? n : fib(n - 1) + fib(n - 2); // plain\n}';
    assert.ok(codeOf(`${fib}\nexports.f = () => wait(fib(2))`).includes(fib));
  });

  it('gives hoisted functions their twins before anything runs', () => {
    const code = codeOf(
      'exports.early = f; exports.inner = () => { const g = h; return g; function h() { wait() } }; function f() { wait() }',
    );
    const { early, inner } = load(code, '/app.js', {}) as Exports;
    assert.ok(twinOf(early));
    assert.ok(twinOf(inner!()));
  });

  it('gives twins the names of their functions', () => {
    const code = codeOf(`
      function declared() { wait() }
      const arrow = () => wait(), bound = () => { arrow(); wait() };
      class A { m() { wait() } static s() { wait() } ['lit']() { wait() } [Symbol.iterator]() { wait() } n() { super.x(); } }
      const o = { p() { wait(o) }, 'q r': () => wait(), delete: () => wait() };
      exports.all = [declared, arrow, bound, A.prototype.m, A.s, A.prototype.lit, A.prototype[Symbol.iterator], A.prototype.n, o.p, o['q r'], o.delete];
    `);
    const { all } = load(code, '/app.js', {}) as { all: (() => unknown)[] };
    for (const fn of all) assert.equal(twinOf(fn)?.name, fn.name);
  });

  it('has stacks that name functions and lines as before', () => {
    const source = `exports.outer = function outer() {
      return middle(
        1)
    }
    function middle(x) {

      return inner(x).
        missing() }
    const inner = (x) => { wait(); throw new Error('where') }`;
    const frames = (code: string, green: boolean): string[] => {
      const { outer } = load(code, '/app/app.js', { wait: makeWait(() => 0) }) as Exports;
      try {
        if (green) runToEnd(twinOf(outer)!.call(undefined));
        else outer!();
      } catch (error) {
        return [...(error as Error).stack!.matchAll(/at (\w+)(?:\.next)? \(\/app\/app.js:(\d+:\d+)\)/g)].map(
          (match) => `${match[1]} ${match[2]}`,
        );
      }
      throw new Error('expected it to throw');
    };
    const { code, map } = commonjs(source)!;
    const expected = frames(source, false);
    assert.deepEqual(
      expected.map((each) => each.split(' ')[0]),
      ['inner', 'middle', 'outer'],
    );
    assert.deepEqual(frames(code, false).map(line), expected.map(line), 'plain lines without the map');
    const original = new SourceMap(map as never);
    const mapped = (frame: string): string => {
      const [name, position] = frame.split(' ');
      const [row, column] = position!.split(':').map(Number);
      const entry = original.findEntry(row! - 1, column! - 1) as {
        originalLine: number;
        originalColumn: number;
      };
      return `${name} ${entry.originalLine + 1}:${entry.originalColumn + 1}`;
    };
    assert.deepEqual(frames(code, false).map(mapped), expected, 'plain, by the map');
    assert.deepEqual(frames(code, true).map(mapped), expected, 'as a twin, by the map');
  });

  it('leaves functions without a name without one, in stacks too', () => {
    const source = `const call = (...fns) => fns.map((fn) => fn());
    exports.trace = function () { const that = { trace(f) { return f() } }; return call(
      () => stack(this), function () { return stack(wait()) }, () => stack(1))
      .concat(that.trace(() => stack(2)), [() => stack(3), () => stack(wait(this))].map((f) => f()))
    }
    const stack = (x) => new Error('x').stack.split('\\n').filter((each) => each.includes('app.js'))[1].replace(/\\(|:\\d+\\)?$/g, '')`;
    const run = (code: string): ((...args: unknown[]) => unknown) =>
      (load(code, '/app.js', { wait: makeWait(() => 0) }) as Exports)['trace']!;
    const expected = run(source).call(undefined) as string[];
    assert.ok(
      expected.every((each) => /^ +at \/app.js:\d+$/.test(each)),
      expected.join(),
    );
    const trace = run(codeOf(source));
    assert.deepEqual(trace(), expected);
    assert.deepEqual(
      (runToEnd(twinOf(trace)!.call(undefined)) as string[]).map((each) => each.replace(/:\d+$/, '')),
      expected.map((each) => each.replace(/:\d+$/, '')),
    );
  });

  it('has one generator for a nested function, wherever that is made', () => {
    const code = codeOf(`exports.f = function (req) {
      let count = 0
      const again = () => { count++; return [1].map(function inner() { wait(req, count); return again }) }
      return again
    }`);
    assert.equal(code.match(/function\*/g)!.length, 2);
    assert.match(code, /\$gz0=function\*inner\(\$gu,req,again\)\{[^}]*\(void 0,req,\$gu\(0\)\)/);
    assert.match(code, /\$gz1=\{again:function\*\(\$gu,req,again\)\{[^}]*\$gu\(0\);/);
    assert.match(
      code,
      /\(\)=>\$gz1\(\$gy=>\{switch\(\$gy\)\{case 0:return count\+\+;case 1:return count;\}\},req,again\)/,
    );
  });

  it('is made with its function where the variables around it are used in ways that cannot be lifted', () => {
    for (const [use, lifts] of [
      ['x', true],
      ['x = y => y', true],
      ['x.y.z()', true],
      ['[x] = [1]', false],
      ['for (x of []);', false],
      ['[...x]', false],
      ['new x()', false],
      ['({ get a() { return x.y() } })', false],
      ['({ get a() { return x() } })', true],
      ['delete x', false],
      ['this.x = arguments', true],
      ['#x in this', false],
    ] as const) {
      const body = `let x; x = 1; use(() => { wait(); ${use} })`;
      const code = codeOf(
        `exports.f = () => { ${use.startsWith('#') ? `class A { #x; m() { ${body} } }` : body} }`,
      );
      assert.equal(/\$gz0=/.test(code), lifts, use);
    }
  });

  it('is at the beginning of what wraps its module', () => {
    const code = codeOf(
      "(function () { 'use strict'; let x = 1; exports.f = () => () => { wait(this, x) } })()",
    );
    assert.match(code, /'use strict';const \$gz0=/);
    assert.match(code, /\$gz0\.call\(this,\$gq0\)|\$gz0\.call\(this\)/);
  });

  it('is visible on functions that are made often alone', () => {
    const code = codeOf(
      'exports.f = () => wait(); exports.make = () => { const made = () => wait(); made(); return made }',
    );
    const { f, make } = load(code, '/app.js', { wait: () => 1 }) as Exports;
    assert.deepEqual([Object.keys(f!), Object.keys(make!() as object)], [[], []]);
    assert.match(code, /\$gH\(exports\.f/);
    assert.match(code, /\$gA\(/);
  });
});

describe('the report', () => {
  it('names what a function that can wait writes of its module', () => {
    const { functions } = commonjs(`let current, count = 0
      const cache = {}
      function handler(user) {
        current = user; wait(); count++
        ;[cache[user], cache.last.x] = [1, 2]
        let local; local = current
        for (count of [1]);
        return { current: local }
      }
      async function later() { ({ current } = wait()) }
      function plain() { current = 1 }
      function waits() { (() => { count += wait() })() }`)!;
    const writes = functions.flatMap((each) =>
      (each.writes ?? []).map(({ name, line, kind }) => `${each.name} ${name} ${line} ${kind}`),
    );
    assert.deepEqual(writes, [
      'handler current 4 variable',
      'handler count 4 variable',
      'handler cache 5 property',
      'handler cache 5 property',
      'handler count 7 variable',
      'later current 10 variable',
      '(anonymous) count 12 variable',
    ]);
  });
});

function line(frame: string): string {
  return frame.split(':')[0]!;
}
