// What becomes of the bytes of a Stream, over every kind of stream: TCP and unix sockets, over the simulated kernel,
// Linux's and Node's, TLS, and a pair in memory.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { EAGAIN } from '../../src/kernel/index.ts';
import type { Stream } from '../../src/net/index.ts';
import { all, type Co, scope, sleep } from '../../src/task/index.ts';
import { arrival, failureOf, over, pattern, readText, readToEnd, type Streams, streams } from './backend.ts';

for (const kind of streams) {
  describe(`bytes and ends: ${kind.name}`, () => {
    bytesTests(kind);
    endTests(kind);
  });
}

function bytesTests(kind: Streams): void {
  over(kind, 'what is written arrives whole and in order', function* (left, right) {
    const sent = pattern(300_000);
    const [, received] = yield* all([writeInPieces(left, sent), readToEnd(right, 1000)]);
    assert.ok(received.equals(sent));
  });

  over(kind, 'both directions carry bytes at once', function* (left, right) {
    const sent = pattern(200_000);
    const [, , fromRight, fromLeft] = yield* all([
      writeInPieces(left, sent),
      writeInPieces(right, sent),
      readToEnd(left),
      readToEnd(right),
    ]);
    assert.ok(fromLeft.equals(sent) && fromRight.equals(sent));
  });

  over(kind, 'a string is written as UTF-8', function* (left, right) {
    yield* left.write('Zeisig, чиж, 黃雀');
    left.end();
    assert.equal((yield* readToEnd(right)).toString(), 'Zeisig, чиж, 黃雀');
  });

  over(kind, 'writing nothing is done at once', function* (left, right) {
    yield* left.write('');
    yield* left.write(new Uint8Array(0));
    left.end();
    assert.equal((yield* readToEnd(right)).length, 0);
  });

  over(kind, 'what was given to write may be used again at once', function* (left, right) {
    const buffer = Buffer.from('first ');
    yield* left.write(buffer);
    buffer.write('second');
    yield* left.write(buffer);
    left.end();
    assert.equal((yield* readToEnd(right)).toString(), 'first second');
  });

  over(kind, 'writing waits for room, so that what is on its way is bounded', function* (left, right) {
    const piece = new Uint8Array(256 * 1024);
    let taken = 0;
    for (let idle = 0; idle < 3; ) {
      const count = left.tryWrite(piece, 0, piece.length);
      assert.ok(count > 0 || count === -EAGAIN);
      if (count > 0) taken += count;
      else {
        idle++;
        yield* arrival();
      }
      assert.ok(taken < kind.plenty, `${taken} bytes were taken though nobody read one`);
    }
    const sent = pattern(kind.plenty);
    yield* scope(function* (tasks) {
      const writer = tasks.spawn(left.write(sent));
      yield* arrival();
      assert.ok(!writer.done);
      const reader = tasks.spawn(readToEnd(right, 65536));
      yield* writer.join();
      left.end();
      const received = yield* reader.join();
      assert.ok(received.subarray(taken).equals(sent));
    });
  });
}

function endTests(kind: Streams): void {
  over(kind, 'end lets the peer read to its end, and reading goes on', function* (left, right) {
    yield* left.write('question');
    left.end();
    assert.equal((yield* readToEnd(right)).toString(), 'question');
    assert.equal(yield* right.read(new Uint8Array(8)), 0);
    yield* right.write('answer');
    right.end();
    assert.equal((yield* readToEnd(left)).toString(), 'answer');
  });

  over(kind, 'writing after end is refused', function* (left) {
    left.end();
    assert.equal((yield* failureOf(left.write('more'))).code, 'EPIPE');
  });

  over(kind, 'what was written before close arrives, then the end', function* (left, right) {
    const sent = pattern(50_000);
    yield* left.write(sent);
    left.close();
    assert.ok((yield* readToEnd(right)).equals(sent));
  });

  over(kind, 'what was written before close arrives, though not all was read', function* (left, right) {
    yield* right.write('unread');
    yield* arrival();
    yield* left.write('last words');
    left.close();
    assert.equal(yield* readText(right, 10), 'last words');
  });

  over(
    kind,
    'a closed stream says so to who reads or writes, and closing twice is harmless',
    function* (left) {
      left.close();
      left.close('reset');
      left.end();
      assert.equal((yield* failureOf(left.read(new Uint8Array(1)))).code, 'ECANCELED');
      assert.equal((yield* failureOf(left.write('x'))).code, 'ECANCELED');
    },
  );

  over(kind, 'writing to a peer that is gone fails sooner or later', function* (left, right) {
    right.close();
    const { code = '' } = yield* failureOf(
      (function* (): Co<void> {
        for (;;) {
          yield* left.write(new Uint8Array(1000));
          yield* sleep(1);
        }
      })(),
    );
    assert.ok(code === 'EPIPE' || code === 'ECONNRESET', code);
  });

  over(kind, 'a writer that waits for room learns that its peer is gone', function* (left, right) {
    const [{ code = '' }] = yield* all([
      failureOf(left.write(new Uint8Array(kind.plenty))),
      (function* (): Co<void> {
        yield* arrival();
        right.close();
      })(),
    ]);
    assert.ok(code === 'EPIPE' || code === 'ECONNRESET', code);
  });

  if (!kind.resets) {
    over(kind, 'close with reset closes, where the network knows no resets', function* (left, right) {
      left.close('reset');
      assert.equal((yield* readToEnd(right)).length, 0);
    });
    return;
  }

  over(kind, 'close with reset shows the peer an error, not an end', function* (left, right) {
    left.close('reset');
    assert.equal((yield* failureOf(right.read(new Uint8Array(8)))).code, 'ECONNRESET');
    yield* arrival();
    assert.ok(right.hangup);
  });

  over(kind, 'what arrived before a reset can still be read', function* (left, right) {
    yield* left.write('last words');
    yield* arrival();
    left.close('reset');
    yield* arrival();
    assert.equal(yield* readText(right, 10), 'last words');
    assert.equal((yield* failureOf(right.read(new Uint8Array(8)))).code, 'ECONNRESET');
  });
}

function* writeInPieces(stream: Stream, bytes: Uint8Array): Co<void> {
  for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 7) % 9973) {
    yield* stream.write(bytes.subarray(at, at + size));
  }
  stream.end();
}
