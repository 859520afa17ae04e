// `siskin ctl` with a real server: how it finds it, and what it says when it is done.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { printable } from '../../src/cli/ctl.ts';
import { temporaryFolder } from '../folder.ts';
import { siskin, withSiskin } from './child.ts';

const { directory, place, write } = temporaryFolder('ctl');

const TIMEOUT = { timeout: 90_000 };
const onLinux = process.platform === 'linux' ? describe : describe.skip;

write('app.mjs', 'export default () => new Response("x");');

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

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
      // It is about to be edited, and the server runs as before.
      write('siskin.config.js', 'export default {');
      assert.match((await siskin(['ctl', 'status'], { cwd: directory, env })).stdout, /^app.mjs at http/);
      child.process.kill('SIGKILL');
      await child.exit;
    });
    const unread = await siskin(['ctl', 'status'], { cwd: directory, env });
    assert.match(unread.stderr, /siskin\.config\.js did not load/);
    rmSync(place('siskin.config.js'));
    assert.deepEqual(readdirSync(place('runtime/siskin')), [], 'what the crash has left is gone');
    const gone = await siskin(['ctl', 'status'], { cwd: directory, env });
    assert.equal(gone.status, 1);
    assert.match(gone.stderr, /no siskin serve was started in/);
  });

  test(
    'waits until the server has ended that it tells to, unless it is told not to wait',
    TIMEOUT,
    async () => {
      write(
        'slow.mjs',
        `process.once('exit', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200));
      export default (request) => {
        console.log('worker', process.pid, 'is asked');
        return new Promise(() => {});
      };`,
      );
      const socket = ['--control-socket', place('ctl.sock')];
      const args = ['slow.mjs', '--bind', '127.0.0.1:0', ...socket];
      await withSiskin(args, { cwd: directory }, async (child) => {
        const asked = fetch(await child.url()).catch(() => 'cut');
        const worker = Number(await child.printed(/worker (\d+) is asked/));
        const told = await siskin(['ctl', 'stop', '--no-wait', ...socket], { cwd: directory });
        assert.deepEqual(told, { status: 0, stdout: 'it stops\n', stderr: '' });
        assert.ok(runs(worker));
        const ended = await siskin(['ctl', 'quit', ...socket], { cwd: directory });
        assert.deepEqual(ended, { status: 0, stdout: 'it has ended\n', stderr: '' });
        assert.ok(!runs(worker));
        assert.equal(await asked, 'cut');
        assert.deepEqual(await child.exit, [0, null]);
      });
    },
  );

  test(
    'says so, and fails, where the server has not ended in the time that it has for it',
    TIMEOUT,
    async () => {
      const path = place('hangs.sock');
      const server = createServer({ allowHalfOpen: true }, (socket) => {
        socket.once('data', () => socket.write('{"ok":true,"message":"it stops","endsWithin":20}\n'));
      }).listen(path);
      const told = await siskin(['ctl', 'stop', '--control-socket', path], { cwd: directory });
      server.close();
      assert.equal(told.status, 1);
      assert.equal(told.stdout, '');
      assert.match(told.stderr, /^siskin: stop failed: it has not ended within 0.02 s/);
    },
  );
});

test('what a worker says of itself does not move the cursor of who asks', () => {
  assert.equal(printable('a\x1b]0;title\x07\n\x9b2Jb'), 'a\\x1b]0;title\\x07\n\\x9b2Jb');
});
