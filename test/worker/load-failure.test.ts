// Why an app did not load: the error, its place in the person's own code, and advice.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { AppLoadError, loadApp } from '../../src/worker/load-app.ts';

const directory = mkdtempSync(join(tmpdir(), 'siskin load-'));
after(() => rmSync(directory, { recursive: true }));

async function failureOf(name: string, text: string): Promise<string> {
  writeFileSync(join(directory, name), text);
  try {
    await loadApp(name, directory);
  } catch (error) {
    assert.ok(error instanceof AppLoadError, String(error));
    return error.message;
  }
  throw new assert.AssertionError({ message: `${name} was loaded` });
}

writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');

test('an error that is thrown: its place, its line and the calls that led there', async () => {
  const message = await failureOf(
    'throws.ts',
    'function open(): never {\n\tthrow new TypeError("boom");\n}\nopen();\n',
  );
  assert.equal(
    message.replaceAll(/file:.*\//g, '…/'),
    [
      'throws.ts did not load',
      '  TypeError: boom',
      '  throws.ts:2:8',
      '    2 | \tthrow new TypeError("boom");',
      '      | \t      ^',
      '  at open (…/throws.ts:2:8)',
      '  at …/throws.ts:4:1',
    ].join('\n'),
  );
});

test('an error inside of a dependency is shown where the app called it', async () => {
  mkdirSync(join(directory, 'node_modules/dep'), { recursive: true });
  writeFileSync(
    join(directory, 'node_modules/dep/index.js'),
    'export function run() { throw new Error("deep"); }',
  );
  writeFileSync(
    join(directory, 'node_modules/dep/package.json'),
    '{ "type": "module", "exports": "./index.js" }',
  );
  const message = await failureOf('uses.ts', "import { run } from 'dep';\nrun();\n");
  assert.match(message, /Error: deep\n {2}uses.ts:2:1\n {4}2 \| run\(\);/);
});

test('an app that is a promise, and is rejected, did not load', async () => {
  const message = await failureOf('late.ts', "export default Promise.reject(new Error('too late'));\n");
  assert.match(message, /^late.ts did not load\n {2}Error: too late\n {2}late.ts:1:31\n/);
});

const SYNTAX: ReadonlyArray<readonly [string, string, RegExp]> = [
  ['open.ts', 'export default (): Response => {\n  return new Response();\n', /^ {2}open.ts:\d\n {4}\d \| /m],
  ['wrong.ts', 'const a = 1;\nconst b = ;\n', /wrong.ts:2:\d+\n {4}2 \| const b = ;/],
  ['wrong.mjs', 'const a = 1;\nconst b = ;\n', /wrong.mjs:2:11\n {4}2 \| const b = ;\n {6}\| {11}\^/],
  ['wrong.cjs', 'const a = 1;\nconst b = ;\n', /wrong.cjs:2:11\n {4}2 \| const b = ;/],
  ['imports.ts', "import './wrong.mjs';\n", /wrong.mjs:2:11\n {4}2 \| const b = ;/],
  ['absent.ts', "import { nothing } from 'node:fs';\n", /absent.ts:1:10\n {4}1 \| import \{ nothing \}/],
];

for (const [name, text, expected] of SYNTAX) {
  test(`a syntax error is shown where it is: ${name}`, async () => {
    const message = await failureOf(name, text);
    assert.match(message, /SyntaxError: /);
    assert.match(message, expected);
  });
}

test('finding the place of a syntax error runs nothing of the app', async () => {
  const marker = join(directory, 'ran');
  writeFileSync(
    join(directory, 'effect.mjs'),
    `import fs from 'node:fs'; fs.appendFileSync(${JSON.stringify(marker)}, 'x');`,
  );
  await failureOf('effects.mjs', "import './effect.mjs';\nimport './wrong.mjs';\n");
  assert.throws(() => rmSync(marker), { code: 'ENOENT' });
});

const ADVICE: ReadonlyArray<readonly [string, string, RegExp]> = [
  ['package.ts', "import 'not-installed';", /To install it: npm install not-installed/],
  ['extension.ts', "import './throws.js';", /There is .*throws.ts: imports name the file as it is/],
  ['script.cjs', 'export default 1;', /set "type": "module"/],
  ['enum.ts', 'enum Color { Red }', /Node removes types and runs the rest/],
];

for (const [name, text, expected] of ADVICE) {
  test(`a usual mistake is answered with advice: ${name}`, async () =>
    assert.match(await failureOf(name, text), expected));
}

test('what is thrown may be anything', async () => {
  assert.match(await failureOf('object.ts', 'throw { code: 7 };'), /It threw \{ code: 7 \}/);
  assert.match(await failureOf('undefined.ts', 'throw undefined;'), /It threw undefined/);
});

test('the cause of an error is shown', async () => {
  const message = await failureOf(
    'caused.ts',
    'throw new Error("outer", { cause: new RangeError("inner") });',
  );
  assert.match(message, /Error: outer[\s\S]*caused by RangeError: inner/);
});
