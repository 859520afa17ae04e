// Whether a file that is served finds itself as the main module: one that exports nothing to be served does.

import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { type LoadOptions, loadApp } from '../../src/worker/load-app.ts';
import { temporaryFolder } from '../folder.ts';

const { directory, write } = temporaryFolder('main');

/** What the file that was loaded last has found. */
const found = globalThis as { isMain?: unknown; mainFile?: unknown };
const COMMONJS = 'globalThis.isMain = require.main === module; globalThis.mainFile = require.main?.filename;';
const MODULE = 'globalThis.isMain = import.meta.main;';

async function load(name: string, source: string, options: LoadOptions = {}) {
  const file = join(directory, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, source);
  found.isMain = undefined;
  return loadApp(name, directory, { listens: () => true, ...options });
}

describe('a program', () => {
  for (const [name, source] of [
    ['plain.cjs', COMMONJS],
    ['www', COMMONJS],
    ['typed.cts', `const one: number = 1; ${COMMONJS}`],
    ['ready.cjs', `exports.ready = () => true; ${COMMONJS}`],
    ['plain.mjs', `import 'node:fs'; ${MODULE}`],
    ['typed.mts', `const one: number = 1; ${MODULE}`],
    ['found.js', `#!/usr/bin/env node\n${MODULE}\nexport {};`],
    ['named.mjs', `${MODULE} export const app = () => {};`],
    ['undone.cjs', `${COMMONJS}\n  // module.exports = app; with port 3000 as default\n`],
  ] as const) {
    test(`finds itself as the main module: ${name}`, async () => {
      await load(`programs/${name}`, source);
      assert.equal(found.isMain, true);
    });
  }

  test('does so where a symbolic link leads to it', async () => {
    symlinkSync(join(directory, 'behind.cjs'), join(directory, 'link.cjs'));
    write('behind.cjs', COMMONJS);
    await loadApp('link.cjs', directory, { listens: () => true });
    assert.deepEqual([found.isMain, found.mainFile], [true, join(directory, 'behind.cjs')]);
  });

  test('is the main module for what it loads, which is not', async () => {
    write('part.cjs', COMMONJS);
    write('part.mjs', MODULE);
    await load('whole.cjs', `require('./part.cjs');`);
    assert.deepEqual([found.isMain, found.mainFile], [false, join(directory, 'whole.cjs')]);
    await load('whole.mjs', `import './part.mjs'; export const main = import.meta.main;`);
    assert.equal(found.isMain, false);
  });
});

describe('a file with a default export', () => {
  const app = '(req, res) => res.end()';
  for (const [name, source] of [
    ['app.cjs', `${COMMONJS} module.exports = ${app};`],
    ['compiled.cjs', `exports.default = ${app}; ${COMMONJS}`],
    ['defined.cjs', `Object.defineProperty(exports, "default", { value: ${app} }); ${COMMONJS}`],
    ['app.mjs', `${MODULE} export default ${app};`],
    ['renamed.mjs', `${MODULE} const app = ${app}; export { app as default };`],
    ['worker.mjs', `${MODULE} export async function fetch() {}`],
  ] as const) {
    test(`does not, unless it is to be a program: ${name}`, async () => {
      await load(`apps/${name}`, source, { listens: () => false });
      assert.equal(found.isMain, false);
      await load(`apps/program-${name}`, source, { interface: 'program' });
      assert.equal(found.isMain, true);
    });
  }

  test('finds in require.main where the app lies all the same', async () => {
    write('beside.cjs', 'exports.beside = true;');
    await load(
      'root.cjs',
      `${COMMONJS} globalThis.isMain = require.main.require('./beside.cjs').beside; module.exports = ${app};`,
    );
    assert.deepEqual([found.isMain, found.mainFile], [true, join(directory, 'root.cjs')]);
  });

  test('that is no app is told how it is run as a program', async () => {
    const { complaint } = (await load(
      'starts.cjs',
      'module.exports = { start: 1 }; if (require.main === module) start();',
    )) as { complaint: string };
    assert.match(complaint, /the default export of starts\.cjs is an object/);
    assert.match(complaint, /does more where it is the main module.*--interface program/);
  });
});
