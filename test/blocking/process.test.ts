// What fetchSync leaves of a process: whether it ends, whatever is kept; threads that call; TLS.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import tls from 'node:tls';
import { FetchError, fetchSync, type SyncResponse } from '../../src/blocking/index.ts';
import { type Pending, start } from '../../src/green/coroutine.ts';
import { twinOf } from '../../src/green/twin.ts';

const CERTIFICATE = new URL('fixtures/certificate.pem', import.meta.url);
const cert = readFileSync(CERTIFICATE, 'utf8');
const key = readFileSync(new URL('fixtures/key.pem', import.meta.url), 'utf8');
const PRELUDE = `
  import { fetchSync, setFetchLimits } from '${new URL('../../src/blocking/index.ts', import.meta.url).href}';
  import { start } from '${new URL('../../src/green/coroutine.ts', import.meta.url).href}';
  import { twinOf } from '${new URL('../../src/green/twin.ts', import.meta.url).href}';
  import { parentPort, Worker, workerData } from 'node:worker_threads';
  setFetchLimits({ keepAlive: 3_600_000 });
  const green = (...args) => start(twinOf(fetchSync).call(undefined, ...args)).promise;
  const [url] = process.argv.slice(1);
`;

/** Runs `source` as a process, with URLs of servers as its arguments. */
async function run(source: string, ...urls: string[]): Promise<{ code: number | null; lines: string[] }> {
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: CERTIFICATE.pathname };
  const child: ChildProcess = spawn(
    process.execPath,
    ['--input-type=module', '--eval', PRELUDE + source, '--', ...urls],
    { env, stdio: ['ignore', 'pipe', 'inherit'], timeout: 60_000, killSignal: 'SIGKILL' },
  );
  const [out, [code]] = await Promise.all([text(child.stdout!), once(child, 'close')]);
  return { code, lines: out.split('\n').filter((line) => line !== '') };
}

describe('a process that calls fetchSync', { concurrency: true }, () => {
  /** Requests on each connection. */
  const turns = new WeakMap<object, number>();
  // It would keep connections for an hour, as far as it goes.
  const server = createServer({ keepAliveTimeout: 3_600_000 }, (request, response) => {
    const turn = (turns.get(request.socket) ?? 0) + 1;
    turns.set(request.socket, turn);
    response.end(`${request.url} ${turn}`);
  });
  const secure = https.createServer({ cert, key }, (request, response) => {
    if (request.url === '/redirect') response.writeHead(302, { Location: '/there' }).end();
    else if (request.url === '/large') response.end(Buffer.alloc(100_000));
    else if (request.url === '/cut')
      response.writeHead(200, { 'Content-Length': '9' }).write('a', () => response.destroy());
    else if (request.url !== '/never') request.pipe(response);
  });
  let url = '';
  let secureUrl = '';
  before(async () => {
    for (const each of [server, secure]) await once(each.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    secureUrl = `https://localhost:${(secure.address() as AddressInfo).port}`;
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), cert]);
  });
  after(() => {
    for (const each of [server, secure]) {
      each.close();
      each.closeAllConnections();
    }
  });

  it('plain, in several threads and over TLS, ends by itself, and can end its threads', async () => {
    const source = `
      console.log(fetchSync(url + '/a').text());
      console.log(fetchSync(url + '/b').text());
      const secure = process.argv[2];
      const answer = fetchSync(secure + '/redirect', { method: 'POST', body: 'x' });
      console.log(answer.status, answer.redirected, answer.url === secure + '/there', answer.text() === '');
      console.log(fetchSync(secure, { method: 'POST', body: 'said' }).text());
      const code = ${JSON.stringify(PRELUDE)} + 'setInterval(() => {}, 1000); parentPort.postMessage(fetchSync(workerData).text())';
      const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(code)), { workerData: url + '/thread' });
      worker.once('message', (message) => {
        console.log(message);
        worker.terminate();
      });
    `;
    assert.deepEqual(await run(source, url, secureUrl), {
      code: 0,
      lines: ['/a 1', '/b 2', '200 true true true', 'said', '/thread 1'],
    });
  });

  it('green ends by itself, although connections are kept', async () => {
    const source = `console.log((await green(url + '/a')).text()); console.log((await green(url + '/b')).text());`;
    assert.deepEqual(await run(source, url), { code: 0, lines: ['/a 1', '/b 2'] });
  });

  it('uses https: in green code', async () => {
    const answer = await green(`${secureUrl}/redirect`, { method: 'POST', body: 'x' });
    assert.deepEqual([answer.status, answer.redirected, answer.url], [200, true, `${secureUrl}/there`]);
    const said = await green(secureUrl, { method: 'PUT', body: 'said', headers: { 'content-type': 'a/b' } });
    assert.equal(said.text(), 'said');
    for (const [path, options, code] of [
      ['/large', { maxResponseSize: 99_999 }, 'ERR_HTTP_BODY_TOO_LARGE'],
      ['/never', { timeout: 30 }, 'ERR_FETCH_TIMEOUT'],
      ['/never', { idleTimeout: 30 }, 'ERR_FETCH_IDLE_TIMEOUT'],
      ['/cut', {}, 'ECONNRESET'],
    ] as const) {
      await assert.rejects(green(secureUrl + path, options), { name: 'FetchError', code });
    }
    await assert.rejects(green(url.replace('http:', 'https:')), FetchError);
  });
});

async function green(...args: Parameters<typeof fetchSync>): Promise<SyncResponse> {
  return (await (start(twinOf(fetchSync)!.call(undefined, ...args)) as Pending).promise) as SyncResponse;
}
