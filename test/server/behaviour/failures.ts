// What happens when an app fails: nothing leaks to its client, everything is in the log, and the server goes on.

import assert from 'node:assert/strict';
import { sleep } from '../../../src/task/index.ts';
import { type Backend, behaves, get, onlyLine, post, request } from './backend.ts';

export function failureTests(backend: Backend): void {
  behaves(backend, 'a handler that throws is answered with 500, and nothing of it leaks', async (open) => {
    const site = await open(function secretHandler(request) {
      if (request.url.endsWith('/late')) return Promise.reject(new Error('secret'));
      throw new Error('secret');
    });
    const client = await site.connect();
    for (const path of ['/now', '/late']) {
      const answer = await client.ask(get(path));
      assert.deepEqual([answer.status, answer.text], [500, '500 Internal Server Error\n']);
      assert.doesNotMatch(client.raw, /secret/i);
    }
    const [first, second] = site.log.filter(({ level }) => level === 'error');
    assert.match((first!.fields['err'] as Error).stack!, /Error: secret\n.+secretHandler/);
    assert.deepEqual(
      [second!.fields['method'], second!.fields['target'], second!.message],
      ['GET', '/late', 'the app failed'],
    );
    assert.equal(site.statistics().failures, 2);
  });

  behaves(
    backend,
    'a handler that returns no Response is answered with 500, and the log says what came',
    async (open) => {
      const returned: [string, unknown, RegExp][] = [
        ['/undefined', undefined, /returned undefined. Does every branch of it return one\?/],
        ['/string', 'hello', /returned a string/],
        ['/object', { status: 200 }, /returned a plain object/],
        ['/promise', Promise.resolve(new Map()), /returned an object of class Map/],
        ['/error', Response.error(), /returned Response.error\(\)/],
      ];
      const site = await open(
        (request) => returned.find(([path]) => request.url.endsWith(path))![1] as Response,
      );
      const client = await site.connect();
      for (const [path, , pattern] of returned) {
        assert.equal((await client.ask(get(path))).status, 500);
        assert.match((site.log.at(-1)!.fields['err'] as Error).message, pattern);
      }
    },
  );

  behaves(backend, 'what an app throws that is no Error is logged, too', async (open) => {
    const site = await open(() => {
      throw 'just a string';
    });
    assert.equal((await (await site.connect()).ask(get())).status, 500);
    assert.equal(onlyLine(site, 'error').fields['err'], 'just a string');
  });

  behaves(backend, 'headers and statuses that can’t be sent are refused, not sent', async (open) => {
    const site = await open((request) => {
      if (request.url.endsWith('/split')) return new Response('', { headers: { a: 'b\r\nSet-Cookie: c=d' } });
      return new Response('', { status: 1000 });
    });
    const client = await site.connect();
    for (const path of ['/split', '/status']) assert.equal((await client.ask(get(path))).status, 500);
    assert.doesNotMatch(client.raw, /set-cookie/i);
  });

  behaves(backend, 'a coroutine handler answers, waits, throws, and reads the body', async (open) => {
    const site = await open(function* (request) {
      yield* sleep(1);
      if (request.url.endsWith('/throws')) throw new Error('secret');
      return new Response('from a coroutine');
    });
    const client = await site.connect();
    assert.equal((await client.ask(get('/'))).text, 'from a coroutine');
    assert.equal((await client.ask(get('/throws'))).status, 500);
    assert.equal((await client.ask(post('/', 'body'))).text, 'from a coroutine');
  });

  behaves(backend, 'a FIN aborts the signal, and the answer is still sent', async (open) => {
    const aborted: string[] = [];
    const site = await open(
      (request) =>
        new Promise((resolve) => {
          request.signal.addEventListener('abort', () => {
            aborted.push(request.signal.reason.name);
            resolve(new Response('anyway'));
          });
        }),
    );
    const client = await site.connect();
    client.send(get()).end();
    assert.equal((await client.answer()).text, 'anyway');
    assert.deepEqual(aborted, ['AbortError']);
  });

  behaves(backend, 'a reset aborts the signal', async (open) => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const site = await open(
      (request) =>
        new Promise((answer) => {
          request.signal.addEventListener('abort', () => {
            resolve(request.signal.reason.name);
            answer(new Response('to nobody'));
          });
        }),
    );
    const client = await site.connect();
    client.send(get());
    await site.settle();
    client.reset();
    assert.equal(await promise, 'AbortError');
    await site.settle();
    assert.deepEqual(
      site.log.filter(({ level }) => level === 'error'),
      [],
    );
  });

  behaves(backend, 'a reset cancels a coroutine handler: its finally runs', async (open) => {
    const { promise, resolve } = Promise.withResolvers<string>();
    let finished = false;
    const site = await open(function* () {
      try {
        yield* sleep(3_600_000);
        finished = true;
      } finally {
        resolve('finally');
      }
      return new Response('never');
    });
    const client = await site.connect();
    client.send(get());
    await site.settle();
    client.reset();
    assert.equal(await promise, 'finally');
    assert.equal(finished, false);
    await site.settle();
    assert.equal(site.statistics().inFlight, 0);
  });

  behaves(backend, 'an app that answers and fails afterwards has answered', async (open) => {
    const site = await open((_, info) => {
      info.waitUntil(Promise.reject(new Error('afterwards')));
      return new Response('answered');
    });
    const client = await site.connect();
    assert.equal((await client.ask(get())).text, 'answered');
    await site.settle();
    assert.match(onlyLine(site, 'error').message, /waitUntil/);
    assert.equal((await client.ask(request('GET', '/'))).text, 'answered');
  });
}
