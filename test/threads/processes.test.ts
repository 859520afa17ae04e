// `siskin serve --worker-class threads` as a process, with real threads: apps that block, hang and die.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type Child, withSiskin } from '../cli/child.ts';
import { temporaryFolder } from '../folder.ts';

const { directory, write } = temporaryFolder('threads');
const express = pathToFileURL(join(import.meta.dirname, '../../node_modules/express/index.js')).href;

write(
  'app.mjs',
  `import { appendFileSync, readFileSync } from 'node:fs';
  import { threadId } from 'node:worker_threads';
  let served = 0;
  export default (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === '/meet') {
      // Blocks until two are here.
      appendFileSync('meeting', threadId + '\\n');
      while (readFileSync('meeting', 'utf8').split('\\n').length < 3);
      return new Response(readFileSync('meeting', 'utf8'));
    }
    if (pathname === '/exit') process.exit(7);
    if (pathname === '/throw') throw new Error('thrown at once');
    if (pathname === '/crash') return void setImmediate(() => { throw new Error('nobody expects this'); }) ?? new Promise(() => {});
    if (pathname === '/fill') { const all = []; for (;;) all.push(new Array(1000).fill(all.length)); }
    if (pathname === '/spin') spinForEver();
    return new Response('request ' + ++served);
  };
  function spinForEver() { for (;;); }`,
);
write(
  'program.mjs',
  `import express from ${JSON.stringify(express)};
  import { createServer } from 'node:http';
  const app = express();
  app.get('/', (req, res) => res.send('hello from ' + req.ip + ' at ' + main.address().port));
  app.post('/', (req, res) => req.pipe(res));
  const main = app.listen(0);
  if (typeof main.address().port !== 'number') throw new Error('no port');
  const other = createServer((req, res) => res.end(String(main.address().port))).listen(0, '127.0.0.1');
  app.get('/other', (req, res) => res.json(other.address()));
  main.on('close', () => console.log('the program is told of the end'));`,
);
write(
  'listens.mjs',
  `import { createServer } from 'node:http';
  createServer((req, res) => res.end()).listen(0);`,
);
write('broken.mjs', `import './missing.mjs'; export default () => {};`);

function withThreads(
  args: readonly string[],
  use: (siskin: Child, url: string) => Promise<void>,
): Promise<void> {
  return withSiskin(
    [...args, '--worker-class', 'threads', '--keep-alive-grace', '10ms'],
    { cwd: directory },
    async (siskin) => use(siskin, await siskin.url()),
  );
}

const ANY_PORT = ['--bind', '127.0.0.1:0'];

async function ask(url: string, path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(url + path);
  return { status: response.status, text: await response.text() };
}

test('as many requests block at the same time as there are threads, and the process goes on', {
  timeout: 60_000,
}, async () => {
  await withThreads(['app.mjs', ...ANY_PORT, '--threads', '2'], async (siskin, url) => {
    const line = JSON.parse(siskin.stdout.split('\n')[0]!);
    assert.deepEqual([line.interface, line.shape, line.threads], ['fetch', 'fetch function', 2]);
    const answers = await Promise.all([ask(url, '/meet'), ask(url, '/meet')]);
    const [first, second] = answers[0]!.text.trim().split('\n');
    assert.notEqual(first, second);
    siskin.process.kill('SIGTERM');
    assert.deepEqual(await siskin.exit, [0, null]);
    assert.equal(siskin.stderr, '');
  });
});

test('threads that exit, crash, or run out of memory are replaced, and the rest goes on', {
  timeout: 60_000,
}, async () => {
  const args = ['app.mjs', ...ANY_PORT, '--threads', '1', '--thread-memory', '24M'];
  await withThreads(args, async (siskin, url) => {
    assert.equal((await ask(url, '/throw')).status, 500);
    assert.match(await siskin.printed(/"message":"(thrown at once)"/, 'stderr'), /thrown/);
    for (const [path, words] of [
      ['/exit', /a thread was ended with status 7, by process\.exit\(\) in the app/],
      ['/crash', /a thread died of an error that nobody caught: nobody expects this/],
      ['/fill', /a thread ran out of memory \(threadMemory\)/],
    ] as const) {
      assert.equal((await ask(url, '/')).text, 'request 1', 'a thread that has just begun');
      assert.equal((await ask(url, path)).status, 500);
      await siskin.printed(words, 'stderr');
    }
    assert.equal((await ask(url, '/')).text, 'request 1');
  });
});

test('a thread that hangs is ended and replaced; the log names the request and the place', {
  timeout: 60_000,
}, async () => {
  const args = ['app.mjs', ...ANY_PORT, '--threads', '1', '--timeout', '1s'];
  await withThreads(args, async (siskin, url) => {
    const answer = await ask(url, '/spin');
    assert.equal(answer.status, 503);
    const text = await siskin.printed(/^.*does not come back.*$/m, 'stderr');
    const line = JSON.parse(text);
    assert.equal(line.request, 'GET /spin');
    assert.match(line.err.stack, /at spinForEver \(.*app\.mjs:\d+:\d+\)/);
    assert.equal((await ask(url, '/')).text, 'request 1');
  });
});

test('a program that listens by itself is served by all threads, at the addresses that it asks for', {
  timeout: 60_000,
}, async () => {
  await withThreads(['program.mjs', '--threads', '2'], async (siskin, url) => {
    const port = Number(new URL(url).port);
    assert.deepEqual(await ask(`http://127.0.0.1:${port}`, '/'), {
      status: 200,
      text: `hello from ::ffff:127.0.0.1 at ${port}`,
    });
    const body = 'x'.repeat(1_000_000);
    assert.equal(await (await fetch(url, { method: 'POST', body })).text(), body);
    const other = JSON.parse((await ask(url, '/other')).text) as { port: number };
    assert.equal((await ask(`http://127.0.0.1:${other.port}`, '/')).text, String(port));
    siskin.process.kill('SIGTERM');
    assert.deepEqual(await siskin.exit, [0, null]);
    assert.equal(siskin.stdout.match(/told of the end/g)?.length, 2);
    assert.equal(siskin.stderr, '');
  });
});

test('what does not load, or can’t listen, ends the command as without threads', {
  timeout: 60_000,
}, async () => {
  const options = { cwd: directory };
  const flags = ['--worker-class', 'threads', '--threads', '2', '--no-arbiter'];
  await withSiskin(['broken.mjs', ...ANY_PORT, ...flags], options, async (siskin) => {
    assert.deepEqual(await siskin.exit, [3, null]);
    assert.match(siskin.stderr, /broken\.mjs did not load\n.*Cannot find module/);
  });
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  after(() => other.close());
  const { port } = other.address() as { port: number };
  await withSiskin(['listens.mjs', '--bind', `127.0.0.1:${port}`, ...flags], options, async (siskin) => {
    assert.deepEqual(await siskin.exit, [1, null]);
    assert.match(siskin.stderr, new RegExp(`127\\.0\\.0\\.1:${port}`));
  });
});
