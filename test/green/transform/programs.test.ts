// Small programs, each run as it is and as a twin, with no wait and with waits at every call of `wait`: the same output,
// the same errors. And every `wait` is reached green, but as many as the program's `// plain: N` says.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { transform } from '../../../src/green/transform/index.ts';
import { TWIN, type Twin, twinOf } from '../../../src/green/twin.ts';
import { installBuiltins, load, makeWait, Pending, start, withoutTwins } from './harness.ts';

installBuiltins();

interface Program {
  readonly name: string;
  readonly text: string;
  /** How often `wait` is called plain in the twin. */
  readonly plain: number;
}

interface Outcome {
  readonly log: readonly string[];
  readonly plain: number;
}

function programsOf(file: string): Program[] {
  return readFileSync(file, 'utf8')
    .split(/^\/\/\/\/ /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n');
      const text = part.slice(end + 1);
      return { name: part.slice(0, end), text, plain: Number(/^\/\/ plain: (\d+)/m.exec(text)?.[1] ?? 0) };
    });
}

async function run(code: string, file: string, waits: (() => number) | undefined): Promise<Outcome> {
  const log: string[] = [];
  let plain = 0;
  const green = makeWait(waits ?? (() => 0)) as { (value?: unknown): unknown; [TWIN]?: Twin };
  const wait = (value?: unknown): unknown => {
    plain += 1;
    return value;
  };
  Object.defineProperty(wait, TWIN, { value: Object.assign(green[TWIN]!, { owner: wait }) });
  const note = (...values: unknown[]): void =>
    void log.push(values.map((value) => inspect(withoutTwins(value), { depth: 6 })).join(' '));
  try {
    const { main } = load(code, file, { wait, log: note }) as { main: () => unknown };
    const twin = twinOf(main);
    let result = waits === undefined || twin === undefined ? main() : start(twin.call(undefined));
    if (result instanceof Pending) result = await result.promise;
    await result;
  } catch (error) {
    log.push(error instanceof Error ? `${error.name}: ${error.message}` : inspect(withoutTwins(error)));
  }
  return { log, plain };
}

for (const file of globSync(join(import.meta.dirname, 'programs/*.txt')).sort()) {
  describe(`as a twin, programs of ${basename(file, '.txt')} do what they do plain`, () => {
    for (const { name, text, plain } of programsOf(file)) {
      for (const strict of [false, true]) {
        if (strict && (basename(file) === 'refused.txt' || /^\/\/ only: sloppy/m.test(text))) continue;
        it(`${name}${strict ? ' (strict)' : ''}`, async () => {
          const source = `${strict ? "'use strict';" : ''}exports.main = function main() {${text}\n}`;
          const expected = await run(source, '/app/original.js', undefined);
          const transformed = transform(source, { url: 'file:///app/original.js', format: 'commonjs' });
          assert.ok(transformed, 'has a function that waits');
          const { code } = transformed;
          assert.equal(code.split('\n').length, source.split('\n').length, 'as many lines');
          assert.deepEqual((await run(code, '/app/original.js', undefined)).log, expected.log, 'plain');
          const never = await run(code, '/app/original.js', () => 0);
          assert.deepEqual(never.log, expected.log, 'as a twin that never waits');
          if (/^\/\/ only: none/m.test(text)) return;
          const waiting = await run(code, '/app/original.js', () => 1);
          assert.deepEqual(waiting.log, expected.log, 'as a twin that waits');
          assert.equal(waiting.plain, plain, 'plain calls of wait');
        });
      }
    }
  });
}
