// Random programs: plain, and as twins that wait now and then, they log and throw the same.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { transform } from '../../../src/green/transform/index.ts';
import { twinOf } from '../../../src/green/twin.ts';
import { load, makeWait, runToEnd, withoutTwins } from './harness.ts';

const names = fc.constantFrom('a', 'b', 'c', 'o', 'f', 'g');
const literal = fc.constantFrom('0', '1', '2', "'s'", 'null', 'undefined', '[1, 2]', '`t`', 'true');

const { statement } = fc.letrec<{ expression: string; statement: string; block: string; fn: string }>(
  (tie) => {
    const expression = tie('expression');
    // A spread in front of other arguments has V8 word "is not a function" in another way.
    const args = fc
      .tuple(fc.array(expression, { maxLength: 3 }), fc.boolean())
      .map(([each, spread]) => (spread ? [...each, '...[wait(1), 2]'].join() : each.join()));
    return {
      expression: fc.oneof(
        { maxDepth: 4, depthSize: 'small', withCrossShrink: true },
        literal,
        names,
        expression.map((each) => `wait(${each})`),
        fc.tuple(expression, expression).map(([l, r]) => `note(${l}, ${r})`),
        fc
          .tuple(expression, fc.constantFrom('+', '===', '&&', '||', '??', ','), expression)
          .map(([l, operator, r]) => `((${l}) ${operator} (${r}))`),
        fc.tuple(names, args).map(([name, each]) => `${name}(${each})`),
        fc
          .tuple(names, fc.constantFrom('.m', '?.m', "['m']", '.g', '?.[0]'), args)
          .map((each) => `${each[0]}${each[1]}(${each[2]})`),
        fc
          .tuple(names, fc.constantFrom('?.m?.', '.x?.', '?.', '?.m.y.'), args)
          .map((each) =>
            `${each[0]}${each[1]}(${each[2]})`.replace('.(', each[1].endsWith('?.') ? '.(' : '.z('),
          ),
        fc
          .tuple(names, fc.constantFrom('=', '+=', '??=', '||='), expression)
          .map(([name, operator, value]) => `(${name} ${operator} ${value})`),
        fc.tuple(expression, expression, expression).map(([test, l, r]) => `(${test} ? ${l} : ${r})`),
        fc.tuple(expression, expression).map(([l, r]) => `[${l}, ...[${r}]]`),
        fc
          .tuple(expression, expression)
          .map(
            ([l, r]) =>
              `({ m(x) { return note('m', x, ${l}) }, get g() { note('get g'); return () => ${r} }, x: ${l} })`,
          ),
        expression.map((each) => `((x) => ${each})`),
        fc
          .tuple(names, fc.constantFrom('++', '--'), fc.boolean())
          .map(([name, operator, first]) => (first ? `(${operator}${name})` : `(${name}${operator})`)),
        fc.tuple(names, names).map(([l, r]) => `({ ${l}, ${r}, t: typeof ${l} })`),
        expression.map((each) => `((x) => ${each})(wait(2))`),
        expression.map((each) => `(function k(x) { return x > 3 ? arguments : k(5, ${each}) })(wait(2))`),
        fc
          .tuple(names, expression)
          .map(([name, value]) => `((${name} = wait(7), z = () => ${value}) => z)()()`),
        tie('fn'),
        fc.tuple(tie('fn'), args).map(([fn, each]) => `(${fn})(${each})`),
        expression.map((each) => `\`<\${${each}}>\``),
        expression.map(
          (each) => `new (class { #p(x) { return wait(x) } m() { return this.#p(${each}) } })().m()`,
        ),
      ),
      fn: tie('block').map((block) => `function (x, y = 1) ${block}`),
      block: fc
        .array(tie('statement'), { maxLength: 4, depthIdentifier: 'block' })
        .map((each) => `{\n${each.join('\n')}\n}`),
      statement: fc.oneof(
        { maxDepth: 4, depthSize: 'small' },
        expression.map((each) => `note(${each})`),
        expression.map((each) => `;(${each})`),
        fc.tuple(names, expression).map(([name, value]) => `{ let ${name} = ${value}\n note(${name}) }`),
        fc
          .tuple(names, expression)
          .map(([name, value]) => `{ note(() => ${name}); let ${name} = ${value}\n note(() => ${name}++) }`),
        fc.tuple(expression, tie('block'), tie('block')).map(([test, l, r]) => `if (${test}) ${l} else ${r}`),
        fc.tuple(tie('block'), tie('block')).map(([l, r]) => `try ${l} catch (e) { note(e) } finally ${r}`),
        tie('block').map((block) => `for (let i = wait(0); i < 2; i++) ${block}`),
        tie('block').map((block) => `for (const i of [1, 2]) { if (wait(i) === 2) break; ${block.slice(1)}`),
        fc
          .tuple(names, tie('block'))
          .map(([name, block]) => `{ function ${name}(x) ${block}\n note(${name}(1)) }`),
        fc
          .tuple(expression, tie('block'))
          .map(([value, block]) => `switch (${value}) { case wait(1): ${block} default: note('d') }`),
        fc
          .tuple(tie('block'), tie('block'), expression)
          .map(
            ([method, own, field]) =>
              `{ class K extends (class { m(x) { return wait(x) } }) { m(x) ${method.slice(0, -1)}return super.m(x) }\n` +
              `#p(x) ${own}\nq(x) { return this?.#p(x) } f = (y) => ${field}\nstatic s() { return note('s', this.name) } }\n` +
              'const k = new K()\nnote(k.m(1), k.q(2), k.f(3), K.s()) }',
          ),
        expression.map((each) => `if (x) return ${each}`),
        expression.map((each) => `throw ${each}`),
        fc.tuple(names, expression).map(([name, value]) => `;({ m: ${name} = ${value} } = wait({}))`),
      ),
    };
  },
);

/** What a program logged, and how it ended. Stops it after a while: random programs may not end. */
async function run(code: string, waits: (() => number) | undefined): Promise<string[]> {
  const log: string[] = [];
  // What a function's text is changes: attachments are in it, and line breaks aren't.
  const { toString: text } = Function.prototype;
  Function.prototype.toString = () => 'text';
  const wait = makeWait(waits ?? (() => 0));
  const note = (...values: unknown[]): unknown => {
    if (log.push(values.map(show).join()) > 200) throw new RangeError('enough');
    return values[0];
  };
  try {
    const { main } = load(code, '/random.js', { wait, note }) as { main: (x: number) => unknown };
    const twin = waits === undefined ? undefined : twinOf(main);
    const value = twin === undefined ? main(1) : runToEnd(twin.call(undefined, 1));
    log.push(`returned ${show(value instanceof Promise ? await value : value)}`);
  } catch (error) {
    log.push(`threw ${show(error)}`);
  } finally {
    Function.prototype.toString = text;
  }
  return log;
}

function show(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (typeof value === 'function') return `function ${value.name} ${value.length}`;
  return inspect(withoutTwins(value), { depth: 1, breakLength: Number.POSITIVE_INFINITY });
}

describe('random programs', () => {
  for (const kind of ['', 'async '] as const) {
    it(`do the same ${kind === '' ? 'as twins' : 'in async functions that wait'} as they do plain`, async () => {
      let waited = 0;
      const waits = (): number => {
        waited += 1;
        return waited % 3;
      };
      const property = fc.asyncProperty(
        fc.array(statement, { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        async (statements, strict) => {
          const source =
            `${strict ? "'use strict'\n" : ''}exports.main = ${kind}function main(x) {\n` +
            'let a = 1, b = (x) => wait(x), c, o = { m(x) { return wait(x) }, get g() { return b } }\n' +
            `let f = function (x) { return x }, g = null\n${statements.join('\n')}\n}`;
          const transformed = transform(source, { url: '/random.js', format: 'commonjs' });
          assert.ok(transformed);
          assert.equal(transformed.code.split('\n').length, source.split('\n').length);
          const expected = await run(source, undefined);
          // One that recurses forever ends at another depth.
          fc.pre(expected.length < 100 && !expected.some((line) => line.includes('RangeError')));
          if (kind === '') assert.deepEqual(await run(transformed.code, undefined), expected, 'plain');
          assert.deepEqual(await run(transformed.code, waits), expected, 'waiting');
        },
      );
      const { FC_RUNS: runs, FC_SEED: seed } = process.env;
      await fc.assert(property, { numRuns: Number(runs ?? 50), ...(seed && { seed: Number(seed) }) });
      assert.ok(waited > 50, `${waited} waits`);
    });
  }
});
