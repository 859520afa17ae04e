// Apps from files: what is found, and what is said when nothing is.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { AppLoadError, loadApp } from '../../src/cli/load-app.ts';

const directory = mkdtempSync(join(tmpdir(), 'siskin-load-'));
after(() => rmSync(directory, { recursive: true }));

function write(name: string, text: string): string {
  writeFileSync(join(directory, name), text);
  return name;
}

async function failureOf(specifier: string): Promise<string> {
  try {
    await loadApp(specifier, directory);
  } catch (error) {
    assert.ok(error instanceof AppLoadError, String(error));
    assert.equal(error.exitCode, 3);
    return error.message;
  }
  throw new assert.AssertionError({ message: `${specifier} was loaded` });
}

write('package.json', '{ "type": "module" }');

const LOADED: ReadonlyArray<readonly [string, string, string, string]> = [
  [
    'object.ts',
    'export default { fetch(request: Request) { return new Response(request.url); } };',
    'default',
    'fetch object',
  ],
  ['function.ts', 'export default () => new Response();', 'default', 'fetch function'],
  ['generator.ts', 'export default function* () {}', 'default', 'fetch function'],
  ['method.ts', 'class App { fetch() {} }\nexport default new App();', 'default', 'fetch object'],
  ['static.ts', 'export default class { static fetch() {} }', 'default', 'fetch object'],
  ['callable.ts', 'export default Object.assign(() => {}, { fetch() {} });', 'default', 'fetch object'],
  ['promise.ts', 'export default Promise.resolve(() => new Response());', 'default', 'fetch function'],
  ['module.ts', 'export function fetch() {}', 'fetch', 'fetch object'],
  ['common.cjs', 'module.exports = { fetch() {} };', 'default', 'fetch object'],
  ['compiled.cjs', 'exports.__esModule = true; exports.default = () => {};', 'default', 'fetch function'],
];

for (const [name, text, exportName, shape] of LOADED) {
  test(`${name} is loaded as a ${shape}`, async () => {
    const loaded = await loadApp(write(name, text), directory);
    assert.equal(loaded.exportName, exportName);
    assert.equal(loaded.shape.name, shape);
    assert.equal(loaded.file, join(directory, name));
  });
}

test('an export is chosen by its name', async () => {
  write('named.ts', 'export const admin = () => "admin"; export default () => "main";');
  const { app, exportName } = await loadApp('named.ts:admin', directory);
  assert.equal((app as unknown as () => string)(), 'admin');
  assert.equal(exportName, 'admin');
});

test('a colon may be part of the file name', async () => {
  write('with:colon.ts', 'export default () => {};');
  assert.equal((await loadApp('with:colon.ts', directory)).file, join(directory, 'with:colon.ts'));
});

test('a file that is not there: the likely ones are named', async () => {
  write('server.ts', 'export default () => {};');
  assert.match(
    await failureOf('sever.ts'),
    /^there is no file sever.ts in .*\n {2}Did you mean server.ts\?$/,
  );
  assert.match(await failureOf('server'), /Did you mean server.ts\?/);
  assert.match(await failureOf('server.js'), /Did you mean server.ts\?/);
  assert.match(await failureOf('zzzzzzzz.ts'), /^there is no file zzzzzzzz.ts in \S+$/);
  assert.match(await failureOf('nowhere/app.ts'), /^there is no file nowhere\/app.ts/);
});

test('a directory is no app, but the program in it may be', async () => {
  mkdirSync(join(directory, 'site'));
  writeFileSync(join(directory, 'site', 'a.ts'), '');
  writeFileSync(join(directory, 'site', 'app.ts'), '');
  mkdirSync(join(directory, 'empty'));
  assert.match(await failureOf('site'), /is a directory\n.*perhaps site\/app.ts/);
  assert.match(await failureOf('empty'), /there is none in it/);
});

test('a file that Node does not import is refused by its extension', async () => {
  assert.match(await failureOf(write('page.tsx', '')), /page.tsx is not a program that Node imports/);
});

test('without a usable export, the exports and what an app is are listed', async () => {
  write('none.ts', 'export const port = 1; export const handler = () => {}; export class Thing {}');
  const message = await failureOf('none.ts');
  assert.match(message, /^none.ts has no default export$/m);
  assert.match(message, /Did you mean none.ts:handler\?/);
  assert.match(message, /It exports .*Thing \(a class\), handler \(a function\), port \(a number\)\./);
  assert.match(message, /an object with a fetch method/);
  assert.match(message, /a function: /);
});

test('a named export that is not there: the likely one is named', async () => {
  write('slip.ts', 'export const admin = () => {};');
  assert.match(
    await failureOf('slip.ts:admim'),
    /^slip.ts has no export admim\n {2}Did you mean slip.ts:admin\?/,
  );
});

test('an export that is no app is described', async () => {
  assert.match(
    await failureOf(write('text.ts', 'export default "app";')),
    /the default export of text.ts is a string, not an app/,
  );
  assert.match(
    await failureOf(write('klass.ts', 'export default class {}')),
    /is a class, not an app: export an instance of it/,
  );
  assert.match(await failureOf(write('null.ts', 'export default null;')), /is null, not an app/);
  assert.match(await failureOf(write('blank.ts', 'export {};')), /It exports nothing\./);
  assert.match(await failureOf(write('other.ts', 'export const x = {};')), /has no default export/);
  assert.match(await failureOf('other.ts:x'), /the export x of other.ts is an object, not an app/);
});
