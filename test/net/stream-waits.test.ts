// Who waits for a Stream, and what wakes them, over every kind of stream: TCP and unix sockets, over the simulated
// kernel, Linux's and Node's, TLS, and a pair in memory.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { EAGAIN } from '../../src/kernel/index.ts';
import type { Stream } from '../../src/net/index.ts';
import { all, type Co, currentTask, deadline, Scope, scope, sleep, type Task } from '../../src/task/index.ts';
import { arrival, failureOf, over, readText, readToEnd, type Streams, streams } from './backend.ts';

for (const kind of streams) {
  describe(`waits and news: ${kind.name}`, () => {
    waitTests(kind);
    newsTests(kind);
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
