// The out buffer that all connections share: whose bytes leave when, in which order, and what becomes of those that the
// socket does not take.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EAGAIN, ECONNRESET } from '../../src/kernel/index.ts';
import { createSimKernel } from '../../src/kernel/sim/index.ts';
import { Loop } from '../../src/loop/index.ts';
import type { Stream } from '../../src/net/index.ts';
import { type Outlet, sendUnsent } from '../../src/server/outlet.ts';
import { Output } from '../../src/server/output.ts';

/** A connection whose socket takes up to `room` bytes; `log` has what every one of a test was given, in order. */
class Client implements Outlet {
  readonly loop: Loop;
  unsent: Outlet['unsent'] = undefined;
  unsentBytes = 0;
  broken = 0;
  deferred = false;
  woken = 0;
  room = Number.POSITIVE_INFINITY;
  failure = 0;
  /** What was sent as if something followed at once. */
  readonly held: string[] = [];
  readonly stream: Stream;

  constructor(loop: Loop, name: string, log: string[]) {
    this.loop = loop;
    const tryWrite = (bytes: Uint8Array, offset: number, length: number, more = false): number => {
      if (this.failure < 0) return this.failure;
      const count = Math.min(length, this.room);
      if (count === 0) return -EAGAIN;
      this.room -= count;
      const text = Buffer.from(bytes.subarray(offset, offset + count)).toString();
      log.push(`${name}: ${text}`);
      if (more) this.held.push(text);
      return count;
    };
    this.stream = { tryWrite, wantWritable: () => {} } as unknown as Stream;
  }

  wake(): void {
    this.woken++;
  }
}

function setUp() {
  const log: string[] = [];
  const kernel = createSimKernel();
  const loop = new Loop(kernel);
  const output = new Output(loop);
  const client = (name: string) => new Client(loop, name, log);
  const answer = (to: Client, text: string) => {
    output.text(to, text);
    output.defer(to);
  };
  return { log, kernel, loop, output, client, answer };
}

describe('deferred answers', () => {
  test('leave together at the end of the turn, each to its own connection', () => {
    const { log, loop, client, answer } = setUp();
    const [a, b] = [client('a'), client('b')];
    loop.schedule({ run: () => answer(a, 'one') });
    loop.schedule({
      run: () => {
        assert.deepEqual(log, []);
        answer(b, 'two');
      },
    });
    loop.turn(0);
    assert.deepEqual(log, ['a: one', 'b: two']);
    assert.deepEqual([a.woken, b.woken, a.deferred, b.deferred], [0, 0, false, false]);
  });

  test('wait for no more than 31 others', () => {
    const { log, client, answer } = setUp();
    for (let i = 0; i < 31; i++) answer(client('c'), 'x');
    assert.equal(log.length, 0);
    answer(client('c'), 'x');
    assert.equal(log.length, 32);
  });

  test('wait no longer for heavy handlers than a fifth of a millisecond', () => {
    const { log, kernel, loop, client, answer } = setUp();
    for (const name of ['a', 'b', 'c']) {
      loop.schedule({
        run: () => {
          kernel.elapse(0.3);
          answer(client(name), name);
          if (name === 'b') assert.deepEqual(log, ['a: a', 'b: b']);
        },
      });
    }
    loop.turn(0);
    assert.deepEqual(log, ['a: a', 'b: b', 'c: c']);
  });

  test('of one connection leave in order, before what it says next', () => {
    const { log, output, client, answer } = setUp();
    const [a, b] = [client('a'), client('b')];
    answer(a, 'first');
    answer(b, 'other');
    output.text(a, 'second');
    assert.deepEqual(log, ['a: first', 'b: other']);
    output.flush(a);
    assert.deepEqual(log, ['a: first', 'b: other', 'a: second']);
  });

  test('leave at once where their connection is flushed', () => {
    const { log, output, client, answer } = setUp();
    const a = client('a');
    answer(a, 'last');
    output.flush(a);
    assert.deepEqual(log, ['a: last']);
  });

  test('do not leave with what another connection sends at once', () => {
    const { log, output, client, answer } = setUp();
    const [a, b] = [client('a'), client('b')];
    answer(a, 'waits');
    output.text(b, 'now');
    output.flush(b);
    assert.deepEqual(log, ['b: now']);
    output.run();
    assert.deepEqual(log, ['b: now', 'a: waits']);
  });

  test('that the socket does not take whole wait with the connection, which is woken', () => {
    const { log, output, client, answer } = setUp();
    const [a, b] = [client('a'), client('b')];
    a.room = 2;
    answer(a, 'long');
    answer(b, 'two');
    output.run();
    assert.deepEqual(log, ['a: lo', 'b: two']);
    assert.deepEqual([a.unsentBytes, a.woken, b.woken], [2, 1, 0]);
    a.room = 2;
    assert.ok(sendUnsent(a));
    assert.deepEqual(log.slice(2), ['a: ng']);
  });

  test('that fail break their connection, which is woken, and no other', () => {
    const { log, output, client, answer } = setUp();
    const [a, b] = [client('a'), client('b')];
    a.failure = -ECONNRESET;
    answer(a, 'one');
    answer(b, 'two');
    output.run();
    assert.deepEqual([a.broken, a.woken, b.broken, b.woken], [-ECONNRESET, 1, 0, 0]);
    assert.deepEqual(log, ['b: two']);
  });

  test('are dropped where their connection is lost', () => {
    const { log, output, client, answer } = setUp();
    const [a, b] = [client('a'), client('b')];
    answer(a, 'one');
    answer(b, 'two');
    output.abandon(a);
    output.run();
    assert.deepEqual(log, ['b: two']);
  });

  test('are not overwritten by a text longer than the buffer, nor by many pieces', () => {
    const { log, output, client, answer } = setUp();
    const [a, b] = [client('a'), client('b')];
    answer(a, 'short');
    output.utf8(b, 'é'.repeat(100_000), 200_000);
    output.flush(b);
    assert.equal(log[0], 'a: short');
    assert.equal(log.slice(1).join('').replaceAll('b: ', ''), 'é'.repeat(100_000));

    log.length = 0;
    answer(a, 'short');
    const piece = Buffer.alloc(10_000, 'p');
    for (let i = 0; i < 20; i++) output.bytes(b, piece);
    output.flush(b);
    assert.equal(log[0], 'a: short');
    assert.equal(log.slice(1).join('').replaceAll('b: ', ''), 'p'.repeat(200_000));
  });
});

describe('the out buffer', () => {
  test('refuses bytes of a connection while it holds unfinished ones of another', () => {
    const { output, client } = setUp();
    output.text(client('a'), 'half');
    assert.throws(() => output.text(client('b'), 'other'), /another connection/);
  });
});

describe('a piece that is not copied', () => {
  const piece = Buffer.alloc(20_000, 'p');

  test('does not let what is before it leave in a packet of its own', () => {
    const { log, output, client } = setUp();
    const a = client('a');
    output.text(a, '4e20\r\n');
    output.bytes(a, piece);
    output.text(a, '\r\n');
    output.flush(a);
    assert.deepEqual(log, ['a: 4e20\r\n', `a: ${piece}`, 'a: \r\n']);
    assert.deepEqual(a.held, ['4e20\r\n']);
  });

  test('is held back only where another follows', () => {
    const { output, client } = setUp();
    const a = client('a');
    output.bytes(a, piece, true);
    output.bytes(a, piece);
    output.flush(a);
    assert.deepEqual(a.held, [`${piece}`]);
  });

  test('leaves with what is around it where the socket takes it late', () => {
    const { output, client } = setUp();
    const a = client('a');
    a.room = 0;
    output.text(a, '4e20\r\n');
    output.bytes(a, piece);
    output.text(a, '\r\n');
    output.flush(a);
    a.room = Number.POSITIVE_INFINITY;
    sendUnsent(a);
    assert.equal(a.unsent, undefined);
    assert.deepEqual(a.held, ['4e20\r\n', `${piece}`]);
  });
});
