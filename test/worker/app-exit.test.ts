// An app that ends its process itself when it is told to stop: who waits for an answer gets it first.

import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { AppExit } from '../../src/worker/app-exit.ts';
import { withSiskin } from '../cli/child.ts';
import { temporaryFolder } from '../folder.ts';

const { directory, write } = temporaryFolder('exit');

const TIMEOUT = { timeout: 60_000 };
const onLinux = process.platform === 'linux' ? describe : describe.skip;

function setUp() {
  const calls: string[] = [];
  const target = Object.assign(new EventEmitter(), {
    pid: 7,
    exitCode: undefined,
    exit: ((status?: number) => {
      calls.push(`exit ${status}`);
    }) as typeof process.exit,
    kill(pid: number, signal?: string | number) {
      calls.push(`kill ${pid} ${signal}`);
      return true as const;
    },
  });
  // That of the server itself.
  target.on('SIGTERM', () => {});
  return { target, calls, appExit: new AppExit(target) };
}

describe('an app that calls process.exit', () => {
  test('ends at once as long as nobody has told it to stop', () => {
    const { target, calls } = setUp();
    target.exit(3);
    target.kill(7, 'SIGTERM');
    assert.deepEqual(calls, ['exit 3', 'kill 7 SIGTERM']);
  });

  test('while it stops only asks for the end, with the first status that it says', async () => {
    const { target, calls, appExit } = setUp();
    appExit.hold();
    target.exit(3);
    target.exit(4);
    await appExit.asked;
    assert.equal(appExit.status, 3);
    assert.deepEqual(calls, []);
    appExit.now(5);
  });

  test('may as well raise the signal again, once its handler is gone; other processes and signals are its own business', async () => {
    const { target, calls, appExit } = setUp();
    appExit.hold();
    const handler = (): void => {};
    target.on('SIGTERM', handler);
    for (const [pid, signal] of [
      [7, 'SIGTERM'],
      [8, 'SIGTERM'],
      [7, 0],
      [7, 'SIGUSR2'],
    ] as const)
      target.kill(pid, signal);
    assert.deepEqual(calls, ['kill 7 SIGTERM', 'kill 8 SIGTERM', 'kill 7 0', 'kill 7 SIGUSR2']);
    target.off('SIGTERM', handler);
    target.kill(7, 'SIGTERM');
    await appExit.asked;
    assert.equal(calls.length, 4);
  });
});

onLinux('a worker whose app ends it in a handler for SIGTERM', () => {
  const app = write(
    'app.mjs',
    `process.on('SIGTERM', () => { console.log('the app exits'); process.exit(); });
    export default (request) => new Promise((resolve) => {
      process.once('SIGUSR2', () => resolve(new Response('finished')));
      console.log('worker', process.pid, 'is asked');
    });`,
  );
  write(
    'siskin.config.mjs',
    `import { writeFileSync } from 'node:fs';
    export default { bind: '127.0.0.1:0', workerExit: () => writeFileSync('exit.log', 'called') };`,
  );
  for (const args of [[app], [app, '--no-arbiter']]) {
    test(
      `finishes what is in flight, and calls the hook: siskin serve ${args.join(' ')}`,
      TIMEOUT,
      async () => {
        rmSync(join(directory, 'exit.log'), { force: true });
        await withSiskin(args, { cwd: directory }, async (child) => {
          const answer = fetch(await child.url());
          const worker = Number(await child.printed(/worker (\d+) is asked/));
          child.process.kill('SIGTERM');
          await child.printed(/the app exits/);
          process.kill(worker, 'SIGUSR2');
          assert.equal(await (await answer).text(), 'finished');
          assert.deepEqual(await child.exit, [0, null]);
          assert.equal(readFileSync(join(directory, 'exit.log'), 'utf8'), 'called');
        });
      },
    );
  }

  test('does not wait for connections whose protocol was switched', TIMEOUT, async () => {
    write(
      'sockets.mjs',
      `import { createServer } from 'node:http';
      const server = createServer().listen(0, '127.0.0.1');
      server.on('upgrade', (request, socket) => {
        socket.on('error', () => {});
        socket.write('HTTP/1.1 101 Switching Protocols\\r\\nConnection: upgrade\\r\\nUpgrade: x\\r\\n\\r\\n');
      });
      process.on('SIGTERM', () => process.exit(0));`,
    );
    const args = ['sockets.mjs', '--graceful-timeout', '5s', '--bind', '127.0.0.1:0'];
    await withSiskin(args, { cwd: directory }, async (child) => {
      const { port } = new URL(await child.url());
      const client = connect(Number(port), '127.0.0.1');
      client.on('error', () => {});
      client.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n');
      await once(client, 'data');
      child.process.kill('SIGTERM');
      assert.deepEqual(await child.exit, [0, null]);
      assert.doesNotMatch(child.stderr, /cut after/);
    });
  });
});
