// `startServer` on real sockets: where it says it listens, how it fails, and what it leaves behind when it is closed.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { defaultSettings, type Settings } from '../../src/config/index.ts';
import { startServer } from '../../src/server/index.ts';

const LOOPBACK = { family: 'inet', host: '127.0.0.1', port: 0 } as const;

function settings(given: Partial<Settings>): Settings {
  return { ...defaultSettings(), bind: [LOOPBACK], ...given };
}

/** A program that serves, asks itself, closes, and has nothing else to do. */
const PROGRAM = `
import { defaultSettings } from ${JSON.stringify(new URL('../../src/config/index.ts', import.meta.url).href)};
import { startServer } from ${JSON.stringify(new URL('../../src/server/index.ts', import.meta.url).href)};
const bind = [{ family: 'inet', host: '127.0.0.1', port: 0 }];
const settings = { ...defaultSettings(), bind, kernel: process.argv[1], keepAliveGrace: 0 };
const server = await startServer(() => new Response('hello'), settings);
const response = await fetch(server.url);
console.log(await response.text(), response.status);
await server.close();
process.on('exit', () => console.log('nothing left to do'));
`;

for (const kernel of ['linux', 'node'] as const) {
  describe(`a server on the kernel '${kernel}'`, () => {
    test('says where it listens, on every address it was given', async () => {
      const server = await startServer(
        () => new Response('hello'),
        settings({ kernel, bind: [LOOPBACK, { family: 'inet6', host: '::1', port: 0 }] }),
      );
      assert.equal(server.kernel, kernel);
      assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+$/);
      assert.deepEqual(
        server.addresses.map(({ family }) => family),
        ['inet', 'inet6'],
      );
      for (const address of server.addresses) {
        const { host, port } = address as { host: string; port: number };
        const response = await fetch(`http://${host.includes(':') ? `[${host}]` : host}:${port}/`, {
          headers: { connection: 'close' },
        });
        assert.equal(await response.text(), 'hello');
      }
      assert.equal(server.statistics().requests, 2);
      await server.close();
      await server.closed;
    });

    test('lets a process end once it is closed', async () => {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ['--input-type=module', '--eval', PROGRAM, kernel],
        { timeout: 20_000 },
      );
      assert.equal(stdout, 'hello 200\nnothing left to do\n');
    });

    test('fails where the address is taken, and lets go of the others', async () => {
      const first = await startServer(() => new Response('first'), settings({ kernel }));
      const taken = { ...LOOPBACK, port: Number(new URL(first.url).port) };
      const folder = mkdtempSync(join(tmpdir(), 'siskin-'));
      const path = join(folder, 'second.sock');
      await assert.rejects(
        startServer(
          () => new Response('second'),
          settings({ kernel, bind: [{ family: 'unix', path }, taken] }),
        ),
        { code: 'EADDRINUSE' },
      );
      assert.equal(existsSync(path), false);
      await first.close();
      rmSync(folder, { recursive: true });
    });

    test('makes a unix socket’s file with its mode, and removes it when it is closed', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'siskin-'));
      const path = join(folder, 'site.sock');
      const server = await startServer(
        () => new Response('hello'),
        settings({ kernel, bind: [{ family: 'unix', path }], unixMode: 0o600 }),
      );
      assert.equal(statSync(path).mode & 0o777, 0o600);
      assert.equal(server.url, `unix:${path}`);
      await server.close();
      assert.equal(existsSync(path), false);
      rmSync(folder, { recursive: true });
    });
  });
}
