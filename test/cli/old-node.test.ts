// A Node that is too old, whichever way it is to run us. What it reads of the package is looked at in test/package.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { temporaryFolder } from '../folder.ts';
import { Child } from './child.ts';
import { GREEN, MAIN, REGISTER } from './program.ts';

const { directory, write } = temporaryFolder('old-node');

const PRETEND = `data:text/javascript,Object.defineProperty(process.versions, 'node', { value: '22.1.0' })`;
const program = write('program.mjs', "console.log('it runs');");

for (const [name, args] of [
  ['siskin', [MAIN, '--version']],
  ['siskin/register', ['--import', REGISTER, program]],
  ['siskin/green', ['--import', GREEN, program]],
] as const) {
  test(`an old Node is told by ${name} what is needed, and ends`, { timeout: 30_000 }, async () => {
    const child = new Child(['--import', PRETEND, ...args], { cwd: directory });
    assert.deepEqual(await child.exit, [1, null]);
    assert.equal(child.stdout, '');
    assert.match(child.stderr, /^siskin: Node 24 or later is needed, and this is Node 22\.1\.0 /);
  });
}

test('the Node that is needed is the one that package.json names', () => {
  const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const source = readFileSync(new URL('../../src/cli/old-node.ts', import.meta.url), 'utf8');
  assert.equal(engines.node, `>=${/REQUIRED_NODE = (\d+)/.exec(source)?.[1]}`);
});
