// Limits: connections that wait in the queue, requests that are turned away with 503, memory that stays bounded.

import assert from 'node:assert/strict';
import { type Backend, behaves, get, onlyLine, post, request } from './backend.ts';

export function overloadTests(backend: Backend): void {
  behaves(backend, 'past maxInFlight a request is answered with 503 and Retry-After', async (open) => {
    const gates: (() => void)[] = [];
    const site = await open(
      async () => {
        await new Promise<void>((resolve) => gates.push(resolve));
        return new Response('done');
      },
      { settings: { maxInFlight: 2, retryAfter: 7000 } },
    );
    const clients = [await site.connect(), await site.connect(), await site.connect()];
    for (const client of clients) {
      client.send(get());
      await site.settle();
    }
    const refused = await clients[2]!.answer();
    assert.deepEqual(
      [refused.status, refused.get('retry-after'), refused.get('connection')],
      [503, '7', 'close'],
    );
    assert.equal(await clients[2]!.ended(), 'fin');
    assert.equal(onlyLine(site, 'warn').fields['limit'], 'maxInFlight');
    assert.equal(site.statistics().shed, 1);

    for (const open of gates) open();
    for (const client of clients.slice(0, 2)) assert.equal((await client.answer()).text, 'done');
    const later = await site.connect();
    later.send(get());
    while (gates.length < 3) await site.settle();
    gates[2]!();
    assert.equal((await later.answer()).text, 'done');
  });

  behaves(backend, 'past maxConnections new ones wait until there is room', async (open) => {
    const site = await open(() => new Response('hello'), { settings: { maxConnections: 2 } });
    const first = await site.connect();
    const second = await site.connect();
    assert.equal((await first.ask(get())).status, 200);
    assert.equal((await second.ask(get())).status, 200);
    const third = await site.connect();
    third.send(get());
    // Whoever asks after it is answered, again and again: so would it be, were it not for the limit.
    for (let i = 0; i < 3; i++) assert.equal((await second.ask(get())).status, 200);
    const { connections, accepted } = site.statistics();
    assert.deepEqual([third.raw, connections, accepted], ['', 2, 2]);
    first.close();
    assert.equal((await third.answer()).text, 'hello');
  });

  behaves(
    backend,
    'past maxBuffered a request is answered with 503 until clients have read',
    async (open) => {
      const site = await open(
        (request) => new Response(request.url.endsWith('/large') ? 'x'.repeat(24_000_000) : 'small'),
        {
          settings: { maxBuffered: 1024 ** 2 },
        },
      );
      const slow = await site.connect();
      slow.pause().send(get('/large'));
      const other = await site.connect();
      await site.settle();
      assert.ok(site.statistics().buffered > 1024 ** 2, `${site.statistics().buffered}`);
      const refused = await other.ask(get('/small'));
      assert.deepEqual([refused.status, refused.get('retry-after')], [503, '5']);
      assert.equal(onlyLine(site, 'warn').fields['limit'], 'maxBuffered');

      slow.resume();
      assert.equal((await slow.answer()).body.length, 24_000_000);
      await site.settle();
      assert.equal(site.statistics().buffered, 0);
      assert.equal((await (await site.connect()).ask(get('/small'))).text, 'small');
    },
  );

  behaves(backend, 'bodies that apps have not taken yet count as buffered', async (open) => {
    let read = (): void => {};
    const site = await open(async (request) => {
      await new Promise<void>((resolve) => {
        read = resolve;
      });
      return new Response(await request.text());
    });
    const client = await site.connect();
    client.send(post('/', 'x'.repeat(30_000)));
    for (let i = 0; i < 20 && site.statistics().requests === 0; i++) await site.settle();
    if (backend.apart !== true) assert.ok(site.statistics().buffered > 0, 'nothing is counted');
    read();
    assert.equal((await client.answer('POST')).body.length, 30_000);
    await site.settle();
    assert.equal(site.statistics().buffered, 0);
  });

  behaves(backend, 'what a client pipelines beyond its turn waits in its socket', async (open) => {
    let release = (): void => {};
    const site = await open(async () => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return new Response('x');
    });
    const client = await site.connect();
    const batch = request('GET', '/', [`X-Filler: ${'f'.repeat(900)}`]).repeat(5000);
    client.send(batch);
    for (let i = 0; i < 10; i++) await site.settle();
    assert.equal(site.statistics().requests, 1);
    assert.ok(site.statistics().buffered <= 300 * 1024, `${site.statistics().buffered} bytes wait in memory`);
    client.reset();
    await site.settle();
    release();
  });
}
