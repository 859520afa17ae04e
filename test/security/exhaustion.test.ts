// What one client can cost: memory for each state that it can bring a connection into, the loop's time, and the log.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange } from '../../src/app/index.ts';
import { parseRequestHead } from '../../src/http/index.ts';
import { Input } from '../../src/server/input.ts';
import { isWorthParsing } from '../../src/server/unfinished-head.ts';
import { Simulation } from './simulation.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

/** A POST head with `fields`. */
const post = (...fields: string[]): string => ['POST / HTTP/1.1', 'Host: a', ...fields, '', ''].join('\r\n');

function answer(exchange: Exchange): undefined {
  exchange.respond(200, '', [], 'ok');
}

test('chunks of one byte do not cost a buffer each', async () => {
  let pieces = 0;
  let body = '';
  const simulation = new Simulation({
    async handle(exchange) {
      for (let piece = await exchange.readBody(); piece !== undefined; piece = await exchange.readBody()) {
        pieces++;
        body += Buffer.from(piece).toString();
      }
      exchange.respond(200, '', [], 'ok');
    },
  });
  const client = await simulation.connect();
  const sent = 'abcdefghij'.repeat(5000);
  client.send(post('Transfer-Encoding: chunked'));
  client.send(`${sent.replace(/./g, '1\r\n$&\r\n')}0\r\n\r\n${GET}`);
  await simulation.pass(500);
  assert.ok(body === sent, 'the body arrived as it was sent');
  assert.ok(pieces < 50, `${pieces} pieces`);
  assert.equal(client.received.match(/200 OK/g)?.length, 2);
});

test('a head that comes an octet at a time is parsed for each line, and too large at the same octet as at once', () => {
  const limits = { requestLine: 40, headerSection: 200, fields: 5 };
  const line = 'GET /path HTTP/1.1\r\n';
  const heads = [
    `${line}Host: a\r\nX: ${'x'.repeat(300)}`,
    `${line}Host: a\r\n${'x'.repeat(300)}`,
    `\r\n\r\n${line}Host: a\r\nX: ${'x'.repeat(300)}`,
    `\r\n\r\n\r\n\r\nGET /${'x'.repeat(300)}`,
    `GET /${'x'.repeat(300)}`,
    `${line}Host: a\r\nX: ${'x'.repeat(150)}\r\n\r\n`,
    '\r\n'.repeat(100),
  ];
  for (const head of heads) {
    const bytes = Buffer.alloc(512, '\n');
    const input = new Input(Buffer.alloc(0));
    input.bytes = bytes;
    let tried = 0;
    let parsed = 0;
    for (let size = 1; size <= head.length; size++) {
      bytes[size - 1] = head.charCodeAt(size - 1);
      input.end = size;
      const truth = parseRequestHead(bytes, 0, size, limits);
      const worth = tried === 0 || isWorthParsing(input, tried, limits);
      if (worth) parsed++;
      assert.ok(worth || truth === undefined, `overlooked at ${size}: ${JSON.stringify(head.slice(0, 40))}`);
      if (truth !== undefined && worth) {
        tried = -1;
        break;
      }
      tried = size;
    }
    assert.equal(tried, -1, `never answered: ${JSON.stringify(head.slice(0, 40))}`);
    assert.ok(parsed < 50, `parsed ${parsed} times: ${JSON.stringify(head.slice(0, 40))}`);
  }
});

test('what a client dribbles counts for what it takes to hold it', async () => {
  const simulation = new Simulation({ handle: answer });
  const clients = await Promise.all(Array.from({ length: 10 }, () => simulation.connect()));
  for (const client of clients) client.send('G');
  await simulation.pass(20);
  assert.ok(
    simulation.server.statistics().buffered >= 10 * 4096,
    `${simulation.server.statistics().buffered}`,
  );
});

test('a client that always has a whole buffer of requests ready does not keep the loop for itself', async () => {
  const served: string[] = [];
  const simulation: Simulation = new Simulation({
    handle(exchange) {
      served.push(exchange.head.path);
      // The handler takes its time, in which more arrives.
      simulation.kernel.elapse(1);
      return answer(exchange);
    },
  });
  // As large as what is received at once: after each request nothing is left over, and the next one is there.
  const start = post('Content-Length: 65000').replace('/', '/greedy');
  const request = start.replace('65000', String(65_536 - start.length)) + 'x'.repeat(65_536 - start.length);
  const greedy = await simulation.connect();
  const other = await simulation.connect('192.0.2.10');
  for (let i = 0; i < 300; i++) greedy.send(request);
  await simulation.pass(5);
  other.send(GET);
  await simulation.pass(1000);
  const turn = served.indexOf('/');
  assert.ok(turn !== -1 && turn < 200, `served after ${turn} of ${served.length}`);
});

test('a body that nobody wants can’t be dribbled to hold a connection', async () => {
  const simulation = new Simulation({ handle: answer }, { bodyTimeout: 30_000 });
  const client = await simulation.connect();
  client.send(post('Content-Length: 60000'));
  await simulation.pass(20);
  assert.match(client.received, /200 OK/);
  for (let i = 0; i < 4; i++) {
    client.send('x');
    await simulation.pass(20_000);
  }
  assert.equal(simulation.server.statistics().connections, 0);
});

test('an app that streams to a client that has left is told to stop, and keeps nothing', async () => {
  let exchange!: Exchange;
  const simulation = new Simulation({
    handle(given) {
      exchange = given;
      exchange.start(200, '', [], -1);
      exchange.write(Buffer.from('first'));
      return undefined;
    },
  });
  const client = await simulation.connect();
  client.send(GET);
  await simulation.pass(20);
  client.sim.reset();
  await simulation.pass(20);
  assert.equal(exchange.write(Buffer.alloc(1000)), false);
  assert.equal((exchange as unknown as { pendingBytes: number }).pendingBytes, 0);
});

test('and one that begins to answer only then', async () => {
  let exchange!: Exchange;
  const simulation = new Simulation({
    handle(given) {
      exchange = given;
      return undefined;
    },
  });
  const client = await simulation.connect();
  client.send(GET);
  await simulation.pass(20);
  client.sim.reset();
  await simulation.pass(20);
  exchange.start(200, '', [], -1);
  assert.equal(exchange.write(Buffer.alloc(1000)), false);
  exchange.end();
  assert.equal((exchange as unknown as { pendingBytes: number }).pendingBytes, 0);
});

test('an overload writes a line a second, not one for each request that it refuses', async () => {
  const simulation = new Simulation({ handle: () => new Promise<void>(() => {}) }, { maxInFlight: 1 });
  const holder = await simulation.connect();
  holder.send(GET);
  await simulation.pass(20);
  for (let i = 0; i < 50; i++) (await simulation.connect()).send(GET);
  await simulation.pass(100);
  const warnings = (): typeof simulation.log => simulation.log.filter(({ level }) => level === 'warn');
  assert.equal(simulation.server.statistics().shed, 50);
  assert.ok(warnings().length <= 3, `${warnings().length} lines`);
  await simulation.pass(2000);
  (await simulation.connect()).send(GET);
  await simulation.pass(20);
  const told = warnings().reduce((sum, { fields }) => sum + (fields['requests'] as number), 0);
  assert.equal(told, 51);
});
