// Connections between two requests: what the server keeps for each of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { queryObjects } from 'node:v8';
import { fetchApp } from '../../src/app/fetch/index.ts';
import { defaultSettings } from '../../src/config/index.ts';
import { RequestHead } from '../../src/http/index.ts';
import { listen } from '../../src/net/index.ts';
import { HttpExchange } from '../../src/server/exchange.ts';
import { type Logger, Server } from '../../src/server/index.ts';
import { type Co, sleep } from '../../src/task/index.ts';
import { runSimulated } from '../net/backend.ts';
import { get, post } from './behaviour/backend.ts';

const complain = (_fields: object, message: string): void => assert.fail(message);
const log: Logger = { debug() {}, info() {}, warn: complain, error: complain };
/** Its head and its body come in pieces, so that the server has to keep some of either for a while. */
const PIECES = post('/', 'hello').match(/.{1,20}/gs)!;

test('an idle connection keeps nothing of its last request, even before V8 has optimised anything', () =>
  runSimulated({}, function* (loop, kernel) {
    const listener = yield* listen({ family: 'inet', host: '127.0.0.1', port: 80 });
    // Answered at once, later, and with the rest of the request to come.
    const app = fetchApp((request) =>
      request.url.endsWith('/at-once') ? new Response() : request.text().then((text) => new Response(text)),
    );
    const server = new Server({ loop, app, settings: defaultSettings(), log }, [listener]);
    for (const sent of [[get('/at-once')], [post('/', 'hello')], PIECES]) {
      const client = kernel.client(listener.address);
      for (const piece of sent) {
        client.send(piece);
        yield* sleep(2);
      }
      assert.match(client.text(), /^HTTP\/1\.1 200 /);
    }
    const { connections, requests } = server.statistics();
    assert.deepEqual([connections, requests], [3, 3]);
    for (const kind of [HttpExchange, RequestHead]) assert.equal(queryObjects(kind), 0, kind.name);
    void server.close();
    yield* sleep(defaultSettings().keepAliveGrace + 1000);
  }));

test('a thousand idle connections have as many timers as one, and hold no octet', () =>
  runSimulated({}, function* (loop, kernel) {
    const listener = yield* listen({ family: 'inet', host: '127.0.0.1', port: 80 });
    const app = fetchApp(async (request) => new Response(await request.text()));
    const settings = { ...defaultSettings(), handlerTimeout: 60_000 };
    const server = new Server({ loop, app, settings, log }, [listener]);
    let most = 0;
    const ask = function* (clients: number): Co<void> {
      for (let i = 0; i < clients; i++) {
        const client = kernel.client(listener.address);
        for (const piece of PIECES) {
          client.send(piece);
          yield* sleep(2);
          most = Math.max(most, server.statistics().buffered);
        }
        assert.match(client.text(), /^HTTP\/1\.1 200 .*hello/s);
      }
    };
    const kept = (): object => {
      const { connections, inFlight, buffered } = server.statistics();
      return { connections, inFlight, buffered, timers: loop.statistics().timers };
    };

    yield* ask(1);
    const { timers } = loop.statistics();
    assert.deepEqual(kept(), { connections: 1, inFlight: 0, buffered: 0, timers });
    assert.ok(most > 0, 'no request was kept at all');
    yield* ask(999);
    assert.deepEqual(kept(), { connections: 1000, inFlight: 0, buffered: 0, timers });
    void server.close();
    yield* sleep(settings.keepAliveGrace + 1000);
  }));
