// Files in the bodies of answers, over the simulated network: in order with bytes, whatever goes wrong with the network and
// the disk, and each let go of exactly once.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { App, WireExchange } from '../../src/app/index.ts';
import { defaultSettings } from '../../src/config/index.ts';
import type { Address } from '../../src/kernel/index.ts';
import {
  createSimKernel,
  FaultOptions,
  Random,
  type SimClient,
  type SimKernel,
} from '../../src/kernel/sim/index.ts';
import { Loop } from '../../src/loop/index.ts';
import { SocketListener } from '../../src/net/index.ts';
import { Server } from '../../src/server/index.ts';

const HERE: Address = { family: 'inet', host: '127.0.0.1', port: 80 };

/** A body: text, and parts of files. */
type Part =
  | { readonly text: string }
  | { readonly file: string; readonly from: number; readonly length: number };

interface Answer {
  readonly framing: 'length' | 'chunked';
  readonly parts: readonly Part[];
}

function contentOf(part: Part): string {
  return 'text' in part ? part.text : part.file.slice(part.from, part.from + part.length);
}

class Site {
  readonly kernel: SimKernel;
  readonly loop: Loop;
  readonly server: Server;
  readonly errors: unknown[] = [];
  /** Files that are open, and how they were let go of. */
  open = 0;
  readonly ends: { readonly asked: number; readonly sent: number; readonly failure: number }[] = [];

  constructor(answer: Answer, options: Parameters<typeof createSimKernel>[0] = {}) {
    this.kernel = createSimKernel(options);
    this.loop = new Loop(this.kernel);
    const app: App = {
      handle: (exchange) => {
        void this.#answer(exchange, answer);
        return undefined;
      },
    };
    const error = ({ err }: { err?: unknown }) => void this.errors.push(err);
    const log = { debug() {}, info() {}, warn() {}, error: error as () => void };
    const listener = SocketListener.open(this.loop, HERE, { backlog: 16 });
    this.server = new Server({ loop: this.loop, app, settings: defaultSettings(), log }, [listener]);
  }

  async #answer(exchange: WireExchange, { framing, parts }: Answer): Promise<void> {
    const length = parts.reduce((sum, part) => sum + contentOf(part).length, 0);
    exchange.start(200, '', [], framing === 'length' ? length : -1);
    for (const part of parts) {
      if ('text' in part) exchange.write(Buffer.from(part.text));
      else await this.#file(exchange, part);
    }
    exchange.end();
  }

  /** What few bytes the disk would have to be asked for are written instead, as `done` says. */
  #file(exchange: WireExchange, { file, from, length }: Exclude<Part, { text: string }>): Promise<void> {
    const fd = this.kernel.openFile(Buffer.from(file));
    this.open++;
    return new Promise((resolve) => {
      exchange.writeFile(fd, from, length, (sent, failure) => {
        this.open--;
        this.kernel.close(fd);
        this.ends.push({ asked: length, sent, failure });
        if (sent < length) exchange.write(Buffer.from(file.slice(from + sent, from + length)));
        resolve();
      });
    });
  }

  /** What a client gets that asks once, or, with `pace`, as slowly as that. */
  async ask(pace?: { bytes: number; every: number }): Promise<string> {
    let got = '';
    const client = this.kernel.client(HERE, {
      onData: (_, bytes) => {
        got += Buffer.from(bytes).toString();
      },
      ...(pace !== undefined && { pace }),
    });
    client.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    await this.run();
    return got;
  }

  /** Everything that happens until the server has stopped. */
  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      setImmediate(() => {
        this.kernel.after(10_000_000, () => void this.server.close());
        try {
          this.loop.run();
          resolve();
        } catch (error) {
          reject(error as Error);
        }
      });
    });
  }
}

function bodyOf(raw: string): string {
  const at = raw.indexOf('\r\n\r\n') + 4;
  if (!/transfer-encoding: chunked/i.test(raw.slice(0, at))) return raw.slice(at);
  let body = '';
  for (let start = at; start < raw.length; ) {
    const end = raw.indexOf('\r\n', start);
    const size = Number.parseInt(raw.slice(start, end), 16);
    if (size === 0) return `${body}.`;
    body += raw.slice(end + 2, end + 2 + size);
    start = end + 2 + size + 2;
  }
  return body;
}

const LONG = Array.from({ length: 60_000 }, (_, i) => String.fromCharCode(97 + (i % 26))).join('');

function someAnswer(random: Random): Answer {
  const parts = Array.from({ length: 1 + random.below(5) }, (): Part => {
    if (random.chance(0.4)) return { text: LONG.slice(0, 1 + random.below(3000)) };
    const file = LONG.slice(random.below(26)).repeat(1 + random.below(4));
    const from = random.below(1000);
    return { file, from, length: 1 + random.below(file.length - from) };
  });
  return { framing: random.chance(0.5) ? 'chunked' : 'length', parts };
}

describe('a file in an answer', () => {
  for (const harsh of [false, true]) {
    const weather = harsh ? 'some of which lose connections' : 'none of which loses anything';
    test(`arrives in its place, whatever happens: 200 seeds of faults, ${weather}`, async () => {
      let whole = 0;
      for (let seed = 1; seed <= 200; seed++) {
        const answer = someAnswer(new Random(seed));
        const faults = FaultOptions.swarm(seed, harsh ? FaultOptions.harsh : FaultOptions.benign);
        const site = new Site(answer, { seed, faults });
        const body = bodyOf(await site.ask());
        const wanted = answer.parts.map(contentOf).join('') + (answer.framing === 'chunked' ? '.' : '');
        if (body === wanted) whole++;
        else assert.ok(harsh && wanted.startsWith(body), `seed ${seed}: ${body.length} of ${wanted.length}`);
        assert.equal(site.open, 0, `seed ${seed}: a file is held`);
        assert.deepEqual(site.server.statistics().buffered, 0);
      }
      assert.ok(whole >= 100, `${whole} were whole`);
    });
  }

  test('costs no memory while its client takes its time', async () => {
    const file = LONG.repeat(20);
    const site = new Site({ framing: 'length', parts: [{ file, from: 0, length: file.length }] });
    let most = 0;
    for (let at = 10; at < 1000; at += 10) {
      site.kernel.after(at, () => {
        most = Math.max(most, site.server.statistics().buffered);
      });
    }
    assert.equal(bodyOf(await site.ask({ bytes: 10_000, every: 5 })), file);
    assert.equal(most, 0);
  });

  test('is loaded from the disk where it is not in memory', async () => {
    const file = LONG.repeat(20);
    const lines: string[] = [];
    const site = new Site(
      { framing: 'length', parts: [{ file, from: 0, length: file.length }] },
      { faults: { coldFile: 1 } },
    );
    (site.kernel.world as { onTrace: (line: string) => void }).onTrace = (line) => void lines.push(line);
    assert.equal(bodyOf(await site.ask()), file);
    assert.equal(lines.filter((line) => line.includes('load(')).length, 3);
  });

  test('that is small and not in memory is left to its owner', async () => {
    const site = new Site(
      { framing: 'chunked', parts: [{ text: 'a' }, { file: 'small', from: 0, length: 5 }, { text: 'b' }] },
      { faults: { coldFile: 1 } },
    );
    assert.equal(bodyOf(await site.ask()), 'asmallb.');
    assert.deepEqual(site.ends, [{ asked: 5, sent: 0, failure: -11 }]);
  });

  for (const framing of ['length', 'chunked'] as const) {
    test(`that becomes shorter while it is sent cuts the answer (${framing})`, async () => {
      const file = LONG.repeat(20);
      const site = new Site({ framing, parts: [{ file, from: 0, length: file.length }, { text: 'more' }] });
      let cut = 0;
      site.kernel.after(20, () => {
        const [open] = site.kernel.openDescriptors().filter(({ kind }) => kind === 'file');
        site.kernel.truncateFile(open!.fd, 400_000);
        cut++;
      });
      const raw = await site.ask({ bytes: 10_000, every: 5 });
      assert.equal(cut, 1);
      const body = bodyOf(raw);
      assert.equal(site.ends[0]?.failure, 0);
      assert.equal(site.ends[0]?.sent, 400_000);
      if (framing === 'chunked') {
        assert.ok(
          !body.endsWith('.') && body.startsWith(file.slice(0, 400_000)) && !raw.endsWith('0\r\n\r\n'),
        );
        assert.match(String(site.errors[0]), /became shorter/);
      } else {
        // Its owner has made good for it, since it could.
        assert.equal(body, `${file}more`);
      }
      assert.equal(site.open, 0);
    });
  }

  /** What comes of a file that something happens to while a slow client has got 20 ms of it. */
  async function interrupt(
    framing: 'length' | 'chunked',
    happen: (client: SimClient, piece: { cancel(): void }) => void,
  ): Promise<{ ended: [number, number]; got: string }> {
    const file = LONG.repeat(4);
    let piece: { cancel(): void } | undefined;
    let ended: [number, number] | undefined;
    let got = '';
    const kernel = createSimKernel();
    const loop = new Loop(kernel);
    const app: App = {
      handle(exchange) {
        exchange.start(200, '', [], framing === 'length' ? file.length : -1);
        piece = exchange.writeFile(kernel.openFile(Buffer.from(file)), 0, file.length, (...end) => {
          ended = end;
          if (exchange.takesFiles || framing === 'chunked') exchange.end();
        });
        return undefined;
      },
    };
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const listener = SocketListener.open(loop, HERE, { backlog: 16 });
    const server = new Server({ loop, app, settings: defaultSettings(), log }, [listener]);
    const onData = (_: unknown, bytes: Uint8Array) => {
      got += Buffer.from(bytes).toString();
    };
    const client = kernel.client(HERE, { pace: { bytes: 1000, every: 5 }, onData });
    client.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    kernel.after(20, () => {
      assert.equal(ended, undefined);
      happen(client, piece!);
    });
    kernel.after(25, () => assert.notEqual(ended, undefined, 'it is held'));
    kernel.after(100_000, () => void server.close());
    await new Promise((resolve) => setImmediate(() => resolve(loop.run())));
    assert.equal(server.statistics().buffered, 0);
    return { ended: ended!, got };
  }

  test('is let go of when its client leaves', async () => {
    const { ended } = await interrupt('length', (client) => void client.reset());
    assert.ok(ended[0] > 0 && ended[0] < 240_000);
    assert.equal(ended[1], -125);
  });

  test('is let go of when it is cancelled, and what is missing is owed', async () => {
    const { ended, got } = await interrupt('length', (_, piece) => piece.cancel());
    assert.ok(ended[0] > 0 && ended[0] < 240_000);
    assert.equal(ended[1], -125);
    assert.equal(bodyOf(got).length, ended[0]);
  });

  test('is let go of when it is cancelled, and a chunk that has begun is sent whole', async () => {
    const { ended, got } = await interrupt('chunked', (_, piece) => piece.cancel());
    assert.deepEqual(ended, [240_000, 0]);
    assert.equal(bodyOf(got), `${LONG.repeat(4)}.`);
  });
});
