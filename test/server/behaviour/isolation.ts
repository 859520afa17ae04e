// Requests don't see each other: not through buffers, not through AsyncLocalStorage.

import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { type Backend, behaves, get, post } from './backend.ts';

export function isolationTests(backend: Backend): void {
  behaves(backend, 'a handler that reads its headers late reads its own', async (open) => {
    const gates: (() => void)[] = [];
    const site = await open(async (request) => {
      await new Promise<void>((resolve) => gates.push(resolve));
      return new Response(`${request.headers.get('x-id')} ${request.url} ${await request.text()}`);
    });
    const clients = await Promise.all(Array.from({ length: 10 }, () => site.connect()));
    for (const [i, client] of clients.entries())
      client.send(post(`/${i}`, `body ${i}`, `X-Id: ${'i'.repeat(i)}${i}`));
    while (gates.length < clients.length) await site.settle();
    for (const open of gates) open();
    for (const [i, client] of clients.entries()) {
      assert.equal(
        (await client.answer('POST')).text,
        `${'i'.repeat(i)}${i} http://example.org/${i} body ${i}`,
      );
    }
  });

  behaves(backend, 'half a request of one client survives whole ones of others', async (open) => {
    const site = await open(
      async (request) => new Response(`${request.headers.get('x-id')} ${await request.text()}`),
    );
    const slow = await site.connect();
    const fast = await site.connect();
    const request = post('/', 'the slow body', 'X-Id: slow');
    for (let at = 0; at < request.length; at += 7) {
      slow.send(request.slice(at, at + 7));
      await site.settle();
      const filler = 'f'.repeat(200);
      assert.equal((await fast.ask(post('/', filler, 'X-Id: fast'))).text, `fast ${filler}`);
    }
    assert.equal((await slow.answer('POST')).text, 'slow the slow body');
  });

  behaves(
    backend,
    'requests of one batch never see each other’s AsyncLocalStorage, pipelined ones included',
    async (open) => {
      const storage = new AsyncLocalStorage<string>();
      const leaked: string[] = [];
      const site = await open(async (request) => {
        const id = request.headers.get('x-id')!;
        const before = storage.getStore();
        if (before !== undefined) leaked.push(`${id} began with ${before}`);
        storage.enterWith(id);
        await null;
        if (id.endsWith('0')) await new Promise((resolve) => queueMicrotask(() => resolve(undefined)));
        const body = await request.text();
        if (storage.getStore() !== id) leaked.push(`${id} ended with ${storage.getStore()}`);
        return new Response(`${storage.getStore()} ${body}`);
      });
      const clients = await Promise.all(Array.from({ length: 8 }, () => site.connect()));
      clients.forEach((client, i) => {
        client.send([0, 1, 2].map((n) => post('/', 'b', `X-Id: ${i}${n}`)).join(''));
      });
      for (const [i, client] of clients.entries()) {
        for (const n of [0, 1, 2]) assert.equal((await client.answer('POST')).text, `${i}${n} b`);
      }
      assert.deepEqual(leaked, []);
    },
  );

  behaves(backend, 'a synchronous enterWith ends with its request', async (open) => {
    const storage = new AsyncLocalStorage<string>();
    const found: (string | undefined)[] = [];
    const site = await open((request) => {
      found.push(storage.getStore());
      storage.enterWith(request.url);
      return new Response('ok');
    });
    const client = await site.connect();
    client.send(get('/1') + get('/2') + get('/3'));
    for (let i = 0; i < 3; i++) await client.answer();
    assert.deepEqual(found, [undefined, undefined, undefined]);
  });
}
