// `siskin green check`: what of an app would run green, what not and why, and what there is to do about it.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../folder.ts';
import { siskin } from './child.ts';

const APPS = fileURLToPath(new URL('../apps/green/', import.meta.url));
const { directory } = temporaryFolder('green-check');

const TIMEOUT = { timeout: 90_000 };
// The worker that loads the app is an arbiter's.
const onLinux = process.platform === 'linux' ? describe : describe.skip;

function write(path: string, source: string | Uint8Array): void {
  const file = join(directory, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, source);
}

function writePackage(name: string, source: string): void {
  write(`node_modules/${name}/package.json`, JSON.stringify({ name, main: 'index.js' }));
  write(`node_modules/${name}/index.js`, source);
}

/** The lines of a section, by how its title begins. */
function section(text: string, title: string): string {
  const found = text.split('\n\n').find((each) => each.startsWith(title));
  assert.ok(found !== undefined, `no section "${title}" in:\n${text}`);
  return found;
}

onLinux('siskin green check', () => {
  test(
    'says what is green, which functions block and why, and which state others could change meanwhile',
    TIMEOUT,
    async () => {
      const { status, stdout, stderr } = await siskin(['green', 'check', 'hazards.js'], { cwd: APPS });
      assert.equal(status, 0, stderr);
      assert.equal(stderr, '');
      assert.match(stdout, /^hazards\.js loads\. Green: 3 of 8 functions in 1 file of the app$/m);
      const packages = section(stdout, 'Green packages');
      for (const name of ['express', 'router']) assert.match(packages, new RegExp(`^ +${name} +known `, 'm'));
      for (const [why, place] of [
        ['is a constructor', 'hazards.js:10  constructor'],
        ['is a getter', 'hazards.js:14  fresh'],
        ['is a generator', 'hazards.js:19  pages'],
        ['uses direct eval', 'hazards.js:23  calculate'],
      ] as const) {
        const blocking = section(stdout, `Plain, and a call in it that waits blocks: ${why}`);
        assert.equal(blocking.split('\n')[1]!.trim(), place);
      }
      assert.match(section(stdout, 'Plain, and nothing is lost by it'), /^ +1 +calls nothing$/m);
      const hazards = section(stdout, 'To look at');
      assert.match(hazards, /^ +hazards\.js:33 +current +remember$/m);
      assert.match(hazards, /^ +hazards\.js:34 +a property of totals +remember$/m);
      assert.match(hazards, /atomic\(\).*docs\/green\/README\.md/);
      // Those of the frameworks are known to be harmless.
      assert.doesNotMatch(hazards, /node_modules/);
    },
  );

  test('exits with 1 for hazards where it is strict, and with 0 where there are none', TIMEOUT, async () => {
    const strict = ['green', 'check', '--strict', '--json'];
    const hazards = await siskin([...strict, 'hazards.js'], { cwd: APPS });
    assert.equal(hazards.status, 1, hazards.stderr);
    assert.deepEqual(JSON.parse(hazards.stdout).hazards, [
      { file: 'hazards.js', line: 33, function: 'remember', name: 'current', kind: 'variable' },
      { file: 'hazards.js', line: 34, function: 'remember', name: 'totals', kind: 'property' },
    ]);
    const careful = await siskin([...strict, 'careful.ts'], { cwd: APPS });
    assert.equal(careful.status, 0, careful.stderr);
    assert.equal(careful.stderr, '');
    const report = JSON.parse(careful.stdout);
    assert.deepEqual(report.files, [
      { file: 'careful.ts', functions: [{ name: 'answer', line: 9, green: true }] },
    ]);
    assert.deepEqual(report.hazards, []);
  });

  test(
    'names packages that may have reason to be green, drivers that lack, and modules that can’t be parsed',
    TIMEOUT,
    async () => {
      writePackage('polka', 'exports.a = () => 1;');
      writePackage('bcryptjs', 'exports.hashSync = () => 1;');
      writePackage('quiet', '// spawnSync() of node:child_process\nexports.a = () => 1;');
      writePackage(
        'runs-things',
        'const { spawnSync } = require("node:child_process"); exports.run = (name) => spawnSync(name);',
      );
      write('empty.wasm', Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
      // Node reads it, and the parser doesn't.
      write('sourced.mjs', 'import source empty from "./empty.wasm"; export default empty;');
      write(
        'app.mjs',
        `import './sourced.mjs';
        import { createRequire } from 'node:module';
        const require = createRequire(import.meta.url);
        for (const name of ['polka', 'bcryptjs', 'quiet', 'runs-things']) require(name);
        export default () => new Response('x');`,
      );
      const args = ['green', 'check', 'app.mjs', '--json'];
      const before = await siskin(args, { cwd: directory });
      assert.equal(before.status, 0, before.stderr);
      const { hints, drivers, refused } = JSON.parse(before.stdout);
      assert.deepEqual(hints, [
        { name: 'polka', why: "calls the app's functions", flag: '--green-include polka' },
        {
          name: 'runs-things',
          why: 'calls spawnSync (node_modules/runs-things/index.js)',
          flag: '--green-include runs-things',
        },
      ]);
      assert.deepEqual(drivers, [{ name: 'bcryptjs', flag: '--green-driver bcryptjs' }]);
      assert.equal(refused.length, 1);
      assert.match(refused[0].message, /^sourced\.mjs:1: expected JavaScript, got: /);
      const patterns = ['runs-things', 'polka', '!./sourced.mjs'];
      const flags = patterns.flatMap((each) => ['--green-include', each]);
      const included = await siskin([...args, ...flags], { cwd: directory });
      const report = JSON.parse(included.stdout);
      assert.deepEqual(report.hints, []);
      assert.deepEqual(report.refused, []);
      assert.deepEqual(report.excluded, ['sourced.mjs']);
      assert.deepEqual(report.packages, [
        { name: 'polka', why: 'included', files: 1, green: 0, plain: 1 },
        { name: 'runs-things', why: 'included', files: 1, green: 1, plain: 0 },
      ]);
    },
  );

  test('fails as a start does where the app does not load', TIMEOUT, async () => {
    write('broken.mjs', `throw new Error('no database');`);
    const people = await siskin(['green', 'check', 'broken.mjs'], { cwd: directory });
    assert.equal(people.status, 3);
    assert.match(people.stderr, /broken\.mjs did not load\n.*no database/s);
    assert.equal(people.stdout, "broken.mjs can't be served\n");
    const machines = await siskin(['green', 'check', 'broken.mjs', '--json'], { cwd: directory });
    assert.equal(machines.status, 3);
    assert.match(JSON.parse(machines.stdout).message, /no database/);
  });
});
