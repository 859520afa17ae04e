// An error answer to a client that is still sending: it can send to its end and read the answer, whatever it does first.
// Real sockets, as only a real kernel has the buffers and resets that this is about; then the bounds, in virtual time.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createLinuxKernel } from '../../src/kernel/linux/index.ts';
import { Loop } from '../../src/loop/index.ts';
import { connect, type Stream } from '../../src/net/index.ts';
import { serve } from '../../src/serve.ts';
import type { RunningServer } from '../../src/server/index.ts';
import { all, type Co, spawn } from '../../src/task/index.ts';
import { type Backend, behaves, request } from './behaviour/backend.ts';
import { simBackend } from './behaviour/sim.ts';
import { timedFetchBackend } from './behaviour/timed-sockets.ts';

const TIMES = 200;
const AT_ONCE = 10;
/** More than the server's limits allow, and more than it has read when it answers. */
const MUCH = 'x'.repeat(1024 ** 2);
/** More than all buffers between the two hold: it is sent to the end only where somebody reads it. */
const MORE_THAN_BUFFERS = 'x'.repeat(64 * 1024 ** 2);

const upload = (body: string): string => request('POST', '/', [`Content-Length: ${body.length}`], body);
const chunked = (body: string): string =>
  request('POST', '/', ['Transfer-Encoding: chunked'], `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
const headers = (value: string): string => request('GET', '/', [`X-Large: ${value}`]);

const CASES: readonly (readonly [name: string, status: number, request: string])[] = [
  ['a body whose length is declared, and too large', 413, upload(MUCH)],
  ['a chunked body that grows too large', 413, chunked(MUCH)],
  ['headers that are too large', 431, headers(MUCH)],
  ['a request line that is too long', 414, `GET /${MUCH} HTTP/1.1\r\n\r\n`],
  ['what is no request', 400, `GET / HTTP/1.1\r\nHost : x\r\n\r\n${MUCH}`],
];

const skip = process.platform !== 'linux';
for (const kernel of ['linux', 'node'] as const) {
  const name = `an error answer to a client that is still sending, on the kernel '${kernel}'`;
  describe(name, { skip }, () => testAnswers(kernel));
}

function testAnswers(kernel: 'linux' | 'node'): void {
  let server: RunningServer;
  let loop: Loop;

  before(async () => {
    server = await serve(async (request) => new Response(await request.text()), {
      bind: '127.0.0.1:0',
      limitRequestBody: 64 * 1024,
      kernel,
      log: { debug() {}, info() {}, warn() {}, error() {} },
    });
    // The clients are on the Linux kernel either way: they read nothing before they are told to.
    loop = new Loop(createLinuxKernel());
    loop.attach();
  });
  after(async () => {
    await server.close();
    loop.close();
  });

  for (const [name, status, bytes] of CASES) {
    const data = Buffer.from(bytes, 'latin1');
    test(`${name}: ${TIMES} clients send all of it, and then read the answer`, () =>
      repeat(function* (client) {
        yield* client.write(data);
        assertAnswer(yield* readToEnd(client), status);
      }));

    test(`${name}: ${TIMES} clients read while they send`, () =>
      repeat(function* (client) {
        const [answer] = yield* all([readToEnd(client), client.write(data)]);
        assertAnswer(answer, status);
      }));
  }

  test('a body larger than all buffers can be sent to its end', () =>
    repeat(function* (client) {
      yield* client.write(upload(MORE_THAN_BUFFERS));
      assertAnswer(yield* readToEnd(client), 413);
    }, 2));

  /** `talk` with new connections, one after the other on each of a few; a failed send or receive throws. */
  async function repeat(talk: (client: Stream) => Co<void>, times = TIMES): Promise<void> {
    let left = times;
    const worker = function* (): Co<void> {
      while (left-- > 0) {
        const client = yield* connect(server.addresses[0]!);
        yield* talk(client);
        client.close();
      }
    };
    await spawn(
      loop,
      (function* () {
        yield* all(Array.from({ length: AT_ONCE }, worker));
      })(),
    );
  }
}

function* readToEnd(client: Stream): Co<string> {
  const buffer = Buffer.alloc(4096);
  let text = '';
  for (let count = yield* client.read(buffer); count > 0; count = yield* client.read(buffer))
    text += buffer.toString('latin1', 0, count);
  return text;
}

function assertAnswer(answer: string, status: number): void {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} `));
  assert.match(head, new RegExp(`\r\nContent-Length: ${body.length}(\r\n|$)`));
  assert.match(head, /\r\nConnection: close(\r\n|$)/);
}

for (const backend of [simBackend, timedFetchBackend('linux'), timedFetchBackend('node')])
  describe(`a client that was refused and does not go, on ${backend.name}`, () => staying(backend));

function staying(backend: Backend): void {
  const refused = request('POST', '/', ['Content-Length: 1000000000000']);
  const hello = (): Response => new Response('hello');

  behaves(backend, 'is cut after five seconds in which it says nothing', async (open) => {
    const site = await open(hello);
    const client = await site.connect();
    assert.equal((await client.ask(refused)).status, 413);
    await site.sleep(4800);
    assert.equal(site.statistics().connections, 1);
    await site.sleep(400);
    assert.equal(site.statistics().connections, 0);
  });

  behaves(backend, 'is cut after half a minute if it goes on sending', async (open) => {
    const site = await open(hello);
    const client = await site.connect();
    assert.equal((await client.ask(refused)).status, 413);
    for (let second = 0; second < 29; second++) {
      client.send('x'.repeat(1000));
      await site.sleep(1000);
    }
    assert.deepEqual([client.sendFailed, site.statistics().connections], [false, 1]);
    await site.sleep(1000);
    client.send('x');
    await site.sleep(100);
    assert.equal(site.statistics().connections, 0);
  });

  behaves(backend, 'is let go at once when it closes', async (open) => {
    const site = await open(hello);
    const client = await site.connect();
    assert.equal((await client.ask(refused)).status, 413);
    client.close();
    await site.settle();
    assert.equal(site.statistics().connections, 0);
  });
}
