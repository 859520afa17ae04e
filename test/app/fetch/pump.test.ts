// How the stream of a Response is sent: as fast as the client reads, and cut or cancelled where it can't be.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { answer } from '../../../src/app/fetch/answer.ts';
import { LightResponse } from '../../../src/app/fetch/response.ts';
import { FakeExchange } from '../fake-exchange.ts';
import { forever, probe } from './stream-probe.ts';

describe('a response’s stream', () => {
  it('has no length unless the app knows it', async () => {
    const lengths = await Promise.all(
      [{}, { 'content-length': '2' }, { 'content-length': 'two' }].map(async (headers) => {
        const exchange = new FakeExchange();
        await answer(exchange, new LightResponse(probe(['a', 'b']).stream, { headers }));
        return exchange.length;
      }),
    );
    assert.deepEqual(lengths, [-1, 2, -1]);
  });

  it('is started before its first piece is there', async () => {
    const exchange = new FakeExchange();
    const sent = answer(exchange, new LightResponse(new ReadableStream()));
    assert.equal(exchange.started, true);
    exchange.reset();
    await sent;
  });

  it('is read no faster than the client takes it', async () => {
    const exchange = new FakeExchange({ window: 8 });
    const { stream, seen } = probe(['aaaa', 'bbbb', 'cccc', 'dddd', 'eeee']);
    const sent = answer(exchange, new LightResponse(stream));
    await setImmediate();
    assert.equal(exchange.text, 'aaaabbbb');
    assert.equal(seen.pulls, 2);
    exchange.drain();
    await setImmediate();
    assert.equal(exchange.text, 'aaaabbbbccccdddd');
    assert.equal(exchange.ended, false);
    exchange.drain();
    await sent;
    assert.deepEqual([exchange.text, exchange.ended], ['aaaabbbbccccddddeeee', true]);
  });

  it('is cancelled when the client is gone, while it waits for the client', async () => {
    const exchange = new FakeExchange({ window: 4 });
    const { stream, seen } = probe(forever());
    const sent = answer(exchange, new LightResponse(stream));
    await setImmediate();
    const reason = new Error('reset');
    exchange.reset(reason);
    await sent;
    assert.equal(seen.cancelled, reason);
    assert.equal(exchange.ended, false);
  });

  it('is cancelled when the client is gone, while it has nothing to send', async () => {
    const exchange = new FakeExchange();
    let cancelled: unknown;
    const stream = new ReadableStream({
      cancel(reason) {
        cancelled = reason;
      },
    });
    const sent = answer(exchange, new LightResponse(stream));
    await setImmediate();
    const reason = new Error('reset');
    exchange.reset(reason);
    await sent;
    assert.equal(cancelled, reason);
  });

  it('goes on for a client that has only closed its own side', async () => {
    const exchange = new FakeExchange({ window: 4 });
    const sent = answer(exchange, new LightResponse(probe(['aaaa', 'bbbb']).stream));
    await setImmediate();
    exchange.halfClose();
    exchange.drain();
    await setImmediate();
    exchange.drain();
    await sent;
    assert.deepEqual([exchange.text, exchange.ended], ['aaaabbbb', true]);
  });

  it('is cancelled for a client that closes its own side first, and goes then', async () => {
    const exchange = new FakeExchange({ window: 4 });
    const { stream, seen } = probe(forever());
    const sent = answer(exchange, new LightResponse(stream));
    await setImmediate();
    exchange.halfClose();
    await setImmediate();
    exchange.reset();
    await sent;
    assert.ok(seen.cancelled instanceof Error);
  });

  it('in which nothing happens is cancelled for a client that closes its own side first, and goes then', async () => {
    const exchange = new FakeExchange();
    const cancelled = Promise.withResolvers<unknown>();
    const sent = answer(
      exchange,
      new LightResponse(new ReadableStream({ cancel: (reason) => cancelled.resolve(reason) })),
    );
    await setImmediate();
    exchange.halfClose();
    const reason = new Error('gone');
    exchange.reset(reason);
    assert.equal(await cancelled.promise, reason);
    await sent;
  });

  it('is cancelled where a gone client has room for everything', async () => {
    const exchange = new FakeExchange();
    const { stream, seen } = probe(forever());
    exchange.write = () => {
      if (seen.pulls === 3) exchange.halfClose();
      if (seen.pulls === 5) exchange.reset();
      return true;
    };
    await answer(exchange, new LightResponse(stream));
    assert.equal(seen.pulls, 5);
  });

  it('that fails cuts the answer', async () => {
    const error = new Error('disk on fire');
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from('a'));
      },
      pull(controller) {
        controller.error(error);
      },
    });
    const exchange = new FakeExchange();
    await answer(exchange, new LightResponse(stream));
    assert.equal(exchange.failed, error);
    assert.equal(exchange.ended, false);
  });

  it('of anything but bytes cuts the answer, and is cancelled', async () => {
    const { stream, seen } = probe([5]);
    const exchange = new FakeExchange();
    await answer(exchange, new LightResponse(stream));
    assert.match((exchange.failed as Error).message, /Uint8Arrays, not a number/);
    assert.equal(seen.cancelled, exchange.failed);
  });

  it('that never ends being cancelled holds nothing up', async () => {
    const stream = new ReadableStream({
      start: (controller) => controller.enqueue(5),
      cancel: () => new Promise<void>(() => {}),
    });
    const exchange = new FakeExchange();
    await answer(exchange, new LightResponse(stream));
    assert.ok(exchange.failed instanceof TypeError);
    assert.equal(
      answer(new FakeExchange({ method: 'HEAD' }), new LightResponse(new ReadableStream())),
      undefined,
    );
  });

  it('is cancelled where its head can’t be sent', () => {
    const { stream, seen } = probe(['a']);
    const exchange = new FakeExchange();
    const error = new TypeError('a header HTTP does not allow');
    exchange.start = () => {
      throw error;
    };
    assert.throws(() => answer(exchange, new LightResponse(stream)), error);
    assert.equal(seen.cancelled, error);
  });

  it('that gives more than was promised is cancelled', async () => {
    const { stream, seen } = probe(forever());
    const exchange = new FakeExchange();
    exchange.write = () => {
      throw new RangeError('too much');
    };
    await answer(exchange, new LightResponse(stream));
    assert.equal(exchange.failed, seen.cancelled);
    assert.ok(seen.cancelled instanceof RangeError);
  });

  it('is not read for HEAD', async () => {
    const { stream, seen } = probe(['a']);
    const exchange = new FakeExchange({ method: 'HEAD' });
    await answer(exchange, new LightResponse(stream, { headers: { 'content-length': '1' } }));
    assert.deepEqual([exchange.length, exchange.ended, exchange.written.length, seen.pulls], [1, true, 0, 0]);
  });
});
