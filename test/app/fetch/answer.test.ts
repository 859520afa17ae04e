// How Responses of every kind are sent: whole or in pieces, as fast as the client reads, and cut where they fail.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { answer } from '../../../src/app/fetch/answer.ts';
import { NativeResponse } from '../../../src/app/fetch/native.ts';
import { LightResponse } from '../../../src/app/fetch/response.ts';
import { FakeExchange } from '../fake-exchange.ts';

/** A stream that tells how often it was pulled and what it was cancelled with. */
function probe(chunks: Iterable<unknown>) {
  const iterator = chunks[Symbol.iterator]();
  const seen = { pulls: 0, cancelled: undefined as unknown };
  const stream = new ReadableStream(
    {
      pull(controller) {
        seen.pulls++;
        const { done, value } = iterator.next();
        if (done) controller.close();
        else controller.enqueue(typeof value === 'string' ? Buffer.from(value) : value);
      },
      cancel(reason) {
        seen.cancelled = reason;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, seen };
}

function* forever() {
  for (;;) yield 'more';
}

describe('answer', () => {
  const whole: Record<string, LightResponse> = {
    'a string': new LightResponse('hi'),
    bytes: new LightResponse(Buffer.from('hi')),
    'search parameters': new LightResponse(new URLSearchParams('hi')),
    JSON: LightResponse.json('hi'),
  };
  for (const [kind, response] of Object.entries(whole)) {
    it(`sends ${kind} in one piece, at once`, () => {
      const exchange = new FakeExchange();
      assert.equal(answer(exchange, response), undefined);
      assert.match(exchange.text, /hi/);
      assert.equal(exchange.length, -2);
    });
  }

  it('sends no body where there is none', () => {
    const exchange = new FakeExchange();
    answer(exchange, new LightResponse(null, { status: 204 }));
    assert.deepEqual([exchange.status, exchange.responded, exchange.fields], [204, null, []]);
  });

  it('sends status, reason and headers as they were changed', () => {
    const exchange = new FakeExchange();
    const response = new LightResponse('x', { status: 404, statusText: 'Gone?', headers: { 'X-A': '1' } });
    response.headers.append('set-cookie', 'a');
    response.headers.append('set-cookie', 'b');
    response.headers.delete('content-type');
    answer(exchange, response);
    assert.deepEqual([exchange.status, exchange.reason], [404, 'Gone?']);
    assert.deepEqual(exchange.fields, ['x-a', '1', 'set-cookie', 'a', 'set-cookie', 'b']);
  });

  it('knows the length of a whole body better than a header that was copied', () => {
    for (const body of ['hi', Buffer.from('hi'), null]) {
      const exchange = new FakeExchange();
      answer(exchange, new LightResponse(body, { headers: { 'content-length': '500', 'x-a': '1' } }));
      assert.equal(exchange.field('content-length'), undefined);
      assert.equal(exchange.field('x-a'), '1');
    }
  });

  it('lets an answer to HEAD say how long its body would be, and says nothing by itself', () => {
    for (const [headers, length] of [
      [{ 'content-length': '500' }, 500],
      [{}, -1],
    ] as const) {
      const exchange = new FakeExchange({ method: 'HEAD' });
      assert.equal(answer(exchange, new LightResponse(null, { headers })), undefined);
      assert.deepEqual([exchange.length, exchange.ended, exchange.responded], [length, true, undefined]);
    }
  });

  it('sends the same response again and again where its body is no stream', () => {
    const response = new LightResponse('constant');
    for (let i = 0; i < 3; i++) {
      const exchange = new FakeExchange();
      answer(exchange, response);
      assert.equal(exchange.text, 'constant');
    }
  });

  it('sends a clone, and what was cloned', async () => {
    for (const body of ['hi', new Blob(['hi']), ReadableStream.from([Buffer.from('hi')])]) {
      const response = new LightResponse(body as string);
      for (const one of [response.clone(), response]) {
        const exchange = new FakeExchange();
        await answer(exchange, one);
        assert.equal(exchange.text, 'hi');
      }
    }
  });

  it('sends a response whose stream was looked at, but not read', async () => {
    const response = new LightResponse('hi');
    assert.ok(response.body !== null);
    const exchange = new FakeExchange();
    await answer(exchange, response);
    assert.equal(exchange.text, 'hi');
  });

  it('refuses a body that was read already', async () => {
    const read = [new LightResponse('x'), new LightResponse(probe(['x']).stream), new NativeResponse('x')];
    for (const response of read) {
      await response.text();
      const exchange = new FakeExchange();
      assert.throws(() => answer(exchange, response), { name: 'TypeError', code: 'ERR_BODY_USED' });
      assert.equal(exchange.started, false);
    }
    for (const Kind of [LightResponse, NativeResponse]) {
      const locked = new Kind(probe(['x']).stream);
      locked.body!.getReader();
      assert.throws(() => answer(new FakeExchange(), locked), { code: 'ERR_BODY_USED' });
    }
  });

  it('sends a blob with its size and type', async () => {
    const exchange = new FakeExchange();
    const blob = new Blob(['hello'], { type: 'a/b' });
    await answer(exchange, new LightResponse(blob, { headers: { 'content-length': '9' } }));
    assert.deepEqual([exchange.length, exchange.text, exchange.ended], [5, 'hello', true]);
    assert.equal(exchange.field('content-length'), undefined);
    assert.equal(exchange.field('content-type'), 'a/b');
  });

  it('sends a form with its boundary', async () => {
    const form = new FormData();
    form.append('name', 'value');
    const exchange = new FakeExchange();
    await answer(exchange, new LightResponse(form));
    const boundary = exchange.field('content-type')!.replace('multipart/form-data; boundary=', '');
    assert.ok(exchange.text.startsWith(`--${boundary}\r\n`));
  });

  it('sends an async iterable', async () => {
    const body = (async function* () {
      yield Buffer.from('a');
      yield Buffer.from('b');
    })();
    const exchange = new FakeExchange();
    await answer(exchange, new LightResponse(body as never));
    assert.deepEqual([exchange.length, exchange.text, exchange.ended], [-1, 'ab', true]);
  });

  it('sends the platform’s responses', async () => {
    const exchange = new FakeExchange();
    const response = new NativeResponse('hi', {
      status: 201,
      headers: [
        ['set-cookie', 'a'],
        ['set-cookie', 'b'],
      ],
    });
    await answer(exchange, response);
    assert.deepEqual([exchange.status, exchange.text, exchange.ended], [201, 'hi', true]);
    assert.deepEqual(exchange.fields, [
      'content-type',
      'text/plain;charset=UTF-8',
      'set-cookie',
      'a',
      'set-cookie',
      'b',
    ]);
  });

  it('leaves a coding that the app has applied itself', async () => {
    const exchange = new FakeExchange();
    const headers = { 'content-encoding': 'gzip', 'content-length': '2' };
    await answer(exchange, new NativeResponse(Buffer.from('zz'), { headers }));
    assert.deepEqual([exchange.field('content-encoding'), exchange.length], ['gzip', 2]);
  });

  it('sends the platform’s responses without a body', () => {
    const exchange = new FakeExchange();
    assert.equal(answer(exchange, new NativeResponse(null, { status: 304 })), undefined);
    assert.deepEqual([exchange.status, exchange.responded], [304, null]);
  });

  it('sends another package’s response that looks like the platform’s', async () => {
    const response = {
      [Symbol.toStringTag]: 'Response',
      status: 200,
      statusText: 'Fine',
      url: '',
      bodyUsed: false,
      headers: new Map([['x-a', '1']]),
      body: (async function* () {
        yield Buffer.from('piped');
      })(),
    };
    const exchange = new FakeExchange();
    await answer(exchange, response);
    assert.deepEqual([exchange.reason, exchange.text, exchange.fields], ['Fine', 'piped', ['x-a', '1']]);
  });
});

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
