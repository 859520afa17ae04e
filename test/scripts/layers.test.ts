// The layer check finds what it is for, and finds nothing in what is allowed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findImports, findViolations } from '../../scripts/layers.ts';

function violations(sources: Readonly<Record<string, string>>): string[] {
  return findViolations(new Map(Object.entries(sources)));
}

const ALLOWED: ReadonlyArray<readonly [string, string]> = [
  ['server/connection.ts', "import { Reader } from '../http/index.ts';"],
  ['server/connection.ts', "import { linux } from '../kernel/linux/index.ts';"],
  ['server/deep/a.ts', "import { b } from '../b.ts';"],
  ['server/deep/a.ts', "import { b } from '../../net/index.ts';"],
  ['http/reader.ts', "import { table } from './table.ts';"],
  ['kernel/linux/libc.ts', "import koffi from 'koffi';"],
  ['config/schema.ts', "import * as z from 'zod';"],
  ['loop/loop.ts', "import { AsyncResource } from 'node:async_hooks';"],
  ['index.ts', "export { serve } from './server/serve.ts';"],
  ['http/reader.ts', "// import fs from 'node:fs';\n/* import x from 'koffi'; */"],
  ['http/reader.ts', "const text = 'we import nothing from afar';"],
];

for (const [file, text] of ALLOWED) {
  test(`${file} may: ${text.slice(0, 60)}`, () => assert.deepEqual(violations({ [file]: text }), []));
}

const FORBIDDEN: ReadonlyArray<readonly [string, string, RegExp]> = [
  ['net/socket.ts', "import { Reader } from '../http/index.ts';", /net may import task, loop, kernel/],
  ['kernel/kernel.ts', "import { Loop } from '../loop/index.ts';", /kernel may import no other layer/],
  ['server/a.ts', "import { Reader } from '../http/reader.ts';", /import it through http\/index.ts/],
  ['http/a.ts', "import { Buffer } from 'node:buffer';", /http imports nothing/],
  ['http/a.ts', "import type { Kernel } from '../kernel/index.ts';", /http may import no other layer/],
  ['http/a.ts', "import z from 'zod';", /http imports nothing/],
  ['kernel/sim/a.ts', "import koffi from 'koffi';", /kernel may not import the package koffi/],
  ['server/a.ts', "import { pino } from 'pino';", /server may not import the package pino/],
  ['loop/a.ts', "const net = await import('../net/index.ts');", /loop may import kernel/],
  ['task/a.ts', "export * from '../net/index.ts';", /task may import/],
  ['task/a.ts', "import {\n  a,\n  b,\n} from '../net/index.ts';", /task\/a.ts:4: /],
  ['task/a.ts', "import '../net/index.ts';", /task may import/],
  ['task/a.ts', "import { serve } from '../index.ts';", /know nothing of the package around them/],
  ['task/a.ts', "import { x } from '../../scripts/x.ts';", /outside of src/],
  ['nowhere/a.ts', "import './b.ts';", /src\/nowhere is not in the table/],
];

for (const [file, text, reason] of FORBIDDEN) {
  test(`${file} may not: ${text.replaceAll('\n', ' ').slice(0, 60)}`, () => {
    const found = violations({ [file]: text });
    assert.equal(found.length, 1, found.join('\n'));
    assert.match(found[0]!, reason);
  });
}

test('a circle of files is found and shown once', () => {
  const found = violations({
    'http/a.ts': "import { b } from './b.ts';",
    'http/b.ts': "import { c } from './c.ts';",
    'http/c.ts': "import { a } from './a.ts';",
    'http/d.ts': "import { a } from './a.ts';",
  });
  assert.deepEqual(found, [
    'a circle of imports: src/http/a.ts → src/http/b.ts → src/http/c.ts → src/http/a.ts',
  ]);
});

test('a circle of types alone is none', () => {
  const circle = (second: string) =>
    violations({ 'http/a.ts': "import { b } from './b.ts';", 'http/b.ts': second });
  assert.deepEqual(circle("import type { A } from './a.ts';"), []);
  assert.deepEqual(circle("import { type A, type B } from './a.ts';"), []);
  assert.equal(circle("import { type A, b } from './a.ts';").length, 1);
});

test('the line of an import is the line of its specifier', () => {
  const found = findImports(
    'a.ts',
    "// a comment\nimport {\n  x,\n} from './x.ts';\n\nconst y = import('./y.ts');\n",
  );
  assert.deepEqual(found, [
    { file: 'a.ts', specifier: './x.ts', typeOnly: false, line: 4 },
    { file: 'a.ts', specifier: './y.ts', typeOnly: false, line: 6 },
  ]);
});
