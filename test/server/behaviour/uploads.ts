// Bodies of requests: counted and in chunks, read or not, too large, too short, and invited with 100 Continue.

import assert from 'node:assert/strict';
import { type Backend, behaves, get, post, request } from './backend.ts';

const CHUNKED = ['Transfer-Encoding: chunked'];

export function uploadTests(backend: Backend): void {
  behaves(backend, 'a body arrives counted or in chunks, as text, as a stream, as JSON', async (open) => {
    const site = await open(async (request) => {
      const path = new URL(request.url).pathname;
      if (path === '/json') return Response.json(await request.json());
      if (path === '/text') return new Response(await request.text());
      let text = '';
      for await (const piece of request.body!) text += Buffer.from(piece).toString();
      return new Response(text);
    });
    const client = await site.connect();
    for (const path of ['/text', '/stream', '/json']) {
      assert.equal((await client.ask(post(path, '[1,2]'))).text, '[1,2]');
      const chunked = request(
        'POST',
        path,
        CHUNKED,
        '2;a="b"\r\n[1\r\n3\r\n,2]\r\n0\r\nX-Trailer: t\r\n\r\n',
      );
      assert.equal((await client.ask(chunked)).text, '[1,2]');
    }
  });

  behaves(backend, 'a large upload is echoed while it comes', async (open) => {
    const site = await open((request) => new Response(request.body));
    const client = await site.connect();
    const large = Buffer.alloc(2_000_000, 'abcdefghijk');
    client.send(request('POST', '/', [`Content-Length: ${large.length}`])).send(large);
    assert.ok((await client.answer('POST')).body.equals(large));
    assert.equal((await client.ask(post('/', 'again'))).text, 'again');
  });

  behaves(backend, 'a body that nobody reads is no part of the next request', async (open) => {
    const paths: string[] = [];
    const site = await open((request) => {
      paths.push(new URL(request.url).pathname);
      return new Response('ignored it');
    });
    const client = await site.connect();
    const smuggled = get('/smuggled');
    client.send(
      post('/', smuggled) + request('POST', '/', CHUNKED, `5\r\nGET /\r\n0\r\n\r\n`) + get('/last'),
    );
    for (let i = 0; i < 3; i++) assert.equal((await client.answer('POST')).text, 'ignored it');
    await client.ask(get('/behind'));
    assert.deepEqual(paths, ['/', '/', '/last', '/behind']);
  });

  behaves(
    backend,
    'a body that nobody reads and that comes later is dropped, if it is small',
    async (open) => {
      const site = await open((request) => new Response(request.method));
      const client = await site.connect();
      client.send(request('POST', '/', ['Content-Length: 1000']));
      assert.equal((await client.answer('POST')).get('connection'), backend.staying);
      // A body that is left over would be the beginning of a method.
      client.send(`${'x'.repeat(1000)}${get()}`);
      assert.equal((await client.answer()).text, 'GET');
    },
  );

  behaves(backend, 'a large body that nobody reads costs the connection', async (open) => {
    const site = await open(() => new Response('ignored it'));
    const client = await site.connect();
    client.send(request('POST', '/', ['Content-Length: 10000000']) + 'x'.repeat(1000));
    assert.equal((await client.answer('POST')).get('connection'), 'close');
    assert.equal(await client.ended(), 'fin');
  });

  behaves(backend, '100 Continue is sent when the app first reads the body', async (open) => {
    const called = Promise.withResolvers<void>();
    const reads = Promise.withResolvers<void>();
    const site = await open(async (request) => {
      if (request.method === 'GET') return new Response('hello');
      called.resolve();
      await reads.promise;
      return new Response(await request.text());
    });
    const client = await site.connect();
    client.send(request('POST', '/', ['Content-Length: 5', 'Expect: 100-continue']));
    await called.promise;
    // What had been sent before this answer would have come before it.
    await (await site.connect()).ask(get());
    assert.equal(client.raw, '');
    reads.resolve();
    assert.equal(await client.until((raw) => raw.includes('\r\n\r\n')), 'HTTP/1.1 100 Continue\r\n\r\n');
    client.send('hello');
    const answer = await client.answer('POST');
    assert.deepEqual(
      [answer.interim, answer.text, answer.get('connection')],
      [[100], 'hello', backend.staying],
    );
  });

  behaves(backend, 'a final answer without 100 Continue closes: the body may come or not', async (open) => {
    const site = await open(() => new Response('no, thanks', { status: 403 }));
    const client = await site.connect();
    client.send(request('POST', '/', ['Content-Length: 5', 'Expect: 100-continue']));
    const answer = await client.answer('POST');
    assert.deepEqual([answer.status, answer.interim, answer.get('connection')], [403, [], 'close']);
    client.send('hello').end();
    assert.equal(await client.ended(), 'fin');
    assert.equal(site.statistics().requests, 1);
  });

  behaves(
    backend,
    'no interim answer goes to a client whose body is on its way, or that speaks 1.0',
    async (open) => {
      const site = await open(async (request) => new Response(await request.text()));
      const eager = await site.connect();
      const answer = await eager.ask(post('/', 'hello', 'Expect: 100-continue'));
      assert.deepEqual([answer.interim, answer.text], [[], 'hello']);
      assert.equal((await eager.ask(get())).status, 200);

      const old = await site.connect();
      old.send('POST / HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n');
      await site.settle();
      old.send('hello');
      const late = await old.answer('POST');
      assert.deepEqual([late.interim, late.text], [[], 'hello']);
    },
  );

  behaves(backend, 'a body that is declared too large is refused before the app is called', async (open) => {
    const site = await open(() => new Response('called'), { settings: { limitRequestBody: 10 } });
    const client = await site.connect();
    client.send(request('POST', '/', ['Content-Length: 11', 'Expect: 100-continue']));
    const answer = await client.answer('POST');
    assert.deepEqual([answer.status, answer.get('connection')], [413, 'close']);
    assert.equal(await client.ended(), 'fin');
    assert.equal((await (await site.connect()).ask(post('/', 'ten octets'))).text, 'called');
  });

  behaves(backend, 'a chunked body is refused where it grows too large', async (open) => {
    const site = await open(async (request) => new Response(await request.text()), {
      settings: { limitRequestBody: 10 },
    });
    const client = await site.connect();
    client.send(request('POST', '/', CHUNKED, '6\r\nsix to\r\n'));
    await site.settle();
    client.send('6\r\n twelve\r\n0\r\n\r\n');
    assert.equal((await client.answer('POST')).status, 413);
    assert.equal(await client.ended(), 'fin');
    assert.deepEqual(
      site.log.filter(({ level }) => level === 'error'),
      [],
    );
  });

  behaves(
    backend,
    'an app is told that the body it reads was cut short, and its client that it was 400',
    async (open) => {
      const errors: unknown[] = [];
      const site = await open(async (request) => {
        const text = await request.text().catch((error: unknown) => {
          errors.push(error);
          throw error;
        });
        return new Response(text);
      });
      const client = await site.connect();
      client.send(request('POST', '/', ['Content-Length: 10'], 'half')).end();
      assert.equal((await client.answer('POST')).status, 400);
      const code = backend.capabilities.has('fetch') ? 'ERR_BODY_CUT_SHORT' : 'ECONNRESET';
      assert.equal((errors[0] as { code?: string }).code, code);
    },
  );

  behaves(
    backend,
    'an app that reads on behind its answer gets all of the body, or an error',
    async (open) => {
      const read = Promise.withResolvers<string>();
      const site = await open((request, { waitUntil }) => {
        if (request.method === 'POST')
          waitUntil(request.text().then(read.resolve, (error) => read.resolve(error.code)));
        return new Response('answered');
      });
      const client = await site.connect();
      client.send(request('POST', '/', ['Content-Length: 10'], 'half '));
      assert.equal((await client.answer('POST')).text, 'answered');
      await site.settle();
      client.send('half');
      await site.settle();
      client.send(`.${get()}`);
      assert.equal((await client.answer()).text, 'answered');
      assert.match(await read.promise, /^(half half\.|ERR_BODY_CANCELLED)$/);
    },
  );

  behaves(backend, 'an app that reads slowly slows its client down', async (open) => {
    let read = 0;
    let go = (): void => {};
    const site = await open(async (request) => {
      for await (const piece of request.body!) {
        read += piece.length;
        await new Promise<void>((resolve) => {
          go = resolve;
        });
      }
      return new Response(String(read));
    });
    const client = await site.connect();
    client.send(request('POST', '/', ['Content-Length: 50000000'])).send(Buffer.alloc(50_000_000));
    for (let i = 0; i < 5; i++) {
      await site.settle();
      go();
    }
    await site.settle();
    assert.ok(read < 5_000_000, `${read} bytes were read ahead`);
    assert.ok(site.statistics().buffered < 1_000_000, `${site.statistics().buffered} bytes wait in memory`);
    client.reset();
    while (site.statistics().inFlight > 0) {
      await site.settle();
      go();
    }
  });
}
