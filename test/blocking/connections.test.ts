// The connections of the green client over the simulated network: kept, given up, tried again.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { poolOf } from '../../src/blocking/fetch-sync.ts';
import type { Stream } from '../../src/net/index.ts';
import { all, type Co, sleep } from '../../src/task/index.ts';
import { failureOf } from '../net/backend.ts';
import { always, get, ok, SITE, Site, slowly, withLimits, withSite } from './site.ts';

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
  function* once(stream: Stream, { turn }: { turn: number }): Co<boolean> {
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
