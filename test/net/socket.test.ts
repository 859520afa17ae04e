// How often a kernel socket asks the kernel: counted on the simulation, call by call.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EAGAIN, ECONNRESET } from '../../src/kernel/index.ts';
import { listen, type Stream } from '../../src/net/index.ts';
import { type Co, scope, sleep } from '../../src/task/index.ts';
import { arrival, readText, readToEnd, runSimulated } from './backend.ts';

type Peer = ReturnType<Parameters<Parameters<typeof runSimulated>[1]>[1]['client']>;

/** Runs `body` with a stream, its peer, and a count of the calls of one kind since the count was last asked for. */
function counting(
  name: string,
  body: (stream: Stream, peer: Peer, calls: (what: string) => number) => Co<void>,
): void {
  test(name, () => {
    let trace: string[] = [];
    return runSimulated({ onTrace: (line) => trace.push(line) }, function* (_loop, kernel) {
      const listener = yield* listen({ family: 'inet', host: '127.0.0.1', port: 80 });
      const peer = kernel.client(listener.address);
      const stream = yield* listener.accept();
      listener.close();
      yield* body(stream, peer, (what) => {
        const count = trace.filter((line) => line.includes(` ${what}(`)).length;
        trace = [];
        return count;
      });
      stream.close();
    });
  });
}

describe('a kernel socket', () => {
  counting('asks once for what came, and again only after news', function* (stream, peer, calls) {
    peer.send('request');
    yield* arrival();
    calls('recv');
    const buffer = new Uint8Array(100);
    assert.equal(stream.tryRead(buffer, 0, 100), 7);
    for (let i = 0; i < 5; i++) assert.equal(stream.tryRead(buffer, 0, 100), -EAGAIN);
    assert.equal(calls('recv'), 1);
    peer.send('another');
    yield* arrival();
    assert.equal(stream.tryRead(buffer, 0, 100), 7);
    assert.equal(calls('recv'), 1);
  });

  counting('asks again at once where the buffer was filled', function* (stream, peer, calls) {
    peer.send('12345678');
    yield* arrival();
    calls('recv');
    assert.equal(yield* readText(stream, 4), '1234');
    assert.equal(yield* readText(stream, 4), '5678');
    assert.equal(calls('recv'), 2);
  });

  counting('sees an end that came together with the last bytes', function* (stream, peer) {
    peer.send('bye').shutdown();
    yield* arrival();
    assert.equal((yield* readToEnd(stream)).toString(), 'bye');
  });

  counting('is not asked for news of room before a write came up short', function* (stream, peer, calls) {
    calls('report');
    yield* stream.write('short');
    yield* arrival();
    assert.equal(calls('report'), 0);
    peer.pause();
    yield* scope(function* (tasks) {
      const writer = tasks.spawn(stream.write(new Uint8Array(500_000)));
      yield* sleep(1000);
      // One for each direction of full buffers, not one for each try.
      assert.ok(calls('send') < 10);
      assert.ok(!writer.done);
      peer.resume();
    });
    stream.end();
    yield* sleep(1000);
    assert.equal(peer.receivedBytes, 500_005);
  });

  counting('a peer’s reset is an error for the reader, and then an end', function* (stream, peer) {
    peer.reset();
    yield* arrival();
    assert.ok(stream.hangup);
    const buffer = new Uint8Array(8);
    assert.equal(stream.tryRead(buffer, 0, 8), -ECONNRESET);
    assert.notEqual(stream.tryRead(buffer, 0, 8), -EAGAIN);
  });
});
