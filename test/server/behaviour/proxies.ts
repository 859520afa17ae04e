// Who the client is: the socket's peer, or what a trusted proxy says; and the access record, which says the same.

import assert from 'node:assert/strict';
import type { FetchHandler } from '../../../src/app/index.ts';
import { type Backend, behaves, get, request } from './backend.ts';

const whoAndWhere: FetchHandler = (request, info) => new Response(`${info.remoteAddress} ${request.url}`);
const FORWARDED = [
  'X-Forwarded-For: 203.0.113.7',
  'X-Forwarded-Proto: https',
  'X-Forwarded-Host: shop.example',
];

export function proxyTests(backend: Backend): void {
  behaves(backend, 'a trusted proxy’s word is the client’s address, scheme and host', async (open) => {
    const site = await open(whoAndWhere);
    const client = await site.connect();
    assert.equal((await client.ask(get('/a?b', ...FORWARDED))).text, '203.0.113.7 https://shop.example/a?b');
    const standard = 'Forwarded: for="[2001:db8::1]:4711";proto=https;host=shop.example';
    assert.equal((await client.ask(get('/', standard))).text, '2001:db8::1 https://shop.example/');
    assert.deepEqual(
      site.records.map(({ remoteAddress }) => remoteAddress),
      ['203.0.113.7', '2001:db8::1'],
    );
  });

  behaves(backend, 'anybody else’s is not believed', async (open) => {
    const site = await open(whoAndWhere, { settings: { forwardedAllowIps: ['10.0.0.0/8'] } });
    const client = await site.connect();
    assert.equal((await client.ask(get('/', ...FORWARDED))).text, '127.0.0.1 http://example.org/');
    assert.equal(site.records[0]!.remoteAddress, '127.0.0.1');
  });

  behaves(
    backend,
    'of a chain only what trusted proxies wrote is believed',
    async (open) => {
      const site = await open(whoAndWhere, { settings: { forwardedAllowIps: ['10.0.0.0/8'] } });
      const client = await site.connect('10.1.1.1');
      const chain = 'X-Forwarded-For: 1.1.1.1, 203.0.113.7, 10.2.2.2';
      assert.equal((await client.ask(get('/', chain))).text, '203.0.113.7 http://example.org/');
      const stranger = await site.connect('192.0.2.9');
      assert.equal((await stranger.ask(get('/', chain))).text, '192.0.2.9 http://example.org/');
    },
    { needs: 'any peer' },
  );

  behaves(backend, 'over a unix socket there is no address but the one that is forwarded', async (open) => {
    const site = await open(whoAndWhere, { unix: true });
    const client = await site.connect();
    assert.equal((await client.ask(get())).text, ' http://example.org/');
    assert.equal((await client.ask(get('/', ...FORWARDED))).text, '203.0.113.7 https://shop.example/');
  });

  behaves(
    backend,
    'request.url has the host that the client asked for, or the address it came to',
    async (open) => {
      const site = await open((request) => new Response(request.url));
      const client = await site.connect();
      assert.equal(
        (await client.ask('GET http://other.example/p HTTP/1.1\r\nHost: a\r\n\r\n')).text,
        'http://other.example/p',
      );
      const old = await site.connect();
      assert.equal((await old.ask('GET /p HTTP/1.0\r\n\r\n')).text, `http://${site.address}/p`);
    },
  );

  behaves(backend, 'an access record has the request, its answer and its duration', async (open) => {
    const site = await open((request) => {
      if (request.url.includes('/throws')) throw new Error('secret');
      return new Response(
        request.url.includes('/stream') ? ReadableStream.from([Buffer.from('12345')]) : 'seven!!',
      );
    });
    const client = await site.connect();
    await client.ask(get('/a?b=c', 'Referer: http://here/', 'User-Agent: suite/1'));
    await client.ask(request('HEAD', '/head'));
    await client.ask(get('/stream'));
    await client.ask(get('/throws'));
    await site.settle();
    const rows = site.records.map((row) => [row.method, row.target, row.httpVersion, row.status, row.bytes]);
    assert.deepEqual(rows, [
      ['GET', '/a?b=c', '1.1', 200, 7],
      ['HEAD', '/head', '1.1', 200, 0],
      ['GET', '/stream', '1.1', 200, 5],
      ['GET', '/throws', '1.1', 500, 26],
    ]);
    const [first] = site.records;
    assert.deepEqual(
      [first!.referer, first!.userAgent, first!.remoteAddress],
      ['http://here/', 'suite/1', '127.0.0.1'],
    );
    assert.ok(first!.durationMs >= 0 && first!.durationMs < 5000);
  });

  behaves(backend, 'an access record of a refused request has what its line says', async (open) => {
    const site = await open(() => new Response());
    const refused: readonly (readonly [sent: string, status: number, line: readonly string[]])[] = [
      ['GET /a?b HTTP/1.0\r\nA\r\n\r\n', 400, ['GET', '/a?b', '1.0']],
      ['\r\nPOST / HTTP/1.1\r\nHost: a\r\nExpect: much\r\n\r\n', 417, ['POST', '/', '1.1']],
      ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505, ['PRI', '*', '2.0']],
      ['GET  /two HTTP/1.1\r\n\r\n', 400, ['-', 'GET  /two HTTP/1.1', '-']],
      [`GET /${'x'.repeat(9000)}`, 414, ['-', `GET /${'x'.repeat(1019)}`, '-']],
    ];
    for (const [sent, status] of refused) {
      const client = await site.connect();
      assert.equal((await client.ask(sent)).status, status);
      client.end();
      await client.ended();
    }
    assert.deepEqual(
      site.records.map(({ status, method, target, httpVersion }) => [status, [method, target, httpVersion]]),
      refused.map(([, status, line]) => [status, line]),
    );
  });

  behaves(backend, 'a request that was never answered has no access record', async (open) => {
    const { promise, resolve } = Promise.withResolvers<Response>();
    const called = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    const site = await open((request) => {
      if (request.url.endsWith('/later')) return new Response('hello');
      request.signal.addEventListener('abort', () => left.resolve());
      called.resolve();
      return promise;
    });
    const client = await site.connect();
    client.send(get());
    await called.promise;
    client.reset();
    await left.promise;
    resolve(new Response('to nobody'));
    await (await site.connect()).ask(get('/later'));
    while (site.records.length === 0) await site.settle();
    assert.deepEqual(
      site.records.map(({ target }) => target),
      ['/later'],
    );
  });
}
