// `siskin serve` as a process: it starts, answers, logs and stops as it says.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { temporaryFolder } from '../folder.ts';
import { type Child, withSiskin as withCommand } from './child.ts';

const { directory, write } = temporaryFolder('serve');

write(
  'app.mjs',
  `export default async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === '/hang') { console.log('hanging'); await new Promise(() => {}); }
    if (pathname === '/crash') setImmediate(() => { throw new Error('nobody expects this'); });
    if (pathname === '/reject') Promise.reject(new Error('nobody awaits this'));
    return new Response('hello from ' + pathname);
  };`,
);

function withSiskin(
  args: readonly string[],
  use: (siskin: Child) => Promise<void>,
  env?: Readonly<Record<string, string>>,
): Promise<void> {
  return withCommand(['app.mjs', ...args], { cwd: directory, env }, use);
}

const ANY_PORT = ['--bind', '127.0.0.1:0', '--keep-alive-grace', '10ms'];
/** Without an arbiter. */
const ALONE = [...ANY_PORT, '--no-arbiter'];

test('it serves, says so in one line, and stops when told to', { timeout: 30_000 }, async () => {
  await withSiskin(ANY_PORT, async (siskin) => {
    const url = await siskin.url();
    assert.equal(siskin.stdout.split('\n').length, 2);
    const line = JSON.parse(siskin.stdout);
    assert.equal(
      line.msg,
      `listening on ${url} (pid ${siskin.process.pid}, ${process.platform === 'linux' ? '1 worker, ' : ''}Node ${process.versions.node}, ${process.platform === 'linux' ? 'linux' : 'node'})`,
    );
    assert.deepEqual([line.app, line.interface, line.shape], ['app.mjs', 'fetch', 'fetch function']);
    assert.equal(await (await fetch(`${url}/a`)).text(), 'hello from /a');
    siskin.process.kill('SIGTERM');
    assert.deepEqual(await siskin.exit, [0, null]);
    assert.match(siskin.stdout, /"msg":"stopped"}\n$/);
    assert.equal(siskin.stderr, '');
  });
});

test('PORT from the environment is where it listens', { timeout: 30_000 }, async () => {
  await withSiskin(
    [],
    async (siskin) => {
      assert.match(await siskin.url(), /^http:\/\/localhost:[1-9]\d*$/);
      assert.match(siskin.stdout, /listening on http:\/\/localhost:(\d+) \(0\.0\.0\.0:\1\)/);
    },
    {
      PORT: '0',
    },
  );
});

test('the access log has a line for each request, in the format of the log', {
  timeout: 30_000,
}, async () => {
  await withSiskin([...ALONE, '--access-log', '--log-format', 'human'], async (siskin) => {
    const url = await siskin.url();
    await fetch(`${url}/a?b`, { headers: { 'user-agent': 'a "quoted" one' } });
    const line = await siskin.printed(/^.*GET \/a\?b.*$/m);
    assert.match(
      line,
      /^127\.0\.0\.1 - - \[.* \+0000\] "GET \/a\?b HTTP\/1\.1" 200 13 "-" "a \\"quoted\\" one" [\d.]+ms$/,
    );
  });
});

test('a port in use: who asked for it, what to do, status 1', { timeout: 30_000 }, async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  await withSiskin(
    [],
    async (siskin) => {
      assert.deepEqual(await siskin.exit, [1, null]);
      assert.match(siskin.stderr, new RegExp(`127\\.0\\.0\\.1:${port}: address already in use`));
      assert.match(siskin.stderr, /Asked for by the environment variable SISKIN_BIND\./);
      assert.match(siskin.stderr, /choose another address: --bind/);
      assert.equal(siskin.stdout, '');
    },
    { SISKIN_BIND: `127.0.0.1:${port}` },
  );
  other.close();
});

test('a second signal ends the process at once, though a request is in flight', {
  timeout: 30_000,
}, async () => {
  await withSiskin(ALONE, async (siskin) => {
    const hanging = fetch(`${await siskin.url()}/hang`);
    hanging.catch(() => {});
    await siskin.printed(/hanging/);
    siskin.process.kill('SIGINT');
    await siskin.printed(/stopping: finishing what is in flight/);
    siskin.process.kill('SIGINT');
    assert.deepEqual(await siskin.exit, [130, null]);
    await assert.rejects(hanging);
  });
});

for (const [path, name, message] of [
  ['/crash', 'an error that nobody catches', 'nobody expects this'],
  ['/reject', 'a rejection that nobody catches', 'nobody awaits this'],
] as const) {
  test(`${name} is logged, answers are finished, and the status is 1`, { timeout: 30_000 }, async () => {
    await withSiskin(ALONE, async (siskin) => {
      const response = await fetch(`${await siskin.url()}${path}`, { headers: { connection: 'close' } });
      assert.equal(await response.text(), `hello from ${path}`);
      assert.deepEqual(await siskin.exit, [1, null]);
      assert.ok(JSON.parse(siskin.stderr).err.stack.includes(message), siskin.stderr);
    });
  });
}

test('a variable that is a slip of a setting is a warning', { timeout: 30_000 }, async () => {
  await withSiskin(
    ANY_PORT,
    async (siskin) => {
      await siskin.printed(
        /SISKIN_BNID in the environment is not a setting; did you mean SISKIN_BIND\?/,
        'stderr',
      );
      assert.match(
        siskin.stderr,
        /SISKIN_BNID in the environment is not a setting; did you mean SISKIN_BIND\?/,
      );
    },
    { SISKIN_BNID: ':1' },
  );
});
