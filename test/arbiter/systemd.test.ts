// What systemd gives, and what it is told: sockets, readiness, the watchdog.

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceManager } from '../../src/arbiter/notify.ts';
import { createLinuxKernel } from '../../src/kernel/linux/index.ts';
import * as libc from '../../src/kernel/linux/libc.ts';
import { Loop } from '../../src/loop/index.ts';
import { BARE_ENVIRONMENT } from '../bare-environment.ts';
import { MAIN } from '../cli/program.ts';
import { temporaryFolder } from '../folder.ts';

const { directory, write } = temporaryFolder('systemd');
const onLinux = process.platform === 'linux' ? describe : describe.skip;

/** A socket of datagrams at `path`, and what has come to it. */
function receiver(path: string): { received: () => string[]; close: () => void } {
  const fd = libc.socket(libc.AF_UNIX, libc.SOCK_DGRAM | libc.SOCK_NONBLOCK | libc.SOCK_CLOEXEC, 0);
  const name = Buffer.from(`${path.replace(/^@/, '\0')}${path.startsWith('@') ? '' : '\0'}`);
  const address = Buffer.concat([Buffer.from([libc.AF_UNIX, 0]), name]);
  assert.equal(libc.bind(fd, address, address.length), 0);
  const buffer = Buffer.alloc(4096);
  return {
    received: () => {
      const all: string[] = [];
      for (;;) {
        const size = Number(libc.recv(fd, buffer, buffer.length, 0));
        if (size < 0) return all;
        all.push(buffer.toString('utf8', 0, size));
      }
    },
    close: () => libc.close(fd),
  };
}

onLinux('a service manager', () => {
  for (const [kind, path] of [
    ['a file', join(directory, 'notify')],
    ['an abstract socket', `@siskin-test-${process.pid}`],
  ] as const) {
    test(`is told what the arbiter does, at ${kind}`, () => {
      const { received, close } = receiver(path);
      const loop = new Loop(createLinuxKernel());
      const manager = new ServiceManager(loop, { NOTIFY_SOCKET: path });
      for (const state of ['serving', 'reloading', 'serving', 'stopping'] as const) manager.onState(state);
      const said = received();
      assert.equal(said[0], 'READY=1\nSTATUS=serving');
      assert.match(said[1]!, /^RELOADING=1\nMONOTONIC_USEC=\d+\n/);
      assert.equal(said[2], said[0]);
      assert.match(said[3]!, /^STOPPING=1\n/);
      manager.handOver(4711);
      manager.onState('stopping');
      assert.deepEqual(received(), ['MAINPID=4711']);
      manager.close();
      loop.close();
      close();
    });
  }

  test('hears that the arbiter is alive, twice as often as it must, and nothing that is meant for another', async () => {
    const path = join(directory, 'watchdog');
    const { received, close } = receiver(path);
    const loop = new Loop(createLinuxKernel());
    loop.attach();
    const env = { NOTIFY_SOCKET: path, WATCHDOG_USEC: '20000', WATCHDOG_PID: String(process.pid) };
    const manager = new ServiceManager(loop, env);
    const other = new ServiceManager(loop, { ...env, WATCHDOG_PID: '1' });
    const said: string[] = [];
    while (said.length < 4) {
      await sleep(1);
      said.push(...received());
    }
    assert.deepEqual(new Set(said), new Set(['WATCHDOG=1']));
    manager.close();
    other.close();
    loop.close();
    close();
  });

  test('hears of the arbiter that has taken over that it is alive, too', { timeout: 60_000 }, async () => {
    const path = join(directory, 'takeover');
    const { received, close } = receiver(path);
    write('app.mjs', "export default () => new Response('ok');\n");
    // The process that a service manager has started is the one that it names.
    const script = 'WATCHDOG_PID=$$ exec "$0" "$@"';
    const flags = ['--bind', '127.0.0.1:0', '--control-socket', 'none'];
    const child = spawn('sh', ['-c', script, process.execPath, MAIN, 'serve', 'app.mjs', ...flags], {
      cwd: directory,
      env: { ...BARE_ENVIRONMENT, NOTIFY_SOCKET: path, WATCHDOG_USEC: '100000' },
      stdio: 'ignore',
    });
    const said: string[] = [];
    const hears = async (pattern: RegExp): Promise<string> => {
      for (;;) {
        said.push(...received());
        const found = said.map((text) => pattern.exec(text)).find((match) => match !== null);
        if (found !== undefined) return found[1] ?? '';
        await sleep(5);
      }
    };
    const ended = once(child, 'exit');
    let newest = child.pid!;
    try {
      await hears(/^READY=1/);
      child.kill('SIGUSR2');
      newest = Number(await hears(/^MAINPID=(\d+)/));
      // The old one is silent from there on, and ends.
      await ended;
      received();
      said.length = 0;
      await hears(/^WATCHDOG=1/);
    } finally {
      process.kill(newest, 'SIGQUIT');
      close();
    }
  });

  test('that is not there is told nothing', () => {
    const loop = new Loop(createLinuxKernel());
    const manager = new ServiceManager(loop, {});
    manager.onState('serving');
    new ServiceManager(loop, { NOTIFY_SOCKET: join(directory, 'nobody') }).onState('serving');
    loop.close();
  });
});
