// `--help`: complete, grouped, with defaults, and readable at 80 columns.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { program } from '../../src/cli/command.ts';
import { flagOf, SECTIONS } from '../../src/config/index.ts';
import { Child } from './child.ts';
import { MAIN } from './program.ts';

const serve = program().commands.find((command) => command.name() === 'serve')!;
const help = serve.helpInformation();

test('every setting is there, under its section, with its default', () => {
  const paragraphs = new Map(help.split('\n\n').map((text) => [text.slice(0, text.indexOf('\n')), text]));
  for (const { title, settings } of SECTIONS) {
    for (const [key, row] of Object.entries(settings)) {
      const text = paragraphs.get(`${title}:`) ?? '';
      // What is on can be turned off.
      const shown = row.default === true ? flagOf(key).replace('--', '--no-') : flagOf(key);
      const flag = text.search(new RegExp(`${shown}[ \\n]`));
      assert.notEqual(flag, -1, `${flagOf(key)} under ${title}`);
      assert.match(
        text.slice(flag).replaceAll(/\s+/g, ' '),
        /^[^(]*(\([^()]*\)[^(]*)*\([^()]*default \S+[^)]*\)/,
        key,
      );
    }
  }
});

test('no line is wider than 80 columns', () => {
  for (const line of `${help}${program().helpInformation()}`.split('\n')) assert.ok(line.length <= 80, line);
});

test('descriptions stand in one column', () => {
  const columns = new Set(
    help
      .split('\n')
      .filter((line) => /^ {2}(-|\w+ {2})/.test(line) && / {2,}\S/.test(line.trimStart()))
      .map((line) => line.search(/(?<=\S {2,})\S/)),
  );
  assert.deepEqual([...columns], [32]);
});

test('who stops reading in the middle has seen enough', { timeout: 30_000 }, async () => {
  for (const args of [['serve', '--help'], ['check', 'nothing.js'], ['frobnicate']]) {
    const child = new Child([MAIN, ...args], { cwd: import.meta.dirname });
    child.process.stdout.destroy();
    const [status] = await child.exit;
    assert.ok([0, 2, 3].includes(status!), `${args}: ${status}`);
    assert.doesNotMatch(child.stderr, /EPIPE/);
  }
});
