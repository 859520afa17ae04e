// `siskin serve` as a process: it starts, answers, logs and stops as it says.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { temporaryFolder } from '../folder.ts';
import { type Child, withSiskin as withCommand } from './child.ts';

const { directory, place, write } = temporaryFolder('serve');

write(
  'app.mjs',
  `export default async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === '/hang') { console.log('hanging in ' + process.pid); await new Promise(() => {}); }
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

for (const [where, bind] of [
  ['TCP', '127.0.0.1:0'],
  ['a unix socket', `unix:${place('node.sock')}`],
] as const) {
  test(`SISKIN_KERNEL=node serves it over Node's own sockets, on ${where}`, { timeout: 30_000 }, async () => {
    await withSiskin(
      ['--bind', bind, '--keep-alive-grace', '10ms'],
      async (siskin) => {
        const line = await siskin.printed(/listening on .*\)/);
        assert.match(line, /, node\)$/);
        const url = line.split(' ')[2]!;
        const { hostname, port, pathname } = new URL(url);
        const asked = get({ ...(port === '' ? { socketPath: pathname } : { hostname, port }), path: '/a' });
        const [answer] = (await once(asked, 'response')) as [IncomingMessage];
        assert.equal(await text(answer), 'hello from /a');
        siskin.process.kill('SIGTERM');
        assert.deepEqual(await siskin.exit, [0, null]);
        assert.equal(existsSync(place('node.sock')), false);
        assert.equal(siskin.stderr, '');
      },
      { SISKIN_KERNEL: 'node' },
    );
  });
}

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

test('a port in use: who asked for it, what to do, status 1', { timeout: 30_000 }, async (context) => {
  const other = createServer().listen(0, '127.0.0.1');
  context.after(() => other.close());
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  await withSiskin(
    [],
    async (siskin) => {
      assert.deepEqual(await siskin.exit, [1, null]);
      assert.match(siskin.stderr, new RegExp(`127\\.0\\.0\\.1:${port}: address already in use`));
      assert.match(siskin.stderr, /Asked for by the environment variable SISKIN_BIND\./);
      assert.match(siskin.stderr, /choose another port, such as 127\.0\.0\.1:\d+\./);
      assert.equal(siskin.stdout, '');
    },
    { SISKIN_BIND: `127.0.0.1:${port}` },
  );
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

test('a handler that never answers keeps nothing longer than the graceful timeout', {
  timeout: 30_000,
}, async () => {
  await withSiskin([...ANY_PORT, '--graceful-timeout', '300ms'], async (siskin) => {
    const hanging = fetch(`${await siskin.url()}/hang`);
    hanging.catch(() => {});
    const worker = Number(await siskin.printed(/hanging in (\d+)/));
    assert.equal(worker === siskin.process.pid, process.platform !== 'linux', 'an arbiter is between');
    const start = performance.now();
    siskin.process.kill('SIGTERM');
    assert.deepEqual(await siskin.exit, [0, null]);
    const took = performance.now() - start;
    // By default it would be 30 s; the machine that tests run on may be slow.
    assert.ok(took >= 300 && took < 10_000, `${took} ms`);
    assert.match(siskin.stderr, /"connections":1,"inFlight":1,"msg":"cut after 300 ms \(gracefulTimeout\)"/);
    assert.match(siskin.stdout, /"msg":"stopped"}\n$/);
    assert.throws(() => process.kill(worker, 0), { code: 'ESRCH' });
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
