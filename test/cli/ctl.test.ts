// `siskin ctl` with a real server: how it finds it, and what it says when it is done.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { siskin, withSiskin } from './child.ts';

const directory = mkdtempSync(join(tmpdir(), 'siskin-ctl-'));
after(() => rmSync(directory, { recursive: true }));

const TIMEOUT = { timeout: 90_000 };
const onLinux = process.platform === 'linux' ? describe : describe.skip;
const place = (name: string): string => join(directory, name);

function write(name: string, source: string): string {
  writeFileSync(join(directory, name), source);
  return name;
}

write('app.mjs', 'export default () => new Response("x");');

onLinux('siskin ctl', () => {
  test('finds a server by the directory that both are started in, for its user alone', TIMEOUT, async () => {
    const env = { SISKIN_CONTROL_SOCKET: '', XDG_RUNTIME_DIR: place('runtime') };
    mkdirSync(place('runtime'));
    const flags = ['app.mjs', '--bind', '127.0.0.1:0'];
    await withSiskin(flags, { cwd: directory, env }, async (child) => {
      await child.url();
      assert.equal(statSync(place('runtime/siskin')).mode & 0o777, 0o700);
      const found = await siskin(['ctl', 'status'], { cwd: directory, env });
      assert.match(
        found.stdout,
        new RegExp(`^app.mjs at http.*arbiter ${child.process.pid}, up \\d+s$`, 'm'),
      );
      child.process.kill('SIGKILL');
      await child.exit;
    });
    assert.equal(readdirSync(place('runtime/siskin')).length, 1);
    const gone = await siskin(['ctl', 'status'], { cwd: directory, env });
    assert.equal(gone.status, 1);
    assert.match(gone.stderr, /no siskin serve was started in/);
    assert.deepEqual(readdirSync(place('runtime/siskin')), [], 'what the crash has left is gone');
  });
});
