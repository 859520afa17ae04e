// sync-fetch in coroutines, against the same calls plain. What answers is in a thread: plain, it holds this one.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { Pending } from '../../../src/green/coroutine.ts';
import { green, install, outcome, startGreen } from './green.ts';

// biome-ignore lint/suspicious/noExplicitAny: called with what its types forbid
type SyncFetch = any;

const SERVER = `
const { createServer } = require('node:http');
const { gzipSync } = require('node:zlib');
const { parentPort } = require('node:worker_threads');
const hold = Promise.withResolvers();
const server = createServer((request, response) => {
  const [path] = request.url.split('?');
  if (path === '/hold') { hold.promise.then(() => response.end('released')); return; }
  if (path === '/release') { hold.resolve(); response.end(); return; }
  if (path === '/never') return;
  if (path === '/cut') { response.writeHead(200, { 'content-length': 100 }); response.write('some'); setImmediate(() => response.destroy()); return; }
  if (path === '/reset') { request.socket.destroy(); return; }
  if (path === '/redirect') { response.writeHead(302, { location: '/echo' }); response.end(); return; }
  if (path === '/gzip') { response.writeHead(200, { 'content-encoding': 'gzip' }); response.end(gzipSync('packed')); return; }
  if (path === '/empty') { response.writeHead(204); response.end(); return; }
  if (path === '/missing') { response.writeHead(404, 'Gone Fishing', { 'set-cookie': ['a=1', 'b=2'], 'x-latin': 'caf\\u00e9' }); response.end('no'); return; }
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const { connection, ...headers } = request.headers;
    response.setHeader('content-type', 'application/json; charset=utf-8');
    response.sendDate = false;
    response.end(JSON.stringify({ method: request.method, url: request.url, headers, body: Buffer.concat(parts).toString('latin1') }));
  });
});
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

/** A path, and options. */
const REQUESTS: readonly (readonly [string, object?])[] = [
  ['/echo?a=1'],
  ['/echo', { method: 'POST', body: 'text ü', headers: { 'X-Own': 'yes' } }],
  [
    '/echo',
    {
      method: 'PUT',
      body: Buffer.from([0, 255, 10]),
      headers: [
        ['a', '1'],
        ['a', '2'],
      ],
    },
  ],
  ['/echo', { method: 'POST', body: new URLSearchParams({ a: '1' }) }],
  ['/redirect'],
  ['/redirect', { redirect: 'manual' }],
  ['/gzip'],
  ['/empty'],
  ['/missing'],
  ['/echo', { size: 3 }],
  ['/reset'],
  ['/cut'],
  ['/never', { timeout: 60 }],
  ['/echo', { timeout: 'soon' }],
  ['/echo', { method: 'GET', body: 'not allowed' }],
  ['/echo', { headers: { 'not a name': 'x' } }],
];

/** What can be seen of a response. */
function seen(response: SyncFetch): object {
  const { status, statusText, ok, redirected, type, url, bodyUsed, headers } = response;
  const own = { ...headers.raw() };
  delete own.date;
  let text: unknown;
  try {
    text = response.clone().text();
  } catch (error) {
    text = { ...(error as object), message: (error as Error).message };
  }
  return { status, statusText, ok, redirected, type, url, bodyUsed, headers: own, text };
}

describe('sync-fetch in coroutines', () => {
  let server: Worker;
  let base: string;
  let fetch: SyncFetch;

  before(async () => {
    server = new Worker(SERVER, { eval: true, execArgv: [] });
    const [port] = await once(server, 'message');
    base = `http://127.0.0.1:${port}`;
    await install('sync-fetch');
    fetch = createRequire(import.meta.url)('sync-fetch');
  });

  after(async () => {
    await server.terminate();
  });

  it('answers and throws what the plain call does', async () => {
    for (const [path, init] of REQUESTS) {
      const expected = await outcome(() => seen(fetch(base + path, init)));
      const got = await outcome(async () => seen(await green(fetch, undefined, base + path, init)));
      assert.deepEqual(got, expected, `${path} ${JSON.stringify(init)}`);
    }
    for (const url of ['http://127.0.0.1:1/', 'ftp://127.0.0.1/', 'nonsense', undefined]) {
      const expected = await outcome(() => seen(fetch(url)));
      assert.deepEqual(
        await outcome(async () => seen(await green(fetch, undefined, url))),
        expected,
        String(url),
      );
    }
  });

  it('takes a request of its own, and its responses are read as always', async () => {
    const request = new fetch.Request(`${base}/echo`, { method: 'POST', body: '{"a":1}' });
    const response = (await green(fetch, undefined, request)) as SyncFetch;
    assert.ok(response instanceof fetch.Response);
    assert.equal(response.json().body, '{"a":1}');
    assert.throws(() => response.text(), /body used already|already/);
  });

  it('lets others run meanwhile', async () => {
    const waiting = startGreen(fetch, undefined, `${base}/hold`) as Pending;
    assert.ok(waiting instanceof Pending);
    await green(fetch, undefined, `${base}/echo`);
    await green(fetch, undefined, `${base}/release`);
    assert.equal(((await waiting.promise) as SyncFetch).text(), 'released');
  });
});
