// The command as a process: what it prints, where, and the status it ends with.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { BARE_ENVIRONMENT } from '../bare-environment.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const PACKAGE = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

function siskin(args: readonly string[]) {
  const env = { ...BARE_ENVIRONMENT, NO_COLOR: '1' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', env });
  return { status, stdout, stderr };
}

test('--version is the version of the package', () => {
  assert.deepEqual(siskin(['--version']), { status: 0, stdout: `siskin ${PACKAGE.version}\n`, stderr: '' });
});

test('--help is an answer, on standard output', () => {
  const { status, stdout, stderr } = siskin(['--help']);
  assert.equal(status, 0);
  assert.match(stdout, /^Usage: siskin/);
  assert.equal(stderr, '');
});

test('wrong usage ends with status 2 and says what is wrong', () => {
  const mistakes: ReadonlyArray<readonly [readonly string[], RegExp]> = [
    [[], /^Usage: siskin/],
    [['serve'], /^siskin: missing required argument 'APP'\n {2}Name the file that exports your app: /],
    [
      ['serve', 'app.ts', '--port', '3000'],
      /^siskin: unknown option '--port'\n {2}To choose the port: --bind 3000/,
    ],
    [['serve', 'app.ts', '-p', '3000'], /^siskin: unknown option '-p'\n {2}To choose the port: /],
    [['serve', 'app.ts', '--host', 'a'], /^siskin: unknown option '--host'\n {2}To choose the address: /],
    [['srve', 'app.ts'], /^siskin: unknown command 'srve'\n {2}Did you mean serve\?/],
    [['serve', 'app.ts', '--bidn', ':1'], /^siskin: unknown option '--bidn'\n {2}Did you mean --bind\?/],
    [['serve', 'app.ts', '--backlog'], /^siskin: option '--backlog <N>' argument missing/],
    [['serve', 'app.ts', '--backlog', 'x'], /^siskin: --backlog x: it is not a whole number\n {2}expected/],
    [['serve', 'app.ts', 'other.ts'], /^siskin: too many arguments/],
    [
      ['serve', 'app.ts', '--log-file', '/nope/x.log'],
      /^siskin: the log file \/nope\/x\.log can't be opened: ENOENT/,
    ],
    [['serve', 'app.ts', '--access-log-file', '/'], /^siskin: the log file \/ can't be opened: EISDIR/],
    [
      ['serve', 'app.ts', '--no-arbiter', '--log-file', '/nope/x.log'],
      /^siskin: the log file \/nope\/x\.log can't be/,
    ],
    [
      ['serve', 'app.ts', '--ready-path', 'healthz'],
      /^siskin: --ready-path healthz: it does not begin with \/\n {2}expected/,
    ],
    [['serve', 'app.ts', '--pidfile', '/'], /^siskin: the pidfile \/ is there, and is none/],
    [
      ['serve', 'app.ts', '--user', '4294967295'],
      /^siskin: --user 4294967295: no number is that large\n {2}expected/,
    ],
    [
      ['serve', 'app.ts', '--no-arbiter', '--user', 'nobody'],
      /^siskin: --user nobody: no arbiter is there to start workers as somebody else\n {2}expected an arbiter/,
    ],
  ];
  for (const [args, expected] of mistakes) {
    const { status, stdout, stderr } = siskin(args);
    assert.match(stderr, expected);
    assert.equal(stdout, '');
    assert.equal(status, 2, args.join(' '));
  }
});

test('a file where a command belongs: the command is shown', () => {
  assert.match(siskin([MAIN]).stderr, /To serve it: siskin serve /);
});

test('an app that is not there ends with status 3', () => {
  const { status, stderr } = siskin(['serve', 'nowhere.ts']);
  assert.equal(status, 3);
  assert.match(stderr, /^siskin: there is no file nowhere.ts in /);
});

test('an app that waits for what never happens ends with status 3 and says so', () => {
  const directory = mkdtempSync(join(tmpdir(), 'siskin-main-'));
  const app = join(directory, 'app.mjs');
  writeFileSync(app, 'await new Promise(() => {});');
  const { status, stderr } = siskin(['serve', app]);
  rmSync(directory, { recursive: true });
  assert.match(stderr, /awaits something that never happens/);
  assert.equal(status, 3);
});
