// The pool of threads behind a server: who gets which request, and what becomes of those that a thread has when it hangs or
// dies. The threads are in memory, and ticks come when a test says so.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { type FetchHandler, fetchApp, installFetchGlobals } from '../../src/app/fetch/index.ts';
import { nodeApp } from '../../src/app/index.ts';
import { resolveSettings } from '../../src/config/index.ts';
import { startApp } from '../../src/server/index.ts';
import { Pool, TICKS } from '../../src/threads/pool.ts';
import { threadsApp } from '../../src/threads/threads-app.ts';
import { get, type Site } from '../server/behaviour/backend.ts';
import { SocketSite } from '../server/behaviour/sockets.ts';
import { type MemoryThread, memoryThread } from './memory-thread.ts';

installFetchGlobals();

/** A handler that answers when it is told to. */
class Held {
  readonly #waiting = new Map<string, PromiseWithResolvers<Response>>();
  /** Paths, in the order in which they came. */
  readonly seen: string[] = [];
  readonly signals: AbortSignal[] = [];

  readonly handler: FetchHandler = (request) => {
    const { pathname } = new URL(request.url);
    this.seen.push(pathname);
    this.signals.push(request.signal);
    const answer = Promise.withResolvers<Response>();
    this.#waiting.set(pathname, answer);
    return answer.promise as never;
  };

  answer(path: string, response: Response = new Response(path)): void {
    this.#waiting.get(path)!.resolve(response);
  }
}

interface Scene {
  readonly site: Site;
  readonly pool: Pool;
  readonly threads: MemoryThread[];
  readonly pauses: number[];
  /** Ends the oldest pause. */
  resume(): void;
}

async function withPool(
  handler: FetchHandler,
  size: number,
  play: (scene: Scene) => Promise<void>,
): Promise<void> {
  const threads: MemoryThread[] = [];
  const pauses: number[] = [];
  const resumes: (() => void)[] = [];
  let pool: Pool;
  const site = await SocketSite.open({}, async ({ log, recordAccess, ...given }) => {
    const { settings } = await resolveSettings({ options: given });
    pool = new Pool({
      size,
      atOnce: 1,
      timeout: 1000,
      log,
      start: () => {
        const thread = memoryThread({ kind: 'fetch', app: fetchApp(handler) }, ['at work (app.js:1:1)']);
        threads.push(thread);
        return thread;
      },
      listen: () => Promise.reject(new Error('nobody listens here')),
      later: (milliseconds, run) => {
        pauses.push(milliseconds);
        resumes.push(run);
      },
    });
    const { leaves } = await pool.start();
    const server = await startApp(threadsApp(pool, 0, leaves), settings, { log, recordAccess }, () =>
      pool.settled(),
    );
    void server.closed.then(() => pool.close());
    return server;
  });
  try {
    await play({ site, pool: pool!, threads, pauses, resume: () => resumes.shift()!() });
  } finally {
    await site.dispose();
  }
}

function tick(pool: Pool, times: number): void {
  for (let i = 0; i < times; i++) pool.tick();
}

async function until(site: Site, condition: () => boolean): Promise<void> {
  for (let i = 0; i < 50 && !condition(); i++) await site.settle();
  assert.ok(condition());
}

test('a thread has one request at a time: others wait, and get one in the order in which they came', async () => {
  const held = new Held();
  await withPool(held.handler, 2, async ({ site, pool }) => {
    const clients = [];
    for (const path of ['/1', '/2', '/3', '/4']) {
      const client = await site.connect();
      client.send(get(path));
      clients.push(client);
      await site.settle();
    }
    assert.deepEqual(held.seen, ['/1', '/2']);
    assert.equal(pool.statistics().queued, 2);
    held.answer('/2');
    assert.equal((await clients[1]!.answer()).text, '/2');
    await until(site, () => held.seen.length === 3);
    assert.deepEqual(held.seen, ['/1', '/2', '/3']);
    for (const path of ['/1', '/3']) held.answer(path);
    await until(site, () => held.seen.length === 4);
    held.answer('/4');
    assert.equal((await clients[3]!.answer()).text, '/4');
  });
});

test('who leaves while waiting for a thread never gets one', async () => {
  const held = new Held();
  await withPool(held.handler, 1, async ({ site, pool }) => {
    const first = await site.connect();
    first.send(get('/1'));
    await until(site, () => held.seen.length === 1);
    const second = await site.connect();
    second.send(get('/2'));
    await until(site, () => pool.statistics().queued === 1);
    second.reset();
    await until(site, () => pool.statistics().queued === 0);
    held.answer('/1');
    await first.answer();
    first.send(get('/3'));
    await until(site, () => held.seen.length === 2);
    assert.deepEqual(held.seen, ['/1', '/3']);
    held.answer('/3');
    await first.answer();
  });
});

test('a thread that does not come back is ended and replaced; its request gets 503, the others their answers', async () => {
  const held = new Held();
  await withPool(held.handler, 2, async ({ site, pool, threads, pauses }) => {
    const [stuck, other] = [await site.connect(), await site.connect()];
    stuck.send(get('/stuck'));
    await until(site, () => held.seen.length === 1);
    other.send(get('/other'));
    await until(site, () => held.seen.length === 2);
    // The one that was ready last is asked first.
    threads[1]!.hang();
    for (let i = 0; i < TICKS; i++) {
      pool.tick();
      await site.settle();
    }
    assert.equal(threads[1]!.terminated, false, 'not before its time');
    pool.tick();
    const answer = await stuck.answer();
    assert.deepEqual([answer.status, answer.get('connection')], [503, 'close']);
    await until(site, () => threads[1]!.terminated);
    const line = site.log.find(({ message }) => message.startsWith('a thread does not come back'))!;
    assert.equal(line.fields['request'], 'GET /stuck');
    assert.match((line.fields['err'] as Error).stack!, /at work \(app\.js:1:1\)/);

    held.answer('/other');
    assert.equal((await other.answer()).text, '/other');
    assert.deepEqual([threads.length, pauses], [3, []]);
    await until(site, () => pool.statistics().idle === 2);
  });
});

test('a thread that waits, and turns its event loop meanwhile, may take as long as it likes', async () => {
  const held = new Held();
  await withPool(held.handler, 1, async ({ site, pool, threads }) => {
    const client = await site.connect();
    client.send(get('/long'));
    await until(site, () => held.seen.length === 1);
    for (let i = 0; i < 3 * TICKS; i++) {
      pool.tick();
      await site.settle();
    }
    assert.equal(threads[0]!.terminated, false);
    held.answer('/long');
    assert.equal((await client.answer()).text, '/long');
  });
});

test('an answer that has begun is cut where its thread hangs', async () => {
  const stream = new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('begun')) });
  await withPool(
    () => new Response(stream) as never,
    1,
    async ({ site, pool, threads }) => {
      const client = await site.connect();
      client.send(get());
      await client.until((raw) => raw.includes('begun'));
      threads[0]!.hang();
      tick(pool, TICKS + 1);
      await client.ended();
      assert.doesNotMatch(client.raw, /0\r\n\r\n$/);
    },
  );
});

test('work that nobody waits for any more may go on for so long, and not for ever', async () => {
  const held = new Held();
  await withPool(held.handler, 1, async ({ site, pool, threads }) => {
    const client = await site.connect();
    client.send(get('/left'));
    await until(site, () => held.seen.length === 1);
    client.reset();
    await until(site, () => held.signals[0]!.aborted);
    for (let i = 0; i <= TICKS + 1; i++) {
      pool.tick();
      await site.settle();
    }
    await until(site, () => threads[0]!.terminated);
    assert.match(site.log.at(-1)!.message, /goes on although nobody waits for its answer/);
  });
});

test('a thread that dies gives its request 500; another takes its place at once where it had served before', async () => {
  const held = new Held();
  await withPool(held.handler, 1, async ({ site, threads, pauses }) => {
    const client = await site.connect();
    client.send(get('/1'));
    await until(site, () => held.seen.length === 1);
    held.answer('/1');
    await client.answer();
    client.send(get('/2'));
    await until(site, () => held.seen.length === 2);
    threads[0]!.die({ code: 7, error: undefined });
    assert.equal((await client.answer()).status, 500);
    const line = site.log.find(({ message }) => message.startsWith('a thread was ended with status 7'))!;
    assert.match(line.message, /another takes its place/);
    assert.equal(line.fields['request'], 'GET /2');
    assert.deepEqual([threads.length, pauses], [2, []]);
  });
});

test('threads that die without having served are replaced after pauses that grow; meanwhile there is 503', async () => {
  await withPool(
    () => new Response('x') as never,
    1,
    async ({ site, threads, pauses, resume }) => {
      for (const pause of [100, 200, 400]) {
        threads.at(-1)!.die({ code: 1, error: new Error('no luck') });
        await until(site, () => pauses.at(-1) === pause);
        const answer = await (await site.connect()).ask(get());
        assert.deepEqual([answer.status, answer.get('retry-after')], [503, '1']);
        resume();
        await site.settle();
      }
      assert.equal((await (await site.connect()).ask(get())).text, 'x');
      threads.at(-1)!.die({ code: 1, error: new Error('no luck') });
      await until(site, () => threads.length === 5);
      assert.deepEqual(pauses, [100, 200, 400]);
    },
  );
});

test('a body comes across no further ahead than it is read', async () => {
  let read = (): void => {};
  let size = 0;
  const handler: FetchHandler = async (request) => {
    const reader = request.body!.getReader();
    size += (await reader.read()).value!.length;
    await new Promise<void>((resolve) => {
      read = resolve;
    });
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
    }
    return new Response(String(size)) as never;
  };
  await withPool(handler, 1, async ({ site, threads }) => {
    let sent = 0;
    const { port } = threads[0]!;
    const { postMessage } = port;
    port.postMessage = (message, transfer) => {
      if (message.type === 'piece') sent += message.bytes.length;
      postMessage.call(port, message, transfer);
    };
    const client = await site.connect();
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n`);
    client.send(Buffer.alloc(4_000_000, 'x'));
    await until(site, () => size > 0);
    for (let i = 0; i < 10; i++) await site.settle();
    assert.ok(sent < 1_000_000, `${sent} bytes were sent`);
    read();
    assert.equal((await client.answer('POST')).text, '4000000');
  });
});

test('a request for an upgrade is answered 501, with the reason, where its app would take it', async () => {
  const server = createServer().on('upgrade', () => assert.fail('there is no connection to hand over'));
  const threads: MemoryThread[] = [];
  await withPool(
    () => new Response('never') as never,
    1,
    async ({ site, threads: started }) => {
      threads.push(...started);
      started[0]!.side.open(0, { kind: 'node', app: nodeApp(server) });
      const client = await site.connect();
      client.send(get('/', 'Connection: Upgrade', 'Upgrade: websocket'));
      const answer = await client.answer();
      assert.equal(answer.status, 501);
      assert.match(answer.text, /--worker-class threads/);
      assert.equal(await client.ended(), 'fin');
    },
  );
});
