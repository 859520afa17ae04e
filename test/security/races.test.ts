// Two things at once: a deadline and what it waited for, one request's end and the next one's beginning, a stop and a
// connection that is no longer the server's own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fetchApp, installFetchGlobals } from '../../src/app/fetch/index.ts';
import type { Stream } from '../../src/net/index.ts';
import { type Co, sleep } from '../../src/task/index.ts';
import { type Client, Simulation } from './simulation.ts';

installFetchGlobals();

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const UPGRADE = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n';

test('a handler that ends behind its answer leaves the next one of its connection cancellable', async () => {
  const cancelled: number[] = [];
  let calls = 0;
  const simulation = new Simulation({
    *handle(exchange): Co<void> {
      const call = ++calls;
      if (call === 1) {
        exchange.respond(200, '', [], 'first');
        yield* sleep(100);
        return;
      }
      try {
        yield* sleep(10_000);
      } catch (error) {
        cancelled.push(call);
        throw error;
      }
    },
  });
  const client = await simulation.connect();
  client.send(GET);
  await simulation.pass(30);
  client.send(GET);
  await simulation.pass(200);
  client.sim.reset();
  await simulation.pass(30);
  assert.deepEqual(cancelled, [2]);
});

test('a request that came while the loop was busy is served, though its deadline has passed meanwhile', async () => {
  const simulation: Simulation = new Simulation(
    {
      handle(exchange) {
        if (exchange.head.path === '/busy') {
          simulation.kernel.elapse(50);
          idle.send(GET);
          simulation.kernel.elapse(500);
        }
        exchange.respond(200, '', [], 'ok');
        return undefined;
      },
    },
    { keepAliveTimeout: 1000 },
  );
  const idle: Client = await simulation.connect();
  const busy = await simulation.connect('192.0.2.10');
  idle.send(GET);
  await simulation.pass(20);
  await simulation.pass(800);
  busy.send(GET.replace('/', '/busy'));
  await simulation.pass(600);
  assert.equal(idle.received.match(/200 OK/g)?.length, 2);
});

/** A connection that has been handed over to `run`. */
async function upgraded(
  run: (stream: Stream, rest: Uint8Array) => Co<void>,
  rest = '',
): Promise<[Simulation, Client]> {
  const simulation = new Simulation({
    async handle(exchange) {
      await null;
      exchange.upgrade(['Connection', 'upgrade', 'Upgrade', 'echo'], run);
    },
  });
  const client = await simulation.connect();
  client.send(`${UPGRADE}${rest}`);
  await simulation.pass(50);
  assert.match(client.received, /^HTTP\/1\.1 101 /);
  return [simulation, client];
}

test('a stop cancels what a connection was handed over to, when its time is up', async () => {
  const ended: string[] = [];
  const [simulation, client] = await upgraded(function* (stream) {
    try {
      while ((yield* stream.read(new Uint8Array(10))) > 0);
    } finally {
      ended.push('cancelled');
    }
  }, '\r\n');
  let stopped = false;
  void simulation.server.close().then(() => {
    stopped = true;
  });
  await simulation.pass(29_000);
  assert.deepEqual([stopped, ended], [false, []]);
  await simulation.pass(2000);
  await simulation.pass(1);
  assert.deepEqual([stopped, ended, client.ending], [true, ['cancelled'], 'fin']);
  assert.deepEqual(
    simulation.log.filter(({ level }) => level === 'error'),
    [],
  );
});

test('a client that resets an upgraded connection is no error of the server’s', async () => {
  const [simulation, client] = await upgraded(function* (stream) {
    while ((yield* stream.read(new Uint8Array(10))) > 0);
  }, '\r\n');
  client.sim.reset();
  await simulation.pass(50);
  assert.equal(simulation.server.statistics().connections, 0);
  assert.deepEqual(
    simulation.log.filter(({ level }) => level === 'error'),
    [],
  );
});

test('an upgraded connection’s news are its new owner’s', async () => {
  let woken = 0;
  const [simulation, client] = await upgraded(function* (stream) {
    const bytes = new Uint8Array(10);
    for (;;) {
      const count = stream.tryRead(bytes, 0, bytes.length);
      if (count === 0) return;
      if (count > 0) woken++;
      else yield stream.activity;
    }
  }, '\r\n');
  client.send('x');
  await simulation.pass(50);
  assert.deepEqual([woken, client.ending], [1, undefined]);
});

test('no byte of a request’s body is taken for the new protocol’s', async () => {
  const rests: string[] = [];
  const [simulation, client] = await upgraded(function* (stream, rest) {
    const bytes = Buffer.alloc(100);
    rests.push(Buffer.from(rest).toString());
    const count = yield* stream.read(bytes);
    rests.push(bytes.toString('latin1', 0, count));
  }, `Content-Length: 1000000\r\n\r\n`);
  client.send('x'.repeat(200_000));
  await simulation.pass(10_000);
  assert.deepEqual(rests, []);
  assert.notEqual(client.ending, undefined);
});

test('a handler may return anything that has a `then`', async () => {
  // As query builders do: their `then` returns nothing.
  const thenable = {
    // biome-ignore lint/suspicious/noThenProperty: that is what makes it one.
    then(resolve: (response: Response) => void): void {
      setImmediate(() => resolve(new Response('late')));
    },
  };
  const simulation = new Simulation(fetchApp(() => thenable as unknown as Promise<Response>));
  const client = await simulation.connect();
  client.send(GET);
  await simulation.pass(10);
  assert.equal(simulation.server.statistics().inFlight, 1);
  await simulation.pass(10);
  assert.match(client.received, /late$/);
});
