// Stopping: nothing that has begun, and nothing that is on its way, is lost.

import assert from 'node:assert/strict';
import { sleep } from '../../../src/task/index.ts';
import { type Backend, behaves, get } from './backend.ts';

const NEEDS_TIME = { needs: 'virtual time' } as const;

function gate(): { opened: Promise<void>; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

export function drainTests(backend: Backend): void {
  behaves(
    backend,
    'a stopping server finishes what is in flight, and says Connection: close',
    async (open) => {
      const { opened, open: release } = gate();
      const site = await open(async () => {
        await opened;
        return new Response('finished');
      });
      const client = await site.connect();
      client.send(get());
      await site.settle();
      const stopped = site.stop();
      await site.settle();
      release();
      const answer = await client.answer();
      assert.deepEqual([answer.text, answer.get('connection')], ['finished', 'close']);
      assert.equal(await client.ended(), 'fin');
      client.close();
      await stopped;
    },
  );

  behaves(backend, 'an answer that has begun when the server stops comes to its end', async (open) => {
    const { opened, open: release } = gate();
    const site = await open(() => new Response(ReadableStream.from(pieces(opened))));
    const client = await site.connect();
    client.send(get());
    await client.until((raw) => raw.includes('one'));
    const stopped = site.stop();
    await site.settle();
    release();
    assert.equal((await client.answer()).text, 'one two');
    client.close();
    await stopped;
  });

  behaves(backend, 'connections that wait in the queue are accepted and answered', async (open) => {
    const site = await open(() => new Response('hello'));
    const clients = Array.from({ length: 20 }, () => site.dial().send(get()));
    await site.settle();
    for (let i = 0; i < 5; i++) clients.push(site.dial().send(get()));
    const last = await site.connect();
    clients.push(last.send(get()));
    const stopped = site.stop();
    for (const client of clients) {
      assert.equal((await client.answer()).text, 'hello');
      client.close();
    }
    await stopped;
  });

  behaves(
    backend,
    'connections that wait because the server is full are served before it stops',
    async (open) => {
      const { opened, open: release } = gate();
      const site = await open(
        async () => {
          await opened;
          return new Response('hello');
        },
        { settings: { maxConnections: 1 } },
      );
      const first = await site.connect();
      first.send(get());
      await site.settle();
      const waiting = [1, 2, 3].map(() => site.dial().send(get()));
      await site.settle();
      const stopped = site.stop();
      await site.settle();
      assert.equal(site.statistics().accepted, 1);
      release();
      for (const client of [first, ...waiting]) {
        assert.equal((await client.answer()).text, 'hello');
        client.close();
      }
      await stopped;
    },
  );

  behaves(
    backend,
    'a request on an idle connection is still answered within keepAliveGrace, then closed',
    async (open) => {
      const site = await open(() => new Response('hello'));
      const [busy, idle] = [await site.connect(), await site.connect()];
      await busy.ask(get());
      await idle.ask(get());
      const stopped = site.stop();
      await site.sleep(1900);
      const answer = await busy.ask(get());
      assert.deepEqual([answer.text, answer.get('connection')], ['hello', 'close']);
      assert.equal(idle.ending, undefined);
      await site.sleep(200);
      assert.deepEqual([busy.ending, idle.ending], ['fin', 'fin']);
      await stopped;
    },
    NEEDS_TIME,
  );

  behaves(
    backend,
    'a connection that has said nothing yet has keepAliveGrace for its first request, and one that has begun its head goes on',
    async (open) => {
      const site = await open(() => new Response('hello'));
      const [silent, late, begun] = [await site.connect(), await site.connect(), await site.connect()];
      begun.send('GET / HTTP/1.1\r\n');
      await site.settle();
      const stopped = site.stop();
      await site.sleep(1900);
      const answer = await late.ask(get());
      assert.deepEqual([answer.text, answer.get('connection')], ['hello', 'close']);
      assert.equal(silent.ending, undefined);
      await site.sleep(200);
      assert.deepEqual([silent.ending, late.ending, begun.ending], ['fin', 'fin', undefined]);
      begun.send('Host: x\r\n\r\n');
      assert.equal((await begun.answer()).text, 'hello');
      await stopped;
    },
    NEEDS_TIME,
  );

  behaves(
    backend,
    'a new connection has a second for its first request, however short keepAliveGrace is',
    async (open) => {
      const site = await open(() => new Response('hello'), { settings: { keepAliveGrace: 0 } });
      const [silent, late] = [await site.connect(), await site.connect()];
      const stopped = site.stop();
      await site.sleep(900);
      assert.equal((await late.ask(get())).text, 'hello');
      assert.equal(silent.ending, undefined);
      await site.sleep(200);
      assert.equal(silent.ending, 'fin');
      await stopped;
    },
    NEEDS_TIME,
  );

  behaves(
    backend,
    'nobody connects to a server that stops',
    async (open) => {
      const { opened, open: release } = gate();
      const site = await open(async () => {
        await opened;
        return new Response('x');
      });
      const client = await site.connect();
      client.send(get());
      await site.settle();
      const stopped = site.stop();
      await site.settle();
      const late = site.dial();
      assert.equal(await late.ended(), 'reset');
      release();
      assert.equal((await client.answer()).text, 'x');
      client.close();
      await stopped;
    },
    NEEDS_TIME,
  );

  behaves(
    backend,
    'what is not done at gracefulTimeout is cut',
    async (open) => {
      const { opened, open: release } = gate();
      let aborted = false;
      const site = await open(async (request) => {
        request.signal.addEventListener('abort', () => {
          aborted = true;
        });
        await opened;
        return new Response('too late');
      });
      const client = await site.connect();
      client.send(get());
      await site.settle();
      const stopped = site.stop();
      await site.sleep(29_900);
      assert.equal(client.ending, undefined);
      await site.sleep(200);
      assert.equal(client.ending, 'reset');
      await stopped;
      assert.equal(aborted, true);
      assert.match(site.log.find(({ level }) => level === 'warn')!.message, /gracefulTimeout/);
      release();
      await site.settle();
      assert.equal(client.raw, '');
    },
    NEEDS_TIME,
  );

  behaves(
    backend,
    'an answer that is cut does not end as if it were whole',
    async (open) => {
      const { opened } = gate();
      const site = await open(() => new Response(ReadableStream.from(pieces(opened))), {
        settings: { gracefulTimeout: 1000 },
      });
      const client = await site.connect();
      client.send(get());
      await client.until((raw) => raw.includes('one'));
      const stopped = site.stop();
      assert.equal(await client.ended(), 'reset');
      assert.match(client.raw, /one \r\n$/);
      await stopped;
    },
    NEEDS_TIME,
  );

  behaves(backend, 'a stop waits for what was given to waitUntil', async (open) => {
    const { opened, open: release } = gate();
    let done = false;
    const site = await open((_, { waitUntil }) => {
      waitUntil(
        opened.then(() => {
          done = true;
        }),
      );
      return new Response('hello', { headers: { connection: 'close' } });
    });
    const other = await open(() => new Response('hello', { headers: { connection: 'close' } }));
    for (const asked of [site, other]) {
      const client = await asked.connect();
      await client.ask(get());
      client.close();
    }
    let stopped = false;
    const stop = site.stop().then(() => {
      stopped = true;
    });
    // It is told to stop later, and has nothing to wait for.
    await other.stop();
    await site.settle();
    assert.equal(stopped, false);
    release();
    await stop;
    assert.equal(done, true);
  });

  behaves(
    backend,
    'and for what a cancelled coroutine has to clean up',
    async (open) => {
      const steps: string[] = [];
      const site = await open(function* () {
        try {
          yield* sleep(3_600_000);
        } finally {
          steps.push('rolling back');
          yield* sleep(100);
          steps.push('rolled back');
        }
        return new Response('never');
      });
      const client = await site.connect();
      client.send(get());
      await site.settle();
      const stopped = site.stop();
      client.reset();
      await stopped;
      assert.deepEqual(steps, ['rolling back', 'rolled back']);
    },
    NEEDS_TIME,
  );

  behaves(
    backend,
    'but no longer than gracefulTimeout',
    async (open) => {
      const site = await open((_, { waitUntil }) => {
        waitUntil(new Promise(() => {}));
        return new Response('hello', { headers: { connection: 'close' } });
      });
      const client = await site.connect();
      await client.ask(get());
      client.close();
      let stopped = false;
      const stop = site.stop().then(() => {
        stopped = true;
      });
      await site.sleep(29_900);
      assert.equal(stopped, false);
      await site.sleep(200);
      await site.settle();
      assert.equal(stopped, true);
      await stop;
    },
    NEEDS_TIME,
  );

  behaves(backend, 'stopping twice is stopping once', async (open) => {
    const site = await open(() => new Response('hello'));
    await Promise.all([site.stop(), site.stop()]);
    await site.stop();
  });
}

async function* pieces(opened: Promise<void>): AsyncGenerator<Uint8Array> {
  yield Buffer.from('one ');
  await opened;
  yield Buffer.from('two');
}
