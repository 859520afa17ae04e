// A new arbiter that takes over from one that runs, and one that fails to: real processes, under load.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type Child, withSiskin } from '../cli/child.ts';
import { temporaryFolder } from '../folder.ts';
import { ask, Load, logged } from './service.ts';

const { directory, write } = temporaryFolder('successor');

const TIMEOUT = { timeout: 90_000 };
const onLinux = process.platform === 'linux' ? describe : describe.skip;

const APP = write('app.mjs', 'export default () => new Response("good");');

onLinux('a new arbiter', () => {
  test('takes over and hands over again under load, and drops nothing', TIMEOUT, async () => {
    const flags = [APP, '-w', '2', '--min-uptime', '20ms'];
    const quick = ['--keep-alive-grace', '200ms', '--log-level', 'debug'];
    await withSiskin([...flags, ...quick, '--bind', '127.0.0.1:0'], { cwd: directory }, async (child) => {
      const url = await child.url();
      await logged(child, /worker \d+ serves/, 2);
      const load = new Load(url);
      let newest = child.process.pid!;
      try {
        for (const turn of [1, 2]) {
          process.kill(newest, 'SIGUSR2');
          newest = Number(await printedTimes(child, /a new arbiter, (\d+), is started/g, turn));
          await logged(child, /handed over, ended/, turn);
        }
        await load.stop();
        assert.deepEqual(load.failures, []);
        assert.ok(load.answers > 50, String(load.answers));
      } finally {
        await load.stop();
        process.kill(newest, 'SIGQUIT');
      }
      await child.exit;
    });
  });
});

onLinux('a new arbiter that fails', () => {
  test('leaves the old one serving, at TCP and unix sockets', TIMEOUT, async () => {
    write('breaks.mjs', 'export default () => new Response("good");');
    const path = join(directory, 'takeover.sock');
    const args = ['breaks.mjs', '--bind', '127.0.0.1:0', '--bind', `unix:${path}`];
    await withSiskin(args, { cwd: directory }, async (child) => {
      const url = await child.url();
      write('breaks.mjs', 'export default () => new Response("bad"');
      child.process.kill('SIGUSR2');
      await logged(child, /no new arbiter, everything stays as it is/);
      assert.equal((await ask(url)).body, 'good');
      assert.ok(existsSync(path));
    });
  });
});

async function printedTimes(child: Child, pattern: RegExp, times: number): Promise<string> {
  await logged(child, pattern, times);
  return [...child.stdout.matchAll(pattern)][times - 1]![1]!;
}
