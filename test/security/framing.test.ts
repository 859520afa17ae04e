// An answer is never longer or shorter than its head says while the connection goes on: what is missing or too much would
// be read as the next answer's, which may be for somebody else behind a proxy.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange } from '../../src/app/index.ts';
import { type Client, Simulation } from './simulation.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

async function serving(
  handle: (exchange: Exchange) => undefined | Promise<void>,
): Promise<[Simulation, Client]> {
  const simulation = new Simulation({ handle });
  return [simulation, await simulation.connect()];
}

test('a head larger than any buffer arrives whole', async () => {
  const value = 'v'.repeat(300_000);
  const [simulation, client] = await serving((exchange) => {
    exchange.respond(200, '', ['X-Large', value, 'X-Last', 'last'], 'body');
    return undefined;
  });
  client.send(GET + GET);
  await simulation.pass(200);
  const answers = client.received.split('HTTP/1.1 200 OK\r\n').slice(1);
  assert.equal(answers.length, 2);
  for (const answer of answers) {
    assert.ok(answer.startsWith(`X-Large: ${value}\r\nX-Last: last\r\nContent-Length: 4\r\n`));
    assert.ok(answer.endsWith('\r\n\r\nbody'));
  }
});

test('so do interim answers without end', async () => {
  const [simulation, client] = await serving((exchange) => {
    for (let i = 0; i < 5000; i++) exchange.inform(103, ['Link', `</style-${i}.css>; rel=preload; as=style`]);
    exchange.respond(200, '', [], 'body');
    return undefined;
  });
  client.send(GET);
  await simulation.pass(200);
  assert.equal(client.received.split('HTTP/1.1 103').length, 5001);
  assert.ok(client.received.endsWith('\r\n\r\nbody'));
});

test('a string is as long as its Content-Length says, whatever surrogates it is made of', async () => {
  const texts = [
    '\ud800',
    'a\udc00',
    '\ud83d\ude00'.repeat(9),
    '\ud83d',
    '\ud800\ud800\udc00',
    'é'.repeat(70_000),
  ];
  texts.push(
    `${'x'.repeat(131_071)}\ud83d\ude00\ud83d`,
    '\udc00'.repeat(60_000),
    '\ud83d\ude00'.repeat(60_000),
  );
  for (const text of texts) {
    const [simulation, client] = await serving((exchange) => {
      exchange.respond(200, '', [], text);
      return undefined;
    });
    client.send(GET + GET);
    await simulation.pass(200);
    const body = Buffer.from(text).toString('latin1');
    const answer = `Content-Length: ${body.length}\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n\r\n${body}`;
    assert.ok(client.received === `HTTP/1.1 200 OK\r\n${answer}`.repeat(2), JSON.stringify(text.slice(0, 9)));
  }
});

/** Takes the memory of bytes away, as a transfer to a worker does. */
function detach(bytes: Uint8Array): void {
  structuredClone(bytes.buffer, { transfer: [bytes.buffer as ArrayBuffer] });
  assert.equal(bytes.length, 0);
}

test('a body whose bytes are taken away before they are sent costs the connection', async () => {
  for (const [size, start] of [
    [1000, false],
    [100_000, false],
    [1000, true],
    [100_000, true],
  ] as const) {
    const [simulation, client] = await serving(async (exchange) => {
      await null;
      const bytes = new Uint8Array(size).fill(0x61);
      if (start) {
        exchange.start(200, '', [], size);
        exchange.write(bytes);
        exchange.end();
      } else exchange.respond(200, '', [], bytes);
      detach(bytes);
    });
    client.send(GET + GET);
    await simulation.pass(200);
    assert.equal(client.received.match(/HTTP/g)?.length ?? 0, 0, client.received);
    assert.notEqual(client.ending, undefined);
  }
});

test('so does one whose bytes are taken away while they wait for the client to take them', async () => {
  const pieces: Uint8Array[] = [];
  const [simulation, client] = await serving((exchange) => {
    exchange.start(200, '', [], 8_000_000);
    for (let i = 0; i < 8; i++) {
      pieces.push(new Uint8Array(1_000_000).fill(0x61));
      exchange.write(pieces[i]!);
    }
    exchange.end();
    return undefined;
  });
  client.sim.pause();
  client.send(GET + GET);
  await simulation.pass(100);
  detach(pieces[5]!);
  client.sim.resume();
  await simulation.pass(2000);
  assert.equal(client.received.match(/HTTP/g)?.length, 1);
  assert.notEqual(client.ending, undefined);
  assert.equal(simulation.server.statistics().buffered, 0);
});
