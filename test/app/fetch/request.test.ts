// The Request of an exchange beside one of the platform's with the same parts, and what it costs: nothing is read or
// decoded before a program asks.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { BodyError } from '../../../src/app/exchange.ts';
import { NativeRequest } from '../../../src/app/fetch/native.ts';
import { LightRequest, nativeRequest, Request } from '../../../src/app/fetch/request.ts';
import { FakeExchange } from '../fake-exchange.ts';
import { outcomeOf, sameOutcomes } from './outcome.ts';

type AnyRequest = InstanceType<typeof NativeRequest>;

/** Makes the same request in each way. */
interface Kit {
  post(body: string | Uint8Array, type?: string): AnyRequest;
  get(): AnyRequest;
}

const FIELDS = ['x-a', '1', 'cookie', 'a=1'];
const pairs = (fields: readonly string[]) =>
  fields.flatMap((name, i) => (i % 2 === 0 ? [[name, fields[i + 1]!]] : []));

function lightKit(whole: boolean): Kit {
  const make = (exchange: FakeExchange) => new LightRequest(exchange) as unknown as AnyRequest;
  return {
    get: () => make(new FakeExchange({ target: '/a/../b?c', fields: FIELDS })),
    post(body, type = 'text/x') {
      const fields = ['content-type', type, ...FIELDS];
      const bytes = Buffer.from(body);
      const halves = [bytes.subarray(0, 1), bytes.subarray(1)];
      return make(
        new FakeExchange({
          method: 'POST',
          target: '/p',
          fields,
          ...(whole ? { body } : { pieces: halves }),
        }),
      );
    },
  };
}

const platform: Kit = {
  get: () =>
    new NativeRequest('http://example.org/a/../b?c', {
      headers: pairs(['host', 'example.org', ...FIELDS]) as [string, string][],
    }),
  post: (body, type = 'text/x') =>
    new NativeRequest('http://example.org/p', {
      method: 'POST',
      body: Buffer.from(body),
      headers: pairs(['host', 'example.org', 'content-type', type, ...FIELDS]) as [string, string][],
    }),
};

const FORM =
  '--b\r\ncontent-disposition: form-data; name="f"; filename="g"\r\ncontent-type: a/b\r\n\r\nxyz\r\n--b--\r\n';

const OPERATIONS: Record<string, (kit: Kit) => unknown> = {
  'every property of a GET': ({ get }) => describeRequest(get()),
  'every property of a POST': ({ post }) => describeRequest(post('hi')),
  text: ({ post }) => post('hi ✓').text(),
  'text that is not UTF-8': ({ post }) => post(new Uint8Array([0xef, 0xbb, 0xbf, 0xff, 65])).text(),
  json: ({ post }) => post('{"a":[1]}').json(),
  'bad JSON is refused': ({ post }) => post('{"a":').json(),
  bytes: ({ post }) => post('hi').bytes(),
  arrayBuffer: ({ post }) => post('hi').arrayBuffer(),
  blob: ({ post }) => post('hi', 'Text/HTML').blob(),
  'a multipart form': ({ post }) => post(FORM, 'multipart/form-data; boundary=b').formData(),
  'an urlencoded form': ({ post }) => post('a=1&b=%C3%A9', 'application/x-www-form-urlencoded').formData(),
  'a form of another type is refused': ({ post }) => post('a=1').formData(),
  'a broken form is refused': ({ post }) => post('nonsense', 'multipart/form-data; boundary=b').formData(),
  'a GET has no body': async ({ get }) => {
    const request = get();
    return [
      request.body,
      await request.text(),
      await request.bytes(),
      request.bodyUsed,
      await request.text(),
    ];
  },
  'reading twice is refused': async ({ post }) => {
    const request = post('hi');
    return [
      request.bodyUsed,
      await request.text(),
      request.bodyUsed,
      await outcomeOf(() => request.json()),
      request.body?.locked,
    ];
  },
  'the body is a stream': async ({ post }) => {
    const request = post('hello');
    const pieces: number[] = [];
    for await (const piece of request.body!) pieces.push(...piece);
    return [pieces, request.bodyUsed, await outcomeOf(() => request.text())];
  },
  'the stream reads into given buffers': async ({ post }) => {
    const reader = post('hello').body!.getReader({ mode: 'byob' });
    const pieces: number[] = [];
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(3));
      pieces.push(...(value ?? []));
      if (done) return pieces;
    }
  },
  'a clone and the original': async ({ post }) => {
    const request = post('hello');
    const copy = request.clone();
    copy.headers.set('x-copy', '1');
    return [
      request.headers.get('x-copy'),
      copy.headers.get('x-a'),
      copy.url,
      copy.text(),
      request.bodyUsed,
      request.text(),
    ];
  },
  'a clone after headers changed': ({ post }) => {
    const request = post('hello');
    request.headers.set('x-new', '1');
    request.headers.delete('x-a');
    return [...request.clone().headers];
  },
  'a clone of what was read is refused': async ({ post }) => {
    const request = post('hello');
    await request.text();
    return request.clone();
  },
  'headers may be changed': ({ get }) => {
    const request = get();
    request.headers.append('x-a', '2');
    return request.headers.get('x-a');
  },
  'the platform’s constructor takes its parts': async ({ post }) => {
    const copy = new NativeRequest('http://other/', post('hello'));
    return [copy.url, copy.method, copy.headers.get('x-a'), await copy.text()];
  },
  'a new Request takes it over': async ({ post }) => {
    const request = post('hello');
    const copy = new Request(request);
    return [copy.url, copy.method, [...copy.headers], copy.text(), outcomeOf(() => request.text())];
  },
  'a new Request with another method': ({ get }) => new Request(get(), { method: 'DELETE' }).method,
  'a new Request of a POST as a GET is refused': ({ post }) => new Request(post('x'), { method: 'GET' }),
  'a new Request with another body leaves its own': async ({ post }) => {
    const request = post('hello');
    const copy = new Request(request, { body: 'other' });
    return [await copy.text(), request.bodyUsed, await request.text()];
  },
  'a new Request of what was read is refused': async ({ post }) => {
    const request = post('hello');
    await request.text();
    return new Request(request);
  },
  'its properties are read-only': ({ get }) => {
    const request = get();
    Reflect.set(request, 'method', 'X');
    return request.method;
  },
};

function describeRequest(request: AnyRequest): unknown {
  const listed: string[] = [];
  const values: unknown[] = [];
  for (const name in request) {
    listed.push(name);
    const value: unknown = Reflect.get(request, name);
    values.push(
      typeof value === 'object' && value !== null
        ? Object.prototype.toString.call(value)
        : typeof value === 'function'
          ? name
          : value,
    );
  }
  const order = listed.map((name, i) => [name, values[i]] as const).sort((a, b) => (a[0] < b[0] ? -1 : 1));
  return [
    order,
    String(request),
    JSON.stringify(request),
    Object.keys(request),
    inspect(request),
    [...request.headers],
  ];
}

sameOutcomes('Request whose body has arrived', platform, lightKit(true), OPERATIONS);
sameOutcomes('Request whose body is to come', platform, lightKit(false), OPERATIONS);

describe('Request of an exchange', () => {
  it('decodes no header and reads no body by itself', async () => {
    const exchange = new FakeExchange({ method: 'POST', pieces: ['a'] });
    const request = new LightRequest(exchange);
    assert.equal(request.headers.get('host'), 'example.org');
    assert.equal(request.method, 'POST');
    assert.equal(request.url, 'http://example.org/');
    assert.ok(request.body !== null);
    await Promise.resolve();
    assert.deepEqual([exchange.decoded, exchange.reads], [0, 0]);
  });

  it('reads no further ahead than its stream is read', async () => {
    const exchange = new FakeExchange({ method: 'POST', pieces: ['a', 'b', 'c'] });
    const reader = new LightRequest(exchange).body!.getReader();
    assert.equal(Buffer.from((await reader.read()).value).toString(), 'a');
    assert.equal(exchange.reads, 1);
    assert.equal(Buffer.from((await reader.read()).value).toString(), 'b');
    assert.equal(exchange.reads, 2);
    await reader.cancel();
    assert.equal(exchange.reads, 2);
  });

  it('fails as its body does', async () => {
    const error = new BodyError('ERR_BODY_CUT_SHORT', 400, 'the body ends early');
    const request = () => new LightRequest(new FakeExchange({ method: 'POST', pieces: ['a', error] }));
    await assert.rejects(request().text(), error);
    await assert.rejects(request().formData(), error);
    const reader = request().body!.getReader();
    await reader.read();
    await assert.rejects(reader.read(), error);
  });

  it('has no body where the client declares none', async () => {
    const request = new LightRequest(new FakeExchange({ method: 'POST', body: '' }));
    assert.equal(request.body, null);
    assert.equal(await request.text(), '');
  });

  it('has no body for GET and HEAD, whatever the client sends', async () => {
    for (const method of ['GET', 'HEAD']) {
      const request = new LightRequest(new FakeExchange({ method, body: 'ignored' }));
      assert.deepEqual([request.body, await request.text()], [null, '']);
      assert.equal(nativeRequest(request).body, null);
    }
  });

  it('gives bytes away that are nobody else’s', async () => {
    const request = new LightRequest(new FakeExchange({ method: 'POST', body: 'hello' }));
    const bytes = await request.clone().bytes();
    bytes.fill(0);
    assert.equal(await request.text(), 'hello');
    assert.equal(bytes.buffer.byteLength, 5);
  });

  it('passes for the platform’s', () => {
    const request = new LightRequest(new FakeExchange());
    assert.ok(request instanceof NativeRequest);
    assert.ok((request as object) instanceof Request);
    assert.ok(new NativeRequest('http://a/') instanceof Request);
    assert.equal(request.constructor, Request);
  });

  it('becomes the platform’s own, without the fields of its connection', async () => {
    const fields = ['connection', 'keep-alive, x', 'transfer-encoding', 'chunked', 'x-a', '1'];
    const native = nativeRequest(
      new LightRequest(new FakeExchange({ method: 'PUT', fields, pieces: ['a', 'b'] })),
    );
    assert.equal(native.method, 'PUT');
    assert.deepEqual([...native.headers.keys()], ['host', 'x-a']);
    assert.equal(await native.text(), 'ab');
  });

  it('can be subclassed as the platform’s', () => {
    class Mine extends Request {
      readonly mine = true;
    }
    const mine = new Mine(new LightRequest(new FakeExchange({ target: '/x' })) as unknown as AnyRequest);
    assert.ok(mine.mine && mine instanceof Mine && mine instanceof NativeRequest);
    assert.equal(mine.url, 'http://example.org/x');
    assert.throws(() => Reflect.apply(Request as never, undefined, ['http://a/']), TypeError);
    assert.throws(() => Reflect.construct(Request, []), TypeError);
  });
});

describe('the signal of a Request', () => {
  it('is the same each time, and not aborted', () => {
    const { signal } = new LightRequest(new FakeExchange());
    assert.ok(signal instanceof AbortSignal);
    assert.equal(signal.aborted, false);
    const request = new LightRequest(new FakeExchange());
    const first = request.signal;
    assert.equal(request.signal, first);
  });

  it('is aborted with an AbortError when the client is gone', () => {
    const exchange = new FakeExchange();
    const { signal } = new LightRequest(exchange);
    const reason = new Error('reset by peer');
    exchange.reset(reason);
    assert.equal(signal.aborted, true);
    assert.equal(signal.reason.name, 'AbortError');
    assert.equal(signal.reason.cause, reason);
  });

  it('is aborted with the reason of a deadline', () => {
    const exchange = new FakeExchange();
    const { signal } = new LightRequest(exchange);
    const reason = new DOMException('too slow', 'TimeoutError');
    exchange.reset(reason);
    assert.equal(signal.reason, reason);
  });

  it('is aborted from the start where the client had gone before', () => {
    const exchange = new FakeExchange();
    exchange.halfClose();
    assert.equal(new LightRequest(exchange).signal.aborted, true);
  });

  it('of a clone follows', () => {
    const exchange = new FakeExchange();
    const copy = new LightRequest(exchange).clone();
    exchange.reset();
    assert.equal(copy.signal.aborted, true);
  });
});
