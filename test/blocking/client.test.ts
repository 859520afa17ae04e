// The green client over the simulated network: connections that are kept, given up and tried again; time; cancellation.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { poolOf } from '../../src/blocking/fetch-sync.ts';
import { FetchError, setFetchLimits } from '../../src/blocking/index.ts';
import { listen } from '../../src/net/index.ts';
import { all, Cancelled, type Co, deadline, sleep } from '../../src/task/index.ts';
import { failureOf } from '../net/backend.ts';
import { always, get, ok, PORT, SITE, Site, withSite } from './site.ts';

describe('connections of green requests', () => {
  it('are kept for the next request', () =>
    withSite(
      (stream) => always(stream, ok()),
      function* ({ site }) {
        for (let i = 0; i < 3; i++) assert.equal((yield* get(SITE)).text(), 'ok');
        assert.deepEqual(
          site.asked.map(({ connection, turn }) => [connection, turn]),
          [
            [1, 1],
            [1, 2],
            [1, 3],
          ],
        );
      },
    ));

  it('are as many as there are requests at a time, and are all used again', () =>
    withSite(slowly, function* ({ site }) {
      for (let round = 0; round < 3; round++) yield* all(Array.from({ length: 20 }, () => get(SITE)));
      assert.equal(site.connections, 20);
      assert.equal(site.asked.length, 60);
    }));

  it('are no more than the limit: who comes later waits', () =>
    withLimits({ maxConnections: 3 }, () =>
      withSite(slowly, function* ({ site, loop }) {
        const start = loop.now();
        const answers = yield* all(Array.from({ length: 9 }, (_, i) => get(`${SITE}/${i}`)));
        assert.deepEqual(
          answers.map((answer) => answer.text()),
          Array.from({ length: 9 }, (_, i) => `/${i}`),
        );
        assert.equal(site.connections, 3);
        assert.ok(loop.now() - start >= 300);
        assert.deepEqual(poolOf(loop).statistics(), { open: 3, idle: 3, waiting: 0 });
      }),
    ));

  it('give their place to who waits also where they are closed', () =>
    withLimits({ maxConnections: 2 }, () =>
      withSite(
        (stream) => always(stream, ok('ok', 'Connection: close\r\n')),
        function* ({ site, loop }) {
          yield* all(Array.from({ length: 6 }, () => get(SITE)));
          assert.equal(site.connections, 6);
          assert.deepEqual(poolOf(loop).statistics(), { open: 0, idle: 0, waiting: 0 });
        },
      ),
    ));

  it('are closed when they have been idle for long', () =>
    withSite(
      (stream) => always(stream, ok()),
      function* ({ site, loop }) {
        yield* all([get(SITE), get(SITE)]);
        yield* sleep(3000);
        assert.equal(site.open, 2);
        yield* sleep(3000);
        assert.equal(site.open, 0);
        assert.equal(poolOf(loop).statistics().open, 0);
      },
    ));

  it('are not kept for longer than the server says', () =>
    withSite(
      (stream) => always(stream, ok('ok', 'Keep-Alive: timeout=2\r\n')),
      function* ({ site }) {
        yield* get(SITE);
        yield* sleep(1100);
        yield* get(SITE);
        assert.equal(site.connections, 2);
      },
    ));

  it('that can’t be had take up no place', () =>
    withLimits({ maxConnections: 1 }, () =>
      withSite(slowly, function* ({ loop }) {
        for (let i = 0; i < 3; i++) {
          assert.equal((yield* failureOf(get('http://127.0.0.1:1/'))).code, 'ECONNREFUSED');
        }
        assert.deepEqual(poolOf(loop).statistics(), { open: 0, idle: 0, waiting: 0 });
      }),
    ));

  it('that have carried a HEAD are not kept: some servers send a body all the same', () =>
    withSite(
      function* (stream, { head }) {
        yield* stream.write(ok('ok'));
        if (head.method !== 'HEAD') return;
        assert.equal(head.keepAlive, false);
      },
      function* ({ site }) {
        assert.equal((yield* get(SITE, { method: 'HEAD' })).text(), '');
        assert.equal((yield* get(SITE)).text(), 'ok');
        assert.equal(site.connections, 2);
      },
    ));

  it('that the caller wants closed are closed', () =>
    withSite(
      (stream) => always(stream, ok()),
      function* ({ site, loop }) {
        yield* get(SITE, { headers: { Connection: 'close' } });
        assert.equal(site.asked[0]!.head.keepAlive, false);
        assert.equal(poolOf(loop).statistics().open, 0);
      },
    ));

  it('are kept again after one was found too old', () =>
    withLimits({ keepAlive: 1500 }, () =>
      withSite(
        (stream) => always(stream, ok()),
        function* ({ site, loop }) {
          yield* get(SITE);
          yield* sleep(1700);
          for (let i = 0; i < 3; i++) yield* get(SITE);
          assert.equal(site.connections, 2);
          assert.deepEqual(poolOf(loop).statistics(), { open: 1, idle: 1, waiting: 0 });
        },
      ),
    ));

  it('are forgotten when the server closes them, without a request in vain', () =>
    withSite(
      function* (stream) {
        yield* stream.write(ok());
        return false;
      },
      function* ({ site, loop }) {
        yield* get(SITE);
        yield* sleep(10);
        assert.equal(poolOf(loop).statistics().open, 0);
        // Not even a POST, which could not be sent again.
        assert.equal((yield* get(SITE, { method: 'POST', body: 'x' })).text(), 'ok');
        assert.equal(site.asked.length, 2);
      },
    ));

  it('are closed when something comes that nobody asked for', () =>
    withSite(
      function* (stream) {
        yield* stream.write(ok());
        yield* sleep(10);
        yield* stream.write(ok('poison'));
      },
      function* ({ loop }) {
        yield* get(SITE);
        yield* sleep(20);
        assert.equal(poolOf(loop).statistics().open, 0);
        assert.equal((yield* get(SITE)).text(), 'ok');
      },
    ));

  it('of different origins are not mixed up', () =>
    withSite(
      (stream) => always(stream, ok('one')),
      function* ({ tasks, site }) {
        const other = new Site((stream) => always(stream, ok('two')));
        yield* other.serve(tasks, '127.0.0.1', 8001);
        for (let i = 0; i < 2; i++) {
          assert.equal((yield* get(SITE)).text(), 'one');
          assert.equal((yield* get('http://127.0.0.1:8001')).text(), 'two');
        }
        assert.deepEqual([site.connections, other.connections], [1, 1]);
      },
    ));
});

describe('a request on a connection that the server closes meanwhile', () => {
  /** Closes each connection when its second request comes, without an answer. */
  function* once(stream: Parameters<typeof always>[0], { turn }: { turn: number }): Co<boolean> {
    if (turn === 2) return false;
    yield* stream.write(ok());
    return true;
  }

  it('is sent again, once, over a new one', () =>
    withSite(once, function* ({ site }) {
      yield* get(SITE);
      assert.equal((yield* get(SITE, { method: 'DELETE' })).status, 200);
      assert.deepEqual(
        site.asked.map(({ connection, turn }) => [connection, turn]),
        [
          [1, 1],
          [1, 2],
          [2, 1],
        ],
      );
    }));

  it('is sent over none of the others that were kept, which are likely to be closed, too', () =>
    withSite(once, function* ({ site }) {
      yield* all([get(SITE), get(SITE), get(SITE)]);
      assert.equal((yield* get(SITE)).status, 200);
      assert.equal(site.asked.length, 5);
    }));

  it('is not, where it may have had an effect', () =>
    withSite(once, function* ({ site }) {
      yield* get(SITE);
      const error = yield* failureOf(get(SITE, { method: 'POST', body: 'x' }));
      assert.equal(error.code, 'ECONNRESET');
      assert.equal(site.asked.length, 2);
    }));

  it('is not, where it was the first on its connection', () =>
    withSite(
      function* (stream) {
        yield* stream.write('');
        return false;
      },
      function* ({ site }) {
        assert.equal((yield* failureOf(get(SITE))).code, 'ECONNRESET');
        assert.equal(site.asked.length, 1);
      },
    ));

  it('is not, where some of the answer had come', () =>
    withSite(
      function* (stream, { turn }) {
        yield* stream.write(turn === 1 ? ok() : 'HTTP/1.1 200 OK\r\nConte');
        return turn === 1;
      },
      function* ({ site }) {
        yield* get(SITE);
        assert.equal((yield* failureOf(get(SITE))).code, 'ERR_HTTP_HEAD_CUT_SHORT');
        assert.equal(site.asked.length, 2);
      },
    ));
});

describe('the time of a green request', () => {
  it('as a whole has a limit, which counts all its redirects', () =>
    withSite(
      function* (stream, { head }) {
        yield* sleep(40);
        yield* stream.write(ok('', `Location: ${head.path}x\r\n`, '302 Found'));
      },
      function* ({ loop, site }) {
        const start = loop.now();
        const error = yield* failureOf(get(`${SITE}/`, { timeout: 100 }));
        assert.equal(error.code, 'ERR_FETCH_TIMEOUT');
        assertAbout(loop.now() - start, 100);
        assert.ok(error instanceof FetchError && error.url === `${SITE}/xx`);
        yield* sleep(50);
        assert.equal(site.open, 0);
      },
    ));

  it('to connect has a limit', () =>
    withSite(slowly, function* ({ loop }) {
      const start = loop.now();
      const error = yield* failureOf(get('http://192.0.2.1/', { connectTimeout: 700 }));
      assert.equal(error.code, 'ERR_FETCH_CONNECT_TIMEOUT');
      assertAbout(loop.now() - start, 700);
    }));

  it('in which nothing comes has a limit, which each piece begins anew', () =>
    withSite(
      function* (stream) {
        yield* stream.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n');
        for (let i = 0; i < 5; i++) {
          yield* sleep(80);
          yield* stream.write('x');
        }
        yield* sleep(10_000);
      },
      function* ({ loop }) {
        const start = loop.now();
        const error = yield* failureOf(get(SITE, { idleTimeout: 100 }));
        assert.equal(error.code, 'ERR_FETCH_IDLE_TIMEOUT');
        assertAbout(loop.now() - start, 500);
      },
    ));

  it('is not lost to an address that does not answer, where there is another', () =>
    withSite(
      slowly,
      function* ({ loop }) {
        const start = loop.now();
        assert.equal((yield* get(`http://mixed.test:${PORT}/`)).status, 200);
        assert.ok(loop.now() - start < 1000);
      },
      { hosts: { 'mixed.test': ['192.0.2.1', '127.0.0.1'] } },
    ));

  it('is all given to a slow address, where no other takes connections', () =>
    withSite(
      slowly,
      function* ({ loop }) {
        const start = loop.now();
        const error = yield* failureOf(get('http://bad.test:81/', { connectTimeout: 3000 }));
        assert.equal(error.code, 'ERR_FETCH_CONNECT_TIMEOUT');
        assert.ok(loop.now() - start >= 3000);
      },
      { hosts: { 'bad.test': ['192.0.2.1', '127.0.0.1'] } },
    ));
});

describe('a green request that is ended from outside', () => {
  it('by its coroutine’s deadline closes its connection, which nobody gets', () =>
    withSite(slowly, function* ({ site, loop }) {
      const error = yield* failureOf(deadline(50, get(SITE)));
      assert.equal(error.code, 'ERR_DEADLINE_EXCEEDED');
      assert.deepEqual(poolOf(loop).statistics(), { open: 0, idle: 0, waiting: 0 });
      yield* sleep(100);
      assert.equal(site.open, 0);
    }));

  it('is thrown as a cancellation, and not as an error of the request', () =>
    withSite(slowly, function* ({ tasks }) {
      const seen: unknown[] = [];
      const task = tasks.spawn(
        (function* (): Co<void> {
          try {
            yield* get(SITE);
          } catch (error) {
            seen.push(error);
            throw error;
          }
        })(),
      );
      yield* sleep(20);
      task.cancel(new Error('the client is gone'));
      yield* sleep(1);
      assert.ok(seen[0] instanceof Cancelled);
    }));

  it('while it waits for a connection leaves the line, and the others move up', () =>
    withLimits({ maxConnections: 1 }, () =>
      withSite(slowly, function* ({ tasks, loop }) {
        const first = tasks.spawn(get(`${SITE}/1`));
        const second = tasks.spawn(get(`${SITE}/2`));
        const third = tasks.spawn(get(`${SITE}/3`));
        yield* sleep(50);
        second.cancel();
        assert.equal((yield* first.join()).text(), '/1');
        assert.equal((yield* third.join()).text(), '/3');
        assert.equal(poolOf(loop).statistics().open, 1);
      }),
    ));

  it('at any moment leaves no connection in use', () =>
    withLimits({ maxConnections: 2 }, () =>
      withSite(slowly, function* ({ tasks, loop }) {
        for (let moment = 0; moment < 120; moment++) {
          const requests = Array.from({ length: 4 }, () => tasks.spawn(get(SITE)));
          yield* sleep(moment * 2);
          for (const request of requests) request.cancel();
          yield* sleep(5);
          const { open, idle, waiting } = poolOf(loop).statistics();
          assert.deepEqual([open - idle, waiting], [0, 0], `after ${moment * 2} ms`);
        }
      }),
    ));

  it('by a signal throws the signal’s reason', () =>
    withSite(slowly, function* ({ loop, site }) {
      const controller = new AbortController();
      const reason = new Error('no longer wanted');
      loop.setTimer(30, () => controller.abort(reason));
      assert.equal(yield* failureOf(get(SITE, { signal: controller.signal })), reason);
      assert.equal(yield* failureOf(get(SITE, { signal: controller.signal })), reason);
      assert.equal(site.asked.length, 1);
    }));
});

describe('names and addresses', () => {
  it('of one host are looked up once for many requests, and again later', () =>
    withSite(
      (stream) => always(stream, ok('ok', 'Connection: close\r\n')),
      function* ({ kernel, loop }) {
        let lookups = 0;
        const resolve = kernel.resolve.bind(kernel);
        kernel.resolve = (host, port) => {
          lookups++;
          return resolve(host, port);
        };
        const url = `http://localhost:${PORT}/`;
        yield* all(Array.from({ length: 10 }, () => get(url)));
        yield* get(url);
        assert.equal(lookups, 1);
        yield* sleep(5001);
        yield* get(url);
        assert.equal(lookups, 2);
        assert.equal(loop.kernel, kernel);
      },
    ));

  it('that refused are not tried first again, where another took the connection', () =>
    withSite(
      (stream) => always(stream, ok('ok', 'Connection: close\r\n')),
      function* ({ kernel }) {
        const tried: unknown[] = [];
        const connect = kernel.connect.bind(kernel);
        kernel.connect = (address) => {
          tried.push(address.family === 'unix' ? address.path : address.host);
          return connect(address);
        };
        for (let i = 0; i < 3; i++) yield* get(`http://two.test:${PORT}/`);
        assert.deepEqual(tried, ['127.0.0.2', '127.0.0.1', '127.0.0.1', '127.0.0.1']);
      },
      { hosts: { 'two.test': ['127.0.0.2', '127.0.0.1'] } },
    ));

  it('that nobody knows are an error, which is not remembered', () =>
    withSite(slowly, function* ({ kernel }) {
      const error = yield* failureOf(get('http://nowhere.test/'));
      assert.match(error.code ?? '', /^(ENOTFOUND|ENOENT)$/);
      assert.match(error.message, /GET http:\/\/nowhere\.test\/ failed: .*nowhere\.test/);
      kernel.resolve = () => Promise.resolve([{ family: 'inet', host: '127.0.0.1', port: 1 }]);
      assert.equal((yield* get(`http://nowhere.test:${PORT}/`)).status, 200);
    }));

  it('may be IPv6', () =>
    withSite(slowly, function* ({ tasks }) {
      const site = new Site((stream) => always(stream, ok()));
      yield* site.serve(tasks, '::1', 8006);
      assert.equal((yield* get('http://[::1]:8006/')).text(), 'ok');
      assert.equal(site.asked[0]!.head.authority, '[::1]:8006');
    }));
});

describe('a large body', () => {
  it('is sent while the server answers before it has read it', () =>
    withSite(
      (stream) => always(stream, ok()),
      function* ({ tasks, loop }) {
        // A server of its own, which answers a head and never reads a body.
        const listener = yield* listen({ family: 'inet', host: '127.0.0.1', port: 8002 });
        tasks.spawn(
          (function* (): Co<void> {
            const stream = yield* listener.accept();
            listener.close();
            yield* stream.read(new Uint8Array(100));
            yield* stream.write(ok('too large', '', '413 Content Too Large'));
            yield* sleep(100);
            stream.close();
          })(),
        );
        const body = new Uint8Array(3_000_000);
        const answer = yield* get('http://127.0.0.1:8002/', { method: 'POST', body });
        assert.equal(answer.status, 413);
        assert.equal(answer.text(), 'too large');
        // What the server has not read of the body would be the next request.
        assert.equal(poolOf(loop).statistics().open, 0);
        yield* sleep(100);
      },
    ));
});

/** A timer is never early, and a little late; and bytes have been on their way. */
function assertAbout(actual: number, expected: number): void {
  assert.ok(actual >= expected && actual < expected + 10, `${actual} ms instead of ${expected}`);
}

/** Answers with the path, after 100 ms. */
function* slowly(stream: Parameters<typeof always>[0], { head }: { head: { path: string } }): Co<void> {
  yield* sleep(100);
  yield* stream.write(ok(head.path));
}

async function withLimits(
  limits: Parameters<typeof setFetchLimits>[0],
  run: () => Promise<void>,
): Promise<void> {
  setFetchLimits(limits);
  try {
    await run();
  } finally {
    setFetchLimits({ maxConnections: 2048, maxIdle: 1024, keepAlive: 4000, dnsCache: 5000 });
  }
}
