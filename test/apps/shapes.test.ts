// Every shape of app that people bring, and what only a server of its own shows: whom it serves, hang-ups, cancellation,
// work behind the answer, streams that fail.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import type { Fetcher, FetchHandler, RequestInfo } from '../../src/app/index.ts';
import { serve } from '../../src/serve.ts';
import type { RunningServer } from '../../src/server/index.ts';
import { all, type Co, sleep, until } from '../../src/task/index.ts';
import { ask, type Question } from './ask.ts';
import { collector } from './compare.ts';

/** Taken before any server has run in this process. */
const EarlyResponse = Response;
const EarlyHeaders = Headers;

const LIMIT = { timeout: 20_000 };

interface Site {
  readonly server: RunningServer;
  readonly port: number;
  readonly log: readonly string[];
  text(question?: Question): Promise<string>;
}

/** A test that runs out of time leaves its server: closed when all are over, it does not keep the process. */
const living = new Set<RunningServer>();
after(async () => {
  for (const server of living) await server.close();
});

/** Serves `app` while `use` runs; then it must close by itself. */
async function serving(app: FetchHandler | Fetcher, use: (site: Site) => Promise<void>): Promise<void> {
  const log: string[] = [];
  const server = await serve(app, {
    bind: '127.0.0.1:0',
    keepAliveGrace: 0,
    gracefulTimeout: '1s',
    log: collector(log),
  });
  const port = Number(new URL(server.url).port);
  living.add(server);
  try {
    await use({ server, port, log, text: async (question = {}) => `${(await ask(port, question)).body}` });
  } finally {
    await server.close();
    living.delete(server);
  }
}

/** A connection that sends `bytes`. */
function dial(port: number, bytes: string) {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => {});
  socket.write(bytes);
  return socket;
}

const HELLO = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

test('a function, an async one, and one that never looks at its request', LIMIT, async () => {
  for (const app of [() => new Response('hi'), async () => new Response('hi')]) {
    await serving(app, async ({ text }) => assert.equal(await text(), 'hi'));
  }
});

test('an object and a class whose fetch uses `this`', LIMIT, async () => {
  class Shop {
    #visits = 0;
    fetch(request: Request): Response {
      return Response.json({ path: new URL(request.url).pathname, visits: ++this.#visits });
    }
  }
  await serving(new Shop(), async ({ text }) => {
    await text();
    assert.deepEqual(JSON.parse(await text({ path: '/x' })), { path: '/x', visits: 2 });
  });
});

test('a Worker: its environment, its context, and work behind its answer', LIMIT, async () => {
  const done: string[] = [];
  interface Context {
    waitUntil(promise: Promise<unknown>): void;
    passThroughOnException(): void;
  }
  const worker = {
    async fetch(request: Request, env: Record<string, string>, context: Context): Promise<Response> {
      const { waitUntil } = context;
      context.passThroughOnException();
      waitUntil(request.text().then((text) => done.push(text)));
      return Response.json({ home: env['HOME'] });
    },
  };
  await serving(worker, async ({ text }) => {
    assert.deepEqual(JSON.parse(await text({ method: 'POST', body: 'later' })), {
      home: process.env['HOME'],
    });
  });
  assert.deepEqual(done, ['later']);
});

test('a handler of Deno’s or Bun’s asks for the client’s address in its own way', LIMIT, async () => {
  await serving(
    (request, info: RequestInfo) =>
      Response.json([info.remoteAddr.hostname, info.requestIP(request)?.address, info.remoteAddress]),
    async ({ text }) => assert.deepEqual(JSON.parse(await text()), Array(3).fill('127.0.0.1')),
  );
});

test('a generator waits, fans out, and answers', LIMIT, async () => {
  function* square(n: number): Co<number> {
    yield* sleep(1);
    return n * n;
  }
  function* app(request: Request): Co<Response> {
    const text = yield* until(request.text());
    const squares = yield* all(text.split(',').map((n) => square(Number(n))));
    return Response.json(squares);
  }
  await serving(app, async ({ text }) => {
    assert.equal(await text({ method: 'POST', body: '1,2,3' }), '[1,4,9]');
  });
});

test('a generator is cancelled where it waits when its client resets the connection', LIMIT, async () => {
  const waiting = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<string>();
  function* app(): Co<Response> {
    try {
      waiting.resolve();
      yield* sleep(3_600_000);
    } finally {
      ended.resolve('cleaned up');
    }
    return new Response();
  }
  await serving(app, async ({ port }) => {
    const socket = dial(port, HELLO);
    await waiting.promise;
    socket.resetAndDestroy();
    assert.equal(await ended.promise, 'cleaned up');
  });
});

test('the signal of a request aborts when its client hangs up, and says how', LIMIT, async () => {
  const started = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<unknown>();
  const app = async (request: Request): Promise<Response> => {
    request.signal.addEventListener('abort', () => aborted.resolve(request.signal.reason));
    started.resolve();
    await aborted.promise;
    return new Response('nobody reads this');
  };
  await serving(app, async ({ port }) => {
    const socket = dial(port, HELLO);
    await started.promise;
    socket.resetAndDestroy();
    assert.equal(((await aborted.promise) as Error).name, 'AbortError');
  });
});

test('a stream is cancelled when its client goes', LIMIT, async () => {
  const cancelled = Promise.withResolvers<unknown>();
  const app = (): Response => {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('first')),
      cancel: (reason) => cancelled.resolve(reason),
    });
    return new Response(body);
  };
  await serving(app, async ({ port }) => {
    const socket = dial(port, HELLO);
    await once(socket, 'data');
    socket.resetAndDestroy();
    assert.ok((await cancelled.promise) instanceof Error);
  });
});

test('a stream that fails cuts the connection, so that its client can tell', LIMIT, async () => {
  const app = (): Response => {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('first')),
      pull: (controller) => controller.error(new Error('the source failed')),
    });
    return new Response(body);
  };
  await serving(app, async ({ port, log }) => {
    await assert.rejects(ask(port, {}), { code: 'ECONNRESET' });
    assert.match(log.join('\n'), /the source failed/);
  });
});

test('an app whose Response was taken before the server came is served all the same', LIMIT, async () => {
  class Page extends EarlyResponse {}
  const app = (request: Request): Response => {
    const headers = new EarlyHeaders(request.headers);
    headers.set('x-seen', `${request instanceof Request}`);
    headers.delete('host');
    return new Page('early', { status: 203, headers });
  };
  await serving(app, async ({ port }) => {
    const reply = await ask(port, { headers: [['X-Mine', 'kept']] });
    assert.deepEqual([reply.status, reply.get('x-mine'), reply.get('x-seen')], [203, 'kept', 'true']);
    assert.equal(`${reply.body}`, 'early');
  });
});

test('an app may pass a request on to another server, and its answer back', LIMIT, async () => {
  const backend = async (request: Request): Promise<Response> =>
    new Response(`${request.method} ${await request.text()} ${request.headers.get('x-mine')}`, {
      status: 206,
      headers: { 'x-backend': 'yes' },
    });
  await serving(backend, async ({ server }) => {
    const proxies: ((target: string, request: Request) => Promise<Response>)[] = [
      (target, request) => fetch(new Request(target, request)),
      (target, request) => fetch(target, request),
    ];
    for (const proxy of proxies) {
      const app = (request: Request) => proxy(`${server.url}${new URL(request.url).pathname}`, request);
      await serving(app, async ({ port }) => {
        for (const body of [['a ', 'body'], 'a body']) {
          const reply = await ask(port, { method: 'PUT', headers: [['X-Mine', '1']], body });
          assert.deepEqual([reply.status, reply.get('x-backend')], [206, 'yes']);
          assert.equal(`${reply.body}`, 'PUT a body 1');
        }
      });
    }
  });
});

test('fields of the connection that an app sets do not break the framing', LIMIT, async () => {
  const app = (request: Request): Response => {
    const headers = {
      'transfer-encoding': 'chunked',
      'content-length': '3',
      'keep-alive': 'timeout=1',
      'x-own': '1',
    };
    const stream = new Response('four').body;
    return new Response(new URL(request.url).pathname === '/stream' ? stream : 'four', { headers });
  };
  await serving(app, async ({ port }) => {
    const reply = await ask(port, {});
    assert.equal(`${reply.body}`, 'four');
    assert.equal(reply.get('x-own'), '1');
  });
});
