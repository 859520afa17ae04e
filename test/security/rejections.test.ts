// A promise that an app started and did not wait for must not end the process when a client makes it reject: Node ends a
// process for a rejection that nobody handles, and an early `request.json()` beside a slow query is ordinary code.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fetchApp, installFetchGlobals } from '../../src/app/fetch/index.ts';
import type { Exchange } from '../../src/app/index.ts';
import { Simulation } from './simulation.ts';

installFetchGlobals();

/** Runs `act`; the rejections that nobody has handled by its end. */
async function unhandledIn(act: () => Promise<void>): Promise<unknown[]> {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  // The test runner's own listener would fail the test without a word of which rejection it was.
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', note);
  try {
    await act();
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.removeAllListeners('unhandledRejection');
    for (const listener of others) process.on('unhandledRejection', listener);
  }
  return unhandled;
}

const head = (...fields: string[]): string =>
  `POST / HTTP/1.1\r\nHost: a\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`;

/** What each sends: a head, then the rest, before it resets the connection. */
const CLIENTS: Readonly<Record<string, readonly [string, string]>> = {
  'only resets': [head('Content-Length: 9'), 'half'],
  'sends no chunks': [head('Transfer-Encoding: chunked'), 'no chunk'],
  'sends no JSON': [head('Content-Length: 4'), '{ "a'],
};

const READERS: readonly ((request: Request) => Promise<unknown>)[] = [
  (request) => request.text(),
  (request) => request.json(),
  (request) => request.bytes(),
  (request) => request.arrayBuffer(),
  (request) => request.blob(),
  (request) => request.formData(),
  (request) => request.clone().text(),
];

for (const [what, sent] of Object.entries(CLIENTS)) {
  test(`a client that ${what} ends no process whose app has not waited for the body yet`, async () => {
    const unhandled = await unhandledIn(async () => {
      for (const read of READERS) {
        const simulation = new Simulation(
          fetchApp((request) => {
            void read(request as Request);
            return new Promise<Response>(() => {});
          }),
        );
        const client = await simulation.connect();
        for (const bytes of sent) {
          client.send(bytes);
          await simulation.pass(20);
        }
        client.sim.reset();
        await simulation.pass(20);
      }
    });
    assert.deepEqual(unhandled, []);
  });
}

test('a body that an app still reads when it has answered ends no process', async () => {
  const unhandled = await unhandledIn(async () => {
    const simulation = new Simulation(
      fetchApp((request) => {
        void request.text();
        return new Response('read it later');
      }),
    );
    const client = await simulation.connect();
    client.send(`${head('Content-Length: 9999999')}half`);
    await simulation.pass(20);
    client.sim.close();
    await simulation.pass(10_000);
  });
  assert.deepEqual(unhandled, []);
});

test('nor does a wait for a client that takes no more', async () => {
  const unhandled = await unhandledIn(async () => {
    let exchange!: Exchange;
    const simulation = new Simulation({
      handle(given) {
        exchange = given;
        exchange.start(200, '', [], -1);
        while (exchange.write(Buffer.alloc(100_000)));
        void exchange.drained();
        return undefined;
      },
    });
    const client = await simulation.connect();
    client.sim.pause();
    client.send(head('Content-Length: 0'));
    await simulation.pass(20);
    client.sim.reset();
    await simulation.pass(20);
    void exchange.drained();
  });
  assert.deepEqual(unhandled, []);
});

test('an app that does wait is told', async () => {
  const told: unknown[] = [];
  const simulation = new Simulation(
    fetchApp(async (request) => {
      const body = request.text();
      await new Promise((resolve) => setImmediate(resolve));
      await body.catch((error: unknown) => told.push(error));
      return new Response();
    }),
  );
  const client = await simulation.connect();
  for (const bytes of CLIENTS['sends no chunks']!) {
    client.send(bytes);
    await simulation.pass(20);
  }
  await simulation.pass(20);
  assert.equal((told[0] as { code?: string } | undefined)?.code, 'ERR_BODY_MALFORMED');
});
