// `node --import siskin/register`: a program on our engine, without our command.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { temporaryFolder } from '../folder.ts';
import { type Child, withRegister } from './child.ts';

const { directory, write } = temporaryFolder('register');

const TIMEOUT = { timeout: 30_000 };
const QUICK = { SISKIN_KEEP_ALIVE_GRACE: '10ms' };

function run(
  name: string,
  use: (child: Child) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  return withRegister([name], { cwd: directory, env: { ...QUICK, ...env } }, use);
}

const SERVER = `import http from 'node:http';
  const server = http.createServer((req, res) => {
    if (req.url !== '/hang') { res.end(String('isSiskin' in req.socket)); return; }
    console.log('hanging');
    process.stdin.once('data', () => res.end('finished'));
  }).listen(0, '127.0.0.1', () => console.log('at http://127.0.0.1:' + server.address().port));
`;
write('server.mjs', SERVER);

async function ask(url: string): Promise<string> {
  const [response] = (await once(get(url), 'response')) as [IncomingMessage];
  return text(response);
}

test('a program is served by our engine, in silence', TIMEOUT, async () => {
  await run('server.mjs', async (child) => {
    assert.equal(await ask(await child.printed(/at (\S+)/)), 'true');
    assert.equal(child.stderr, '');
    assert.match(child.stdout, /^at \S+\n$/);
  });
});

test('SIGTERM finishes what is in flight, and then does what it does', TIMEOUT, async () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    await run('server.mjs', async (child) => {
      const answer = ask(`${await child.printed(/at (\S+)/)}/hang`);
      await child.printed(/hanging/);
      child.process.kill(signal);
      child.process.stdin.write('go');
      assert.equal(await answer, 'finished');
      assert.deepEqual(await child.exit, [null, signal]);
    });
  }
});

test('a second signal ends it at once', TIMEOUT, async () => {
  await run(
    'server.mjs',
    async (child) => {
      const answer = ask(`${await child.printed(/at (\S+)/)}/hang`);
      answer.catch(() => {});
      await child.printed(/hanging/);
      child.process.kill('SIGTERM');
      await child.printed(/finishing what is in flight/, 'stderr');
      child.process.kill('SIGTERM');
      assert.deepEqual(await child.exit, [null, 'SIGTERM']);
      await assert.rejects(answer);
    },
    { SISKIN_LOG_LEVEL: 'info' },
  );
});

test('a program with a handler of its own for the signal decides itself', TIMEOUT, async () => {
  write('own.mjs', `${SERVER}process.on('SIGTERM', () => server.close(() => process.exit(7)));`);
  await run('own.mjs', async (child) => {
    const answer = ask(`${await child.printed(/at (\S+)/)}/hang`);
    await child.printed(/hanging/);
    child.process.kill('SIGTERM');
    child.process.stdin.write('go');
    assert.equal(await answer, 'finished');
    assert.deepEqual(await child.exit, [7, null]);
  });
});

test('settings come from the environment, the log and its lines too', TIMEOUT, async () => {
  await run(
    'server.mjs',
    async (child) => {
      const url = await child.printed(/at (\S+)/);
      assert.match(child.stderr, /"msg":"listening on 127\.0\.0\.1:\d+ \(pid \d+, Node \S+, \w+\)"/);
      await ask(`${url}/a`);
      await child.printed(/"target":"\/a"/);
    },
    { SISKIN_LOG_LEVEL: 'info', SISKIN_ACCESS_LOG: 'on' },
  );
  await run(
    'server.mjs',
    async (child) => {
      assert.deepEqual(await child.exit, [2, null]);
      assert.match(child.stderr, /^siskin: SISKIN_BACKLOG=x: it is not a whole number\n/);
    },
    { SISKIN_BACKLOG: 'x' },
  );
});

test('a program without a server is as it was', TIMEOUT, async () => {
  write('quick.mjs', "console.log('done');");
  await run('quick.mjs', async (child) => {
    assert.deepEqual(await child.exit, [0, null]);
    assert.deepEqual([child.stdout, child.stderr], ['done\n', '']);
  });
  write('waits.mjs', "setInterval(() => {}, 1e6); console.log('waiting');");
  await run('waits.mjs', async (child) => {
    await child.printed(/waiting/);
    child.process.kill('SIGTERM');
    assert.deepEqual(await child.exit, [null, 'SIGTERM']);
  });
});

test('a worker thread keeps the engine of Node, and may be ended', TIMEOUT, async () => {
  write(
    'thread.mjs',
    `import http from 'node:http';
    import { isMainThread, parentPort, Worker } from 'node:worker_threads';
    if (isMainThread) {
      const worker = new Worker(new URL(import.meta.url));
      worker.once('message', async (port) => {
        console.log(await (await fetch('http://127.0.0.1:' + port)).text());
        await worker.terminate();
      });
    } else {
      const server = http.createServer((req, res) => res.end(String('isSiskin' in req.socket)));
      server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
    }`,
  );
  await run('thread.mjs', async (child) => {
    assert.deepEqual(await child.exit, [0, null], child.stderr);
    assert.equal(child.stdout, 'false\n');
  });
});

test("the workers of node:cluster keep Node's engine, and say so", TIMEOUT, async () => {
  write(
    'cluster.mjs',
    `import cluster from 'node:cluster';
    import http from 'node:http';
    if (cluster.isPrimary) {
      const worker = cluster.fork();
      worker.on('listening', ({ port }) => console.log('at http://127.0.0.1:' + port));
      worker.on('exit', () => process.exit());
    } else {
      http.createServer((req, res) => { res.end(String('isSiskin' in req.socket)); cluster.worker.disconnect(); }).listen(0, '127.0.0.1');
    }`,
  );
  await run('cluster.mjs', async (child) => {
    assert.equal(await ask(await child.printed(/at (\S+)/)), 'false');
    assert.deepEqual(await child.exit, [0, null]);
    assert.match(child.stderr, /Node's own http server serves it, since the connections of a node:cluster/);
  });
});
