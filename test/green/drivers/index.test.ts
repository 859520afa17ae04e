// How drivers are found and installed: built in, of the user's, and not at all.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type DriverContext, installDrivers } from '../../../src/green/drivers/index.ts';
import { TWIN } from '../../../src/green/twin.ts';
import { green, startGreen } from './green.ts';

/** The example of docs/green/drivers.md, which imports the sources here. */
const [, OWN = ''] = /```js\n(\/\/ drivers\/slow-lookup\.js[\s\S]*?)```/.exec(
  readFileSync(new URL('../../../docs/green/drivers.md', import.meta.url), 'utf8').replace(
    "'siskin/task'",
    JSON.stringify(new URL('../../../src/task/index.ts', import.meta.url).href),
  ),
)!;

const LOOKUP = `
exports.lookupSync = function lookupSync(key) {
  if (typeof key !== 'string') throw new TypeError('a key is a string');
  return key + ' found, blocking';
};
exports.lookup = (key, callback) => setImmediate(() => callback(null, key + ' found'));
`;

describe('installing drivers', () => {
  let folder: string;
  let app: string;

  /** A package in the app's folder. */
  function addPackage(name: string, manifest: object, files: Readonly<Record<string, string>>): void {
    const own = join(folder, 'node_modules', name);
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, 'package.json'), JSON.stringify({ name, ...manifest }));
    for (const [path, text] of Object.entries(files)) writeFileSync(join(own, path), text);
  }

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'siskin-drivers-'));
    app = join(folder, 'app.js');
    addPackage('slow-lookup', {}, { 'index.js': LOOKUP });
    addPackage('driver-package', { exports: './driver.mjs' }, { 'driver.mjs': OWN });
    const exports = { import: './index.mjs', require: './index.cjs' };
    addPackage(
      'two-copies',
      { exports },
      {
        'index.mjs': 'export function f() {}',
        'index.cjs': 'exports.f = function f() {};',
      },
    );
    addPackage(
      'only-import',
      { exports: { import: './index.mjs' } },
      { 'index.mjs': 'export function f() {}' },
    );
    addPackage('broken', {}, { 'index.js': "throw new Error('no libbroken.so');" });
    addPackage('incomplete', {}, { 'index.js': "require('its-dependency');" });
    writeFileSync(join(folder, 'own.mjs'), OWN);
    writeFileSync(join(folder, 'wrong.mjs'), 'export default 7;');
    for (const name of ['two-copies', 'only-import', 'broken', 'incomplete', 'nowhere']) {
      const install = '(exports) { globalThis.installedCopies.push(exports); }';
      const text = `export default { name: 'of-${name}', package: '${name}', install${install} };`;
      writeFileSync(join(folder, `of-${name}.mjs`), text);
    }
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it('takes a file of the user, or a package, and resolves what it is for from the app', async () => {
    for (const name of [join(folder, 'own.mjs'), 'driver-package']) {
      const { lookupSync } = await import(join(folder, 'node_modules/slow-lookup/index.js'));
      Reflect.deleteProperty(lookupSync, TWIN);
      await installDrivers([name, name], app, () => {});
      assert.equal(await green(lookupSync, undefined, 'it'), 'it found');
      assert.throws(() => startGreen(lookupSync, undefined, 7), /^TypeError: a key is a string/);
    }
  });

  it('installs both copies of a package that is another one for import than for require, and one of any other', async () => {
    const copies: Record<string, unknown>[] = [];
    (globalThis as { installedCopies?: unknown }).installedCopies = copies;
    await installDrivers([join(folder, 'of-two-copies.mjs')], app, () => {});
    assert.equal(new Set(copies.map((each) => each['f'])).size, 2);
    await installDrivers([join(folder, 'of-only-import.mjs')], app, () => {});
    assert.equal(copies.length, 3);
  });

  it('names the command for a package that is not installed', async () => {
    await assert.rejects(
      installDrivers(['bcrypt'], app, () => {}),
      /the driver bcrypt is for the package bcrypt, which is not installed for .*app\.js: npm install bcrypt$/,
    );
    await assert.rejects(
      installDrivers([join(folder, 'of-nowhere.mjs')], app, () => {}),
      /npm install nowhere$/,
    );
  });

  it('says why a package can not be loaded', async () => {
    await assert.rejects(
      installDrivers([join(folder, 'of-broken.mjs')], app, () => {}),
      /of-broken\.mjs could not load the package broken: no libbroken\.so/,
    );
    await assert.rejects(
      installDrivers([join(folder, 'of-incomplete.mjs')], app, () => {}),
      /could not load the package incomplete: Cannot find module 'its-dependency'/,
    );
  });

  it('refuses what is no driver', async () => {
    await assert.rejects(
      installDrivers(['bcypt'], app, () => {}),
      /no driver bcypt\. There are pg-native, .*bcypt/,
    );
    await assert.rejects(
      installDrivers([join(folder, 'wrong.mjs')], app, () => {}),
      /must have a default export \{ name, package, install\(exports, context\) \}; got number/,
    );
  });

  it('gives drivers of Node’s own modules those', async () => {
    const logged: string[] = [];
    await installDrivers(['node:sqlite'], app, (message: Parameters<DriverContext['log']>[0]) =>
      logged.push(message),
    );
    assert.deepEqual(logged, []);
  });
});
