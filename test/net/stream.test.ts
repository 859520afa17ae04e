// What a Stream promises, over every kind of stream: TCP and unix sockets, over the simulated kernel, Linux's and
// Node's, TLS, and a pair in memory.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { EAGAIN } from '../../src/kernel/index.ts';
import type { Stream } from '../../src/net/index.ts';
import { all, type Co, currentTask, deadline, Scope, scope, sleep, type Task } from '../../src/task/index.ts';
import { arrival, check, failureOf, pattern, readText, readToEnd, type Streams, streams } from './backend.ts';

for (const kind of streams) {
  describe(kind.name, () => {
    bytesTests(kind);
    endTests(kind);
    waitTests(kind);
    newsTests(kind);
  });
}

/** Registers a test over two connected streams, which are closed after it. */
function over(kind: Streams, name: string, body: (left: Stream, right: Stream) => Co<void>): void {
  check(kind, name, function* () {
    const [left, right] = yield* kind.connected();
    try {
      yield* body(left, right);
    } finally {
      left.close();
      right.close();
    }
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

function waitTests(kind: Streams): void {
  over(kind, 'reading waits until there is something to read', function* (left, right) {
    yield* scope(function* (tasks) {
      const reader = tasks.spawn(readText(right, 2));
      yield* arrival();
      assert.ok(!reader.done);
      yield* left.write('hi');
      assert.equal(yield* reader.join(), 'hi');
    });
  });

  over(kind, 'a second reader is refused, and the first one served', function* (left, right) {
    yield* scope(function* (tasks) {
      const first = tasks.spawn(readText(right, 2));
      yield* arrival();
      const { message } = yield* failureOf(right.read(new Uint8Array(8)));
      assert.match(message, /another task already waits to read/);
      yield* left.write('hi');
      assert.equal(yield* first.join(), 'hi');
    });
  });

  over(kind, 'a second one that waits for news is refused too', function* (left, right) {
    yield* scope(function* (tasks) {
      const first = tasks.spawn(news(right));
      yield* arrival();
      assert.match((yield* failureOf(news(right))).message, /another task already waits for news/);
      yield* left.write('hi');
      yield* first.join();
    });
  });

  over(kind, 'closing wakes everyone who waits', function* (left, right) {
    const tasks = new Scope((yield* currentTask()).loop);
    const reader = tasks.spawn(failureOf(left.read(new Uint8Array(8))));
    const writer = tasks.spawn(failureOf(left.write(new Uint8Array(kind.plenty))));
    const watcher = tasks.spawn(news(left));
    yield* arrival();
    left.close();
    yield* tasks.close();
    assert.equal(reader.result.code, 'ECANCELED');
    assert.equal(writer.result.code, 'ECANCELED');
    assert.ok(watcher.done);
    right.close();
  });

  over(kind, 'a read that was cancelled leaves the stream usable', function* (left, right) {
    for (let i = 0; i < 3; i++) {
      const { code = '' } = yield* failureOf(deadline(3, right.read(new Uint8Array(8))));
      assert.equal(code, 'ERR_DEADLINE_EXCEEDED');
    }
    yield* left.write('hello');
    assert.equal(yield* readText(right, 5), 'hello');
  });

  over(kind, 'a write that was cancelled leaves the stream usable', function* (left, right) {
    const { code = '' } = yield* failureOf(deadline(10, left.write(new Uint8Array(kind.plenty))));
    assert.equal(code, 'ERR_DEADLINE_EXCEEDED');
    const [, received] = yield* all([
      (function* () {
        yield* left.write('the end');
        left.end();
      })(),
      readToEnd(right, 65536),
    ]);
    assert.equal(received.subarray(-7).toString(), 'the end');
    assert.ok(received.length - 7 < kind.plenty);
  });

  over(kind, 'a task that never has to wait lets others have their turn', function* (left, right) {
    let stop = false;
    yield* all([
      (function* (): Co<void> {
        const buffer = new Uint8Array(8);
        for (let i = 0; !stop; i++) {
          assert.ok(i < 10_000, 'it had the loop to itself');
          yield* left.write('12345678');
          yield* right.read(buffer);
        }
      })(),
      (function* (): Co<void> {
        yield* currentTask();
        stop = true;
      })(),
    ]);
  });
}

function newsTests(kind: Streams): void {
  over(kind, 'bytes are news once, whether they are read or not', function* (left, right) {
    yield* watching(right, function* (seen) {
      yield* left.write('unread');
      yield* arrival();
      const after = seen();
      assert.equal(after, 1);
      const { turns } = (yield* currentTask()).loop.statistics();
      yield* sleep(20);
      assert.equal(seen(), after);
      assert.ok((yield* currentTask()).loop.statistics().turns - turns < 10, 'the loop spins');
    });
  });

  over(kind, 'no news comes of nothing', function* (_left, right) {
    yield* watching(right, function* (seen) {
      // A socket may be told of its state once, when it is first watched.
      yield* arrival();
      const before = seen();
      yield* sleep(20);
      assert.equal(seen(), before);
    });
  });

  over(kind, 'the peer’s end is news, though bytes lie unread before it', function* (left, right) {
    yield* left.write('unread');
    yield* arrival();
    yield* watching(right, function* (seen) {
      assert.ok(!right.peerClosed);
      left.end();
      yield* arrival();
      assert.ok(seen() >= 1);
      assert.ok(right.peerClosed);
      assert.ok(!right.hangup || !kind.resets);
    });
    assert.equal((yield* readToEnd(right)).toString(), 'unread');
  });

  over(kind, 'once both sides have ended, the connection has hung up', function* (left, right) {
    left.end();
    right.end();
    yield* all([readToEnd(left), readToEnd(right)]);
    yield* arrival();
    assert.ok(left.hangup && right.hangup);
  });

  over(kind, 'room is news to a writer that found none', function* (left, right) {
    const piece = new Uint8Array(65536);
    for (let idle = 0; idle < 3; ) {
      if (left.tryWrite(piece, 0, piece.length) > 0) continue;
      idle++;
      yield* arrival();
    }
    yield* watching(left, function* (seen) {
      left.wantWritable();
      yield* arrival();
      const before = seen();
      left.tryWrite(piece, 0, piece.length);
      yield* scope(function* (tasks) {
        const reader = tasks.spawn(readToEnd(right, 65536));
        for (let i = 0; i < 100 && seen() === before; i++) yield* arrival();
        assert.ok(seen() > before);
        left.end();
        yield* reader.join();
      });
    });
  });

  over(kind, 'says whether it is encrypted', function* (left, right) {
    yield* arrival();
    const expected = kind.name.startsWith('TLS');
    assert.deepEqual([left.encrypted, right.encrypted], [expected, expected]);
  });

  over(kind, 'nothing is read where nothing is', function* (_left, right) {
    yield* arrival();
    assert.equal(right.tryRead(new Uint8Array(8), 0, 8), -EAGAIN);
    assert.equal(right.tryRead(new Uint8Array(8), 0, 8), -EAGAIN);
  });

  over(kind, 'bytes go where they are told to', function* (left, right) {
    const source = Buffer.from('--abc--');
    assert.equal(left.tryWrite(source, 2, 3), 3);
    yield* arrival();
    const target = Buffer.from('.......');
    assert.equal(right.tryRead(target, 1, 2), 2);
    assert.equal(right.tryRead(target, 5, 2), 1);
    assert.equal(target.toString(), '.ab..c.');
  });
}

function* news(stream: Stream): Co<void> {
  yield stream.activity;
}

/** Counts the news of `stream` while `body` runs. */
function* watching(stream: Stream, body: (seen: () => number) => Co<void>): Co<void> {
  let count = 0;
  const tasks = new Scope((yield* currentTask()).loop);
  tasks.spawn(
    (function* (): Co<void> {
      for (;;) {
        yield stream.activity;
        count++;
      }
    })(),
  );
  const main: Task<void> = tasks.spawn(body(() => count));
  main.onDone(() => tasks.cancel());
  yield* tasks.close();
}

function* writeInPieces(stream: Stream, bytes: Uint8Array): Co<void> {
  for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 7) % 9973) {
    yield* stream.write(bytes.subarray(at, at + size));
  }
  stream.end();
}
