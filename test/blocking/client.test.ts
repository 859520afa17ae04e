// The green client over the simulated network: time, cancellation, names, and bodies that nobody reads.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { poolOf } from '../../src/blocking/fetch-sync.ts';
import { FetchError } from '../../src/blocking/index.ts';
import { listen } from '../../src/net/index.ts';
import { all, Cancelled, type Co, deadline, sleep } from '../../src/task/index.ts';
import { failureOf } from '../net/backend.ts';
import { always, get, ok, PORT, SITE, Site, slowly, withLimits, withSite } from './site.ts';

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
