// How long a connection stays: keep-alive, close, pipelining, half-close.

import assert from 'node:assert/strict';
import { type Backend, behaves, get, post } from './backend.ts';

export function persistenceTests(backend: Backend): void {
  behaves(backend, 'an HTTP/1.1 connection carries one request after another', async (open) => {
    const site = await open((request) => new Response(new URL(request.url).pathname));
    const client = await site.connect();
    for (const path of ['/a', '/b', '/c']) {
      const answer = await client.ask(get(path));
      assert.equal(answer.text, path);
      assert.equal(answer.get('connection'), backend.staying);
    }
    assert.equal(site.statistics().accepted, 1);
  });

  behaves(
    backend,
    'an HTTP/1.0 connection closes after its answer, unless the client asks to keep it',
    async (open) => {
      const site = await open(() => new Response('hello'));
      const plain = await site.connect();
      plain.send('GET / HTTP/1.0\r\n\r\n');
      assert.equal((await plain.answer()).get('connection'), 'close');
      assert.equal(await plain.ended(), 'fin');

      const kept = await site.connect();
      for (let i = 0; i < 2; i++) {
        const answer = await kept.ask('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
        assert.equal(answer.get('connection'), 'keep-alive');
      }
    },
  );

  behaves(backend, 'Connection: close is answered, then closed, whatever came behind it', async (open) => {
    const paths: string[] = [];
    const site = await open((request) => {
      paths.push(new URL(request.url).pathname);
      return new Response('hello');
    });
    const client = await site.connect();
    client.send(get('/last', 'Connection: close') + get('/ignored') + get('/ignored'));
    const answer = await client.answer();
    assert.equal(answer.get('connection'), 'close');
    assert.equal(await client.ended(), 'fin');
    assert.deepEqual(paths, ['/last']);
    assert.equal(client.raw.match(/HTTP\/1\.1 200/g)?.length, 1);
  });

  behaves(backend, 'an answer that says Connection: close closes', async (open) => {
    const site = await open(() => new Response('bye', { headers: { connection: 'close' } }));
    const client = await site.connect();
    assert.equal((await client.ask(get())).get('connection'), 'close');
    assert.equal(await client.ended(), 'fin');
  });

  behaves(backend, 'pipelined requests are answered in order, however long each takes', async (open) => {
    const site = await open(async (request) => {
      const path = new URL(request.url).pathname;
      for (let i = Number(path.slice(1)) % 3; i > 0; i--) await null;
      return new Response(path);
    });
    const client = await site.connect();
    const paths = Array.from({ length: 200 }, (_, i) => `/${i}`);
    client.send(paths.map((path) => get(path)).join(''));
    for (const path of paths) assert.equal((await client.answer()).text, path);
  });

  behaves(backend, 'a client that pipelines does not keep others waiting', async (open) => {
    const order: string[] = [];
    const site = await open(
      (request) => {
        order.push(new URL(request.url).pathname);
        return new Response('x');
      },
      { settings: { maxPipelined: 4 } },
    );
    const [greedy, modest] = [await site.connect(), await site.connect()];
    greedy.send(Array.from({ length: 100 }, () => get('/greedy')).join(''));
    modest.send(get('/modest'));
    await modest.answer();
    for (let i = 0; i < 100; i++) await greedy.answer();
    assert.ok(order.indexOf('/modest') < 50, `others waited for ${order.indexOf('/modest')} requests`);
  });

  behaves(backend, 'a request in pieces, octet by octet, is a request', async (open) => {
    const site = await open(async (request) => new Response(`${request.url} ${await request.text()}`));
    const client = await site.connect();
    for (const octet of post('/slow', 'body')) client.send(octet);
    assert.equal((await client.answer('POST')).text, 'http://example.org/slow body');
  });

  behaves(backend, 'a client that half-closes after its request still gets its answer', async (open) => {
    let release = (): void => {};
    const site = await open(async () => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return new Response('at last');
    });
    const client = await site.connect();
    client.send(get()).end();
    await site.settle();
    release();
    assert.equal((await client.answer()).text, 'at last');
    assert.equal(await client.ended(), 'fin');
  });

  behaves(backend, 'all of a pipeline is answered to a client that half-closes behind it', async (open) => {
    const site = await open(async (request) => new Response(new URL(request.url).pathname));
    const client = await site.connect();
    client.send([1, 2, 3, 4, 5].map((i) => get(`/${i}`)).join('')).end();
    for (const i of [1, 2, 3, 4, 5]) assert.equal((await client.answer()).text, `/${i}`);
    assert.equal(await client.ended(), 'fin');
  });

  behaves(
    backend,
    'a client that is sending on when its connection closes still reads its answer',
    async (open) => {
      const site = await open(() => new Response('x'.repeat(50_000), { headers: { connection: 'close' } }));
      const client = await site.connect();
      client.pause().send(get());
      for (let i = 0; i < 5; i++) {
        await site.settle();
        client.send(get());
      }
      await site.settle();
      client.resume();
      assert.equal((await client.answer()).body.length, 50_000);
      assert.equal(await client.ended(), 'fin');
      await site.settle();
      assert.equal(client.sendFailed, false);
    },
  );

  behaves(backend, 'a connection without a request closes as its client does', async (open) => {
    const site = await open(() => new Response('hello'));
    const client = await site.connect();
    client.end();
    assert.equal(await client.ended(), 'fin');
    assert.equal(client.raw, '');
  });

  behaves(backend, 'a head that ends with the connection is answered with 400', async (open) => {
    const site = await open(() => new Response('hello'));
    const client = await site.connect();
    client.send('GET / HTTP/1.1\r\nHost: exa').end();
    assert.equal((await client.answer()).status, 400);
    assert.equal(await client.ended(), 'fin');
  });
}
