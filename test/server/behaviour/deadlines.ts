// Every wait on a client has a deadline, and so may an app's. All of it in virtual time.

import assert from 'node:assert/strict';
import { sleep } from '../../../src/task/index.ts';
import { type Backend, behaves, get, onlyLine, post, request } from './backend.ts';

const NEEDS_TIME = { needs: 'virtual time' } as const;

export function deadlineTests(backend: Backend): void {
  behaves(
    backend,
    'an idle connection is closed after keepAliveTimeout, and not before',
    async (open) => {
      const site = await open(() => new Response('hello'));
      const client = await site.connect();
      await client.ask(get());
      await site.sleep(74_900);
      assert.equal((await client.ask(get())).text, 'hello');
      await site.sleep(74_900);
      assert.equal(client.ending, undefined);
      await site.sleep(200);
      assert.equal(client.ending, 'fin');
    },
    NEEDS_TIME,
  );

  behaves(
    backend,
    'a connection that never says anything is closed after headersTimeout, without a word',
    async (open) => {
      const site = await open(() => new Response('hello'));
      const client = await site.connect();
      await site.sleep(29_900);
      assert.equal(client.ending, undefined);
      await site.sleep(200);
      assert.deepEqual([client.ending, client.raw], ['fin', '']);
    },
    NEEDS_TIME,
  );

  behaves(
    backend,
    'one that begins late has headersTimeout for its head, and keepAliveTimeout behind it',
    async (open) => {
      const site = await open(() => new Response('hello'));
      const client = await site.connect();
      await site.sleep(29_000);
      client.send('GET / HTTP/1.1\r\n');
      await site.sleep(29_000);
      client.send('Host: example.com\r\n\r\n');
      assert.equal((await client.answer()).text, 'hello');
      await site.sleep(74_000);
      assert.equal((await client.ask(get())).text, 'hello');
    },
    NEEDS_TIME,
  );

  behaves(
    backend,
    'a head that is not complete after headersTimeout is answered with 408',
    async (open) => {
      const site = await open(() => new Response('hello'));
      const client = await site.connect();
      client.send('GET / HTTP/1.1\r\n');
      for (let i = 0; i < 29; i++) {
        await site.sleep(1000);
        client.send(`X-${i}: dribble\r\n`);
      }
      assert.equal(client.raw, '');
      await site.sleep(1000);
      const answer = await client.answer();
      assert.deepEqual([answer.status, answer.get('connection')], [408, 'close']);
      assert.equal(await client.ended(), 'fin');
    },
    NEEDS_TIME,
  );

  behaves(
    backend,
    'a body that pauses for bodyTimeout is answered with 408',
    async (open) => {
      const site = await open(async (request) => new Response(await request.text()));
      const client = await site.connect();
      client.send(request('POST', '/', ['Content-Length: 100000'], 'x'.repeat(50_000)));
      await site.sleep(29_900);
      client.send('x'.repeat(10_000));
      await site.sleep(29_900);
      assert.equal(client.raw, '');
      await site.sleep(200);
      assert.equal((await client.answer('POST')).status, 408);
      assert.equal(await client.ended(), 'fin');
    },
    NEEDS_TIME,
  );

  behaves(
    backend,
    'a body that comes below bodyMinRate is answered with 408, one that is above it is read',
    async (open) => {
      const site = await open(async (request) => new Response(String((await request.text()).length)));
      const [dribbling, slow] = [await site.connect(), await site.connect()];
      dribbling.send(request('POST', '/', ['Content-Length: 100000']));
      slow.send(request('POST', '/', ['Content-Length: 20000']));
      for (let i = 0; i < 40; i++) {
        dribbling.send('x');
        slow.send('x'.repeat(500));
        await site.sleep(1000);
      }
      assert.equal((await dribbling.answer('POST')).status, 408);
      assert.equal((await slow.answer('POST')).text, '20000');
    },
    NEEDS_TIME,
  );

  behaves(
    backend,
    'a body that has come fast is no excuse to dribble the rest',
    async (open) => {
      const site = await open(async (request) => new Response(String((await request.text()).length)));
      const client = await site.connect();
      client.send(request('POST', '/', ['Content-Length: 1000000'], 'x'.repeat(900_000)));
      for (let i = 0; i < 70; i++) {
        client.send('x');
        await site.sleep(1000);
      }
      assert.equal(site.statistics().inFlight, 0, 'it still waits');
      assert.equal((await client.answer('POST')).status, 408);
    },
    NEEDS_TIME,
  );

  behaves(
    backend,
    'a client that takes nothing of its answer is cut after writeTimeout',
    async (open) => {
      let cancelled = false;
      const stream = () =>
        new ReadableStream({
          pull: (controller) => controller.enqueue(Buffer.alloc(10_000)),
          cancel: () => {
            cancelled = true;
          },
        });
      const site = await open(() => new Response(stream()));
      const client = await site.connect();
      client.pause().send(get());
      await site.sleep(29_900);
      assert.equal(site.statistics().connections, 1);
      await site.sleep(200);
      assert.equal(site.statistics().connections, 0);
      assert.equal(cancelled, true);
      assert.equal(site.statistics().buffered, 0);
    },
    NEEDS_TIME,
  );

  behaves(
    backend,
    'a client that reads slowly but steadily is not',
    async (open) => {
      const site = await open(() => new Response('x'.repeat(20_000_000)));
      const client = await site.connect();
      const answer = client.ask(get());
      for (let i = 0; i < 10; i++) {
        client.resume();
        await client.receive(i * 2_000_000);
        client.pause();
        await site.sleep(20_000);
      }
      client.resume();
      assert.equal((await answer).body.length, 20_000_000);
    },
    NEEDS_TIME,
  );

  behaves(
    backend,
    'a stream in which nothing happens is kept no longer than writeTimeout for a client that has half-closed',
    async (open) => {
      let reason: unknown;
      const stream = () =>
        new ReadableStream({
          start: (controller) => controller.enqueue(Buffer.from('first')),
          cancel: (given) => {
            reason = given;
          },
        });
      const site = await open(() => new Response(stream()));
      const client = await site.connect();
      client.send(get()).end();
      await client.until((raw) => raw.includes('first'));
      await site.sleep(29_800);
      assert.equal(reason, undefined);
      await site.sleep(200);
      assert.match(String(reason), /writeTimeout/);
      assert.deepEqual([client.ending, site.statistics().connections], ['reset', 0]);
    },
    NEEDS_TIME,
  );

  behaves(
    backend,
    'a handler past handlerTimeout is answered for with 503, told and cancelled',
    async (open) => {
      const reasons: string[] = [];
      let cleanedUp = false;
      const site = await open(
        (request) => {
          if (request.url.endsWith('/coroutine')) {
            return (function* () {
              try {
                yield* sleep(3_600_000);
              } finally {
                cleanedUp = true;
              }
              return new Response('never');
            })();
          }
          return new Promise((resolve) => {
            request.signal.addEventListener('abort', () => {
              reasons.push(String(request.signal.reason.message));
              resolve(new Response('too late'));
            });
          });
        },
        { settings: { handlerTimeout: 5000 } },
      );
      for (const path of ['/promise', '/coroutine']) {
        const client = await site.connect();
        client.send(get(path));
        await site.sleep(4800);
        assert.equal(client.raw, '');
        const answer = await client.answer();
        assert.deepEqual(
          [answer.status, answer.get('connection'), answer.get('retry-after')],
          [503, 'close', '5'],
        );
        assert.equal(await client.ended(), 'fin');
        assert.doesNotMatch(client.raw, /too late/);
      }
      assert.match(reasons[0]!, /handlerTimeout/);
      assert.equal(cleanedUp, true);
      assert.equal(
        site.log.filter(({ level, message }) => level === 'error' && /handlerTimeout/.test(message)).length,
        2,
      );
    },
    NEEDS_TIME,
  );

  behaves(
    backend,
    'handlerTimeout is over once an answer has begun',
    async (open) => {
      const site = await open(() => new Response(ReadableStream.from(slowPieces((ms) => site.sleep(ms)))), {
        settings: { handlerTimeout: 1000 },
      });
      const client = await site.connect();
      client.send(get());
      assert.equal((await client.answer()).text, 'one two three');
    },
    NEEDS_TIME,
  );

  behaves(
    backend,
    'a refused client that goes on sending is heard for a bounded time',
    async (open) => {
      const site = await open(() => new Response('never'), { settings: { limitRequestBody: 10 } });
      const client = await site.connect();
      client.send(request('POST', '/', ['Content-Length: 100000000']));
      assert.equal((await client.answer('POST')).status, 413);
      for (let i = 0; i < 35 && site.statistics().connections > 0; i++) {
        client.send('x'.repeat(1000));
        await site.sleep(1000);
      }
      assert.equal(site.statistics().connections, 0);
    },
    NEEDS_TIME,
  );

  behaves(
    backend,
    'a body that nobody reads has a deadline, too',
    async (open) => {
      const site = await open(() => new Response('ignored it'));
      const client = await site.connect();
      client.send(request('POST', '/', ['Content-Length: 1000']));
      assert.equal((await client.answer('POST')).text, 'ignored it');
      await site.sleep(31_000);
      assert.equal(await client.ended(), 'fin');
      assert.equal(site.log.filter(({ level }) => level === 'error').length, 0);
      assert.equal((await (await site.connect()).ask(post('/', 'x'))).status, 200);
    },
    NEEDS_TIME,
  );

  behaves(
    backend,
    'an app may take as long as it likes where nobody says otherwise',
    async (open) => {
      const site = await open(async () => {
        await site.sleep(3_600_000);
        return new Response('after an hour');
      });
      const client = await site.connect();
      assert.equal((await client.ask(get())).text, 'after an hour');
      assert.deepEqual(site.log, []);
      assert.equal(onlyDuration(site.records), 3_600_000);
    },
    NEEDS_TIME,
  );

  behaves(
    backend,
    'the log says which limit an app has passed',
    async (open) => {
      const site = await open(() => new Promise<never>((_, reject) => void site.sleep(2000).then(reject)), {
        settings: { handlerTimeout: 1000 },
      });
      const client = await site.connect();
      assert.equal((await client.ask(get('/slow'))).status, 503);
      assert.equal(onlyLine(site, 'error').fields['target'], '/slow');
      await site.sleep(2000);
    },
    NEEDS_TIME,
  );
}

function onlyDuration(records: readonly { readonly durationMs: number }[]): number {
  assert.equal(records.length, 1);
  return Math.round(records[0]!.durationMs / 1000) * 1000;
}

async function* slowPieces(sleepFor: (ms: number) => Promise<void>): AsyncGenerator<Uint8Array> {
  yield Buffer.from('one ');
  await sleepFor(2000);
  yield Buffer.from('two ');
  await sleepFor(2000);
  yield Buffer.from('three');
}
