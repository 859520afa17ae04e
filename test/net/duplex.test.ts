// What Node's streams do that sockets don't: a Duplex in every state in which it may be handed over, and its end.

import assert from 'node:assert/strict';
import { createConnection } from 'node:net';
import { Duplex } from 'node:stream';
import { describe, mock, test } from 'node:test';
import { EAGAIN, ECONNRESET } from '../../src/kernel/index.ts';
import { DuplexStream, type Stream } from '../../src/net/index.ts';

/** A Duplex that a test plays the other side of. */
class Played extends Duplex {
  readonly written: Buffer[] = [];
  /** The callbacks of writes that are not done yet, while `stalled`. */
  readonly waiting: (() => void)[] = [];
  stalled = false;

  constructor(highWaterMark = 16) {
    super({ highWaterMark, allowHalfOpen: true });
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.written.push(chunk);
    if (this.stalled) this.waiting.push(done);
    else done();
  }
}

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Everything that can be read without waiting; `end` and errors by their names. */
function readAll(stream: Stream, size = 5): string {
  const buffer = Buffer.alloc(size);
  let text = '';
  for (;;) {
    const count = stream.tryRead(buffer, 0, size);
    if (count === -EAGAIN) return text;
    if (count === -ECONNRESET) return `${text}|reset`;
    if (count === 0) return `${text}|end`;
    text += buffer.toString('latin1', 0, count);
  }
}

describe('a Duplex as a stream', () => {
  test('may hold bytes already', async () => {
    const duplex = new Played();
    duplex.push('before ');
    const stream = new DuplexStream(duplex);
    duplex.push('after');
    await soon();
    assert.equal(readAll(stream), 'before after');
  });

  test('may have ended already, read or unread', async () => {
    const unread = new Played();
    unread.push('bytes');
    unread.push(null);
    const read = new Played();
    read.push(null);
    read.resume();
    await soon();
    assert.ok(read.readableEnded);
    const [first, second] = [new DuplexStream(unread), new DuplexStream(read)];
    await soon();
    assert.ok(first.peerClosed && second.peerClosed);
    assert.equal(readAll(first), 'bytes|end');
    assert.equal(readAll(second), '|end');
  });

  test('may be destroyed already', async () => {
    const duplex = new Played();
    duplex.destroy();
    await soon();
    const stream = new DuplexStream(duplex);
    assert.ok(stream.hangup);
    assert.equal(readAll(stream), '|reset');
    assert.equal(stream.tryWrite(Buffer.from('x'), 0, 1), -ECONNRESET);
  });

  test('may have no room already', async () => {
    const duplex = new Played(4);
    duplex.stalled = true;
    duplex.write('12345678');
    const stream = new DuplexStream(duplex);
    assert.equal(stream.tryWrite(Buffer.from('x'), 0, 1), -EAGAIN);
    duplex.waiting.shift()!();
    await soon();
    assert.equal(stream.tryWrite(Buffer.from('x'), 0, 1), 1);
  });

  test('tells its end once everything before it was read, however it comes', async () => {
    for (const order of ['together', 'apart', 'late'] as const) {
      const duplex = new Played();
      const stream = new DuplexStream(duplex);
      duplex.push('0123456789');
      if (order === 'apart') await soon();
      if (order !== 'late') duplex.push(null);
      await soon();
      if (order === 'late') {
        assert.equal(readAll(stream, 3), '0123456789');
        duplex.push(null);
        await soon();
        assert.equal(readAll(stream, 3), '|end');
      } else assert.equal(readAll(stream, 3), '0123456789|end');
      assert.ok(stream.peerClosed);
    }
  });

  test('does not read ahead without bound', async () => {
    let pushed = 0;
    const endless = new Duplex({
      highWaterMark: 1000,
      read() {
        pushed += 100;
        this.push(Buffer.alloc(100));
      },
      write: (_chunk, _encoding, done) => done(),
    });
    const stream = new DuplexStream(endless);
    for (let i = 0; i < 20; i++) await soon();
    assert.ok(pushed <= 4000, `${pushed} bytes were read ahead`);
    const before = pushed;
    const buffer = Buffer.alloc(pushed);
    for (let read = 0; read < before; ) read += Math.max(0, stream.tryRead(buffer, 0, 500));
    await soon();
    assert.ok(pushed > before);
    stream.close();
  });

  test('lets what came before an error be read, then shows the error', async () => {
    const duplex = new Played();
    const stream = new DuplexStream(duplex);
    duplex.push('first ');
    await soon();
    duplex.push('second');
    duplex.destroy(new Error('cut'));
    await soon();
    assert.ok(stream.hangup);
    assert.equal(readAll(stream), 'first second|reset');
    assert.equal(readAll(stream), '|reset');
  });

  test('lets what came in the moment of the error be read', async () => {
    const duplex = new Played();
    const stream = new DuplexStream(duplex);
    await soon();
    duplex.push('last words');
    duplex.destroy(new Error('cut'));
    await soon();
    assert.equal(readAll(stream), 'last words|reset');
  });

  test('tells its end though bytes lie unread before it', async () => {
    const duplex = new Played();
    const stream = new DuplexStream(duplex);
    duplex.push('unread');
    await soon();
    duplex.push(null);
    await soon();
    assert.ok(stream.peerClosed);
    assert.equal(readAll(stream), 'unread|end');
  });

  test('that is cut off without an end shows an error, not an end', async () => {
    const duplex = new Played();
    const stream = new DuplexStream(duplex);
    duplex.destroy();
    await soon();
    assert.equal(readAll(stream), '|reset');
  });

  test('sends everything it was given before it closes', async () => {
    const duplex = new Played(4);
    duplex.stalled = true;
    const stream = new DuplexStream(duplex);
    assert.equal(stream.tryWrite(Buffer.from('12345678'), 0, 8), 8);
    stream.close();
    await soon();
    assert.ok(!duplex.destroyed);
    duplex.stalled = false;
    duplex.waiting.shift()!();
    await soon();
    assert.ok(duplex.destroyed);
    assert.equal(Buffer.concat(duplex.written).toString(), '12345678');
  });

  test('is given up when its peer takes nothing for two minutes after it was closed', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      const duplex = new Played(4);
      duplex.stalled = true;
      const stream = new DuplexStream(duplex);
      stream.tryWrite(Buffer.from('12345678'), 0, 8);
      stream.close();
      mock.timers.tick(119_999);
      assert.ok(!duplex.destroyed);
      mock.timers.tick(1);
      assert.ok(duplex.destroyed);
    } finally {
      mock.timers.reset();
    }
  });

  test('errors after it was closed concern nobody', async () => {
    const duplex = new Played(4);
    duplex.stalled = true;
    const stream = new DuplexStream(duplex);
    stream.tryWrite(Buffer.from('12345678'), 0, 8);
    stream.close();
    duplex.destroy(new Error('too late'));
    await soon();
    assert.ok(duplex.destroyed);
  });

  test('closed before it is open, it is not opened', async () => {
    const socket = createConnection({ host: '127.0.0.1', port: 1 });
    new DuplexStream(socket).close();
    assert.ok(socket.destroyed);
    await soon();
  });

  test('is encrypted where the Duplex says so, and has the addresses of its socket', () => {
    const plain = new DuplexStream(new Played());
    assert.equal(plain.encrypted, false);
    assert.equal(plain.localAddress, undefined);
    const remote = { remoteFamily: 'IPv6', remoteAddress: '::1', remotePort: 443 };
    const secure = new DuplexStream(Object.assign(new Played(), { encrypted: true, ...remote }));
    assert.equal(secure.encrypted, true);
    assert.deepEqual(secure.remoteAddress, { family: 'inet6', host: '::1', port: 443 });
  });
});
