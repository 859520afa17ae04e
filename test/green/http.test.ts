// A server of `node:http` whose handler waits, over real sockets: green by its events alone.

import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { shareLoop } from '../../src/green/loop.ts';
import { route } from '../../src/green/route.ts';
import { createNodeKernel } from '../../src/kernel/node/index.ts';
import { Loop } from '../../src/loop/index.ts';
import { type Co, Signal } from '../../src/task/index.ts';
import { call, green } from './simulate.ts';

type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => unknown;

const storage = new AsyncLocalStorage<string>();

let loop: Loop;
before(() => {
  loop = new Loop(createNodeKernel());
  loop.attach();
  shareLoop(() => loop);
});
after(() => loop.close());

/** What `use` makes of a server with this handler. */
async function serving<T>(handler: Handler, use: (url: string) => Promise<T>): Promise<T> {
  const server = http.createServer(handler as never).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('a server of node:http', () => {
  it('has all its handlers wait at once, each in stores of its own', async () => {
    const count = 20;
    let waiting = 0;
    const all = new Signal();
    const answer = green(
      () => assert.fail('it should run green'),
      function* (response: http.ServerResponse): Co<void> {
        if (++waiting === count) all.set();
        yield* all.wait();
        response.end(storage.getStore());
      },
    );
    const handler = green(
      () => assert.fail('it should run green'),
      function* (request: http.IncomingMessage, response: http.ServerResponse): Co<void> {
        yield* call(storage.run as never, storage, request.url, answer, response);
      },
    );
    const paths = Array.from({ length: count }, (_, index) => `/${index}`);
    const answers = await serving(handler as Handler, (url) =>
      Promise.all(paths.map(async (path) => (await fetch(url + path)).text())),
    );
    assert.deepEqual(answers, paths);
  });

  it('answers 503 where a route’s deadline passes', async () => {
    const never = new Signal();
    const handler = green(
      () => assert.fail('it should run green'),
      function* (): Co<void> {
        yield* never.wait();
      },
    );
    const status = await serving(
      route({ deadline: 1 }, handler as Handler),
      async (url) => (await fetch(url)).status,
    );
    assert.equal(status, 503);
  });

  it('tells a handler whose route asks for it that the client has gone', async () => {
    const controller = new AbortController();
    const told = Promise.withResolvers<string>();
    const handler = green(
      () => assert.fail('it should run green'),
      function* (): Co<void> {
        controller.abort();
        try {
          yield* new Signal().wait();
        } catch (error) {
          told.resolve((error as Error).message);
        }
      },
    );
    const message = await serving(route({ cancel: 'client' }, handler as Handler), async (url) => {
      await assert.rejects(fetch(url, { signal: controller.signal }), { name: 'AbortError' });
      return told.promise;
    });
    assert.equal(message, 'cancelled: the client has gone');
  });
});
