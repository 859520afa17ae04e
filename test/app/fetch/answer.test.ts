// How Responses of every kind are sent: whole or in pieces, as fast as the client reads, and cut where they fail.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answer } from '../../../src/app/fetch/answer.ts';
import { NativeResponse } from '../../../src/app/fetch/native.ts';
import { LightResponse } from '../../../src/app/fetch/response.ts';
import { FakeExchange } from '../fake-exchange.ts';
import { probe } from './stream-probe.ts';

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
