// The commands of README that a newcomer runs in a clone.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { BARE_ENVIRONMENT } from '../bare-environment.ts';
import { listening } from './listening.ts';

const cwd = fileURLToPath(new URL('../..', import.meta.url));
const options = { cwd, env: BARE_ENVIRONMENT };

test('npm start serves the example, with the Node of the dependencies, until told to stop', async (context) => {
  const npm = spawn('npm', ['start', '--', '--bind', '127.0.0.1:0'], {
    ...options,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const ended = once(npm, 'close');
  // A terminal tells all of them to stop: npm, its shell and the server.
  const stop = (): boolean => process.kill(-npm.pid!, 'SIGTERM');
  context.after(() => npm.exitCode ?? npm.signalCode ?? stop());
  const { url, line } = await listening(npm);
  assert.match(line, /Node 26\./);
  const answer = await fetch(url, { headers: { Connection: 'close' } });
  assert.deepEqual([answer.status, await answer.text()], [200, 'Hello, World!']);
  stop();
  await ended;
});

test('npm run siskin is the command', () => {
  const help = execFileSync('npm', ['run', '--silent', 'siskin', '--', 'serve', '--help'], options);
  assert.match(help.toString(), /^Usage: siskin serve .*--bind/s);
});
