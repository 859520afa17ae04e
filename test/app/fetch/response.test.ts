// The light Response beside the platform's: its init, its headers, its factories, and what is refused.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { LightHeaders } from '../../../src/app/fetch/headers.ts';
import { NativeHeaders, NativeResponse } from '../../../src/app/fetch/native.ts';
import { LightResponse } from '../../../src/app/fetch/response.ts';
import { outcomeOf, sameOutcomes } from './outcome.ts';

interface Kit {
  readonly R: typeof NativeResponse;
  readonly H: typeof NativeHeaders;
}
type AnyResponse = InstanceType<typeof NativeResponse>;

const platform: Kit = { R: NativeResponse, H: NativeHeaders };
const light = { R: LightResponse, H: LightHeaders } as unknown as Kit;
const wrong = (value: unknown) => value as never;

function streamOf(...chunks: unknown[]): ReadableStream {
  return ReadableStream.from(chunks.map((chunk) => (typeof chunk === 'string' ? Buffer.from(chunk) : chunk)));
}

function formOf(): FormData {
  const form = new FormData();
  form.append('name', 'válue "quoted"\r\nnext');
  form.append('file', new File(['content'], 'f.txt', { type: 'text/plain' }));
  form.append('file', new Blob([new Uint8Array([0, 255])]), 'g');
  return form;
}

const fields = (response: AnyResponse) => [
  response.status,
  response.statusText,
  response.ok,
  [...response.headers],
];

sameOutcomes<Kit>('Response', platform, light, {
  'without arguments': ({ R }) => {
    const { type, url, redirected, body, bodyUsed, ...rest } = new R();
    const response = new R();
    return [
      fields(response),
      rest,
      response.type,
      response.url,
      response.redirected,
      response.body,
      response.bodyUsed,
    ];
  },
  'init may be undefined or null': ({ R }) => [
    fields(new R('x', undefined)),
    fields(new R('x', wrong(null))),
  ],
  'init may be another response': ({ R }) =>
    fields(new R('x', new R(null, { status: 404, headers: { a: '1' } }))),
  'init that is no object is refused': ({ R }) => new R('x', wrong(5)),
  'an empty init': ({ R }) => fields(new R('x', {})),
  'a status and its text': ({ R }) => fields(new R('x', { status: 404, statusText: 'Nöt Found' })),
  ...Object.fromEntries(
    [
      99,
      100,
      101,
      199,
      200,
      299,
      300,
      599,
      600,
      0,
      -1,
      204,
      205,
      304,
      65736,
      200.9,
      Number.NaN,
      Infinity,
      '404',
      'x',
      null,
      undefined,
      true,
      {},
    ].map((status) => [
      `status ${inspect(status)}`,
      ({ R }: Kit) => fields(new R(null, { status: wrong(status) })),
    ]),
  ),
  ...Object.fromEntries(
    [204, 205, 304].flatMap((status) => [
      [`status ${status} with a body is refused`, ({ R }: Kit) => new R('', { status })],
      [`status ${status} with a stream is refused`, ({ R }: Kit) => new R(streamOf('x'), { status })],
      [`status ${status} of JSON is refused`, ({ R }: Kit) => R.json(1, { status })],
    ]),
  ),
  ...Object.fromEntries(
    ['', 'OK', 'a\tb', 'x\ny', 'x\0', 'ā', 5, null, undefined, {}, Symbol('x')].map((text) => [
      `statusText ${inspect(text)}`,
      ({ R }: Kit) => fields(new R(null, { statusText: wrong(text) })),
    ]),
  ),
  'a status that is a symbol is refused': ({ R }) => new R(null, { status: wrong(Symbol('x')) }),
  'a body that is a symbol is refused': ({ R }) => new R(wrong(Symbol('x'))),
  'bad headers are refused': ({ R }) => new R(null, { headers: { 'a b': 'x' } }),
  'headers of null are refused': ({ R }) => new R(null, { headers: wrong(null) }),
  'headers that are no object are refused': ({ R }) => new R(null, { headers: wrong(5) }),
  'headers may be pairs': ({ R }) =>
    fields(
      new R('x', {
        headers: [
          ['a', '1'],
          ['A', '2'],
        ],
      }),
    ),
  'headers may be Headers': ({ R, H }) => fields(new R('x', { headers: new H({ a: '1' }) })),
  'headers may be the platform’s': ({ R }) => fields(new R('x', { headers: new NativeHeaders({ a: '1' }) })),
  'the type of a body gives way to one that is set': ({ R }) =>
    fields(new R('x', { headers: { 'Content-Type': 'text/html' } })),
  'the type of a body joins other headers': ({ R }) =>
    fields(new R(new URLSearchParams('a=1'), { headers: { a: '1' } })),
  'the init is left alone': ({ R, H }) => {
    const headers = new H({ a: '1' });
    const response = new R('x', { headers });
    response.headers.set('b', '2');
    headers.set('c', '3');
    return [[...headers], [...response.headers]];
  },
  'headers are the same object each time': ({ R }) => {
    const response = new R('x');
    const { headers } = response;
    return response.headers === headers;
  },
  'one response’s headers are not another’s': ({ R }) => {
    new R('x').headers.set('content-type', 'changed');
    return [...new R('x').headers];
  },
  'bytes are copied': async ({ R }) => {
    const bytes = Buffer.from('before');
    const [response, whole] = [new R(bytes), new R(bytes.buffer)];
    const kept = await whole.arrayBuffer();
    bytes.fill(0);
    return [await response.text(), kept.byteLength === bytes.buffer.byteLength];
  },
  'search parameters are taken as they are': async ({ R }) => {
    const params = new URLSearchParams('a=1');
    const response = new R(params);
    params.set('a', '2');
    return response.text();
  },
  'bytes come in a buffer of their own': async ({ R }) => {
    const bytes = await new R(Buffer.from('hi')).bytes();
    return [bytes.byteOffset, bytes.buffer.byteLength];
  },
  'bytes of clones are apart': async ({ R }) => {
    const response = new R(Buffer.from('hi'));
    const copy = response.clone();
    (await copy.bytes()).fill(0);
    return response.text();
  },
  'the body is the same stream each time': ({ R }) => {
    const response = new R('x');
    const { body } = response;
    return response.body === body;
  },
  'a given stream is the body': ({ R }) => {
    const stream = streamOf('x');
    return new R(stream).body === stream;
  },
  'a locked stream is refused': ({ R }) => {
    const stream = streamOf('x');
    stream.getReader();
    return new R(stream);
  },
  'a read stream is refused': async ({ R }) => {
    const stream = streamOf('x');
    await stream.cancel();
    return new R(stream);
  },
  'a form round trip': ({ R }) => new R(formOf()).formData(),
  'a form has a boundary': async ({ R }) => {
    const response = new R(formOf());
    const type = response.headers.get('content-type') ?? '';
    const boundary = type.replace(/^multipart\/form-data; boundary=/, '');
    const text = await response.text();
    return [
      type.length > boundary.length,
      text.startsWith(`--${boundary}\r\n`),
      text.endsWith(`--${boundary}--\r\n`),
    ];
  },
  'a form can be cloned': async ({ R }) => {
    const response = new R(formOf());
    return [response.clone().formData(), response.formData()];
  },
  'an urlencoded form': ({ R }) => new R(new URLSearchParams('a=1&b=%20x')).formData(),
  'an urlencoded form that came as text': ({ R }) =>
    new R('a=1&a=2', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }).formData(),
  'a multipart form that is none is refused': ({ R }) =>
    new R('nonsense', { headers: { 'content-type': 'multipart/form-data; boundary=x' } }).formData(),
  'a form of JSON is refused': ({ R }) => R.json({}).formData(),
  'a blob has the type of the headers, as they are': async ({ R }) => {
    const response = new R('x', { headers: { 'content-type': 'Text/HTML; Charset=utf-8' } });
    const changed = new R('x');
    changed.headers.set('content-type', 'a/b');
    const removed = new R('x');
    removed.headers.delete('content-type');
    const looked = new R('x');
    void looked.body;
    looked.headers.set('content-type', 'c/d');
    return [
      response.blob(),
      changed.blob(),
      removed.blob(),
      looked.blob(),
      new R(new Blob(['x'], { type: 'e/f' })).blob(),
    ];
  },
  JSON: ({ R }) => [fields(R.json({ a: 1 })), R.json({ a: 1 }).text(), R.json([1]).json()],
  'JSON with an init': ({ R }) =>
    fields(R.json(null, { status: 201, statusText: 'Made', headers: { a: '1' } })),
  'JSON of another type': ({ R }) => fields(R.json(1, { headers: { 'content-type': 'application/x+json' } })),
  'JSON of undefined is refused': ({ R }) => R.json(undefined),
  'JSON of a function is refused': ({ R }) => R.json(() => 1),
  'JSON of a circle is refused': ({ R }) => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    return R.json(circle);
  },
  'JSON of nothing is refused': ({ R }) => Reflect.apply(R.json, R, []),
  'JSON of a BigInt is refused': ({ R }) => R.json(1n),
  'JSON with a status of 99 is refused': ({ R }) => R.json(1, { status: 99 }),
  'a redirect': ({ R }) => fields(R.redirect('http://a/b c')),
  'a redirect with a status': ({ R }) => fields(R.redirect(new URL('http://a/'), 308)),
  'a redirect with a status as text': ({ R }) => fields(R.redirect('http://a/', wrong('301'))),
  'a redirect of 200 is refused': ({ R }) => R.redirect('http://a/', wrong(200)),
  'a redirect to nowhere is refused': ({ R }) => R.redirect('/relative'),
  'a redirect without a URL is refused': ({ R }) => Reflect.apply(R.redirect, R, []),
  'a redirect can’t be changed': ({ R }) => R.redirect('http://a/').headers.set('a', 'b'),
  'a clone of a redirect can’t be changed': ({ R }) =>
    R.redirect('http://a/').clone().headers.delete('location'),
  'a redirect’s headers refuse bad names first': ({ R }) => R.redirect('http://a/').headers.get('a b'),
  'an error': ({ R }) => {
    const response = R.error();
    return [fields(response), response.type, response.body, outcomeOf(() => response.headers.set('a', 'b'))];
  },
  'a clone keeps what it was': ({ R }) => {
    const response = new R('x', { status: 404, statusText: 'No', headers: { a: '1' } });
    response.headers.set('b', '2');
    return [fields(response.clone()), R.error().clone().type, response.clone() instanceof R];
  },
  'it looks as the platform’s': ({ R }) => {
    const response = new R('x');
    const listed: string[] = [];
    for (const name in response) listed.push(name);
    return [
      String(response),
      JSON.stringify(response),
      Object.keys(response),
      Object.keys(R).sort(),
      inspect(new R(null)),
      R.name,
      R.length,
      response.constructor === R,
      listed.sort(),
    ];
  },
  'its properties are read-only': ({ R }) => {
    const response = new R('x');
    Reflect.set(response, 'status', 500);
    return response.status;
  },
  'it is called with new': ({ R }) => Reflect.apply(R as never, undefined, []),
  'a subclass works': async ({ R }) => {
    class Mine extends R {
      shout = async () => (await this.text()).toUpperCase();
    }
    const mine = new Mine('x', { status: 201 });
    return [
      await mine.shout(),
      mine.status,
      mine instanceof R,
      mine instanceof Mine,
      new R() instanceof Mine,
    ];
  },
});

describe('light Response', () => {
  it('passes for the platform’s, and the platform’s for a light one', () => {
    assert.ok(new LightResponse() instanceof NativeResponse);
    assert.ok(new NativeResponse() instanceof LightResponse);
    assert.ok(!({} instanceof LightResponse));
  });

  it('reads any bytes as the text that the platform reads', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc
        .array(fc.constantFrom(0xef, 0xbb, 0xbf, 0xf0, 0x9f, 0x98, 0x80, 0xc3, 0xed, 0xa0, 0x41, 0xe2), {
          maxLength: 12,
        })
        .map((list) => new Uint8Array(list)),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (source) => {
        assert.equal(await new LightResponse(source).text(), await new NativeResponse(source).text());
      }),
      { numRuns: 500 },
    );
  });

  it('becomes the platform’s own', async () => {
    const response = new LightResponse('hi', {
      status: 201,
      headers: [
        ['set-cookie', 'a'],
        ['set-cookie', 'b'],
      ],
    });
    const native = new NativeResponse(response.body, response as unknown as AnyResponse);
    assert.equal(native.status, 201);
    assert.deepEqual(native.headers.getSetCookie(), ['a', 'b']);
    assert.equal(await native.text(), 'hi');
    assert.equal(response.bodyUsed, true);
  });
});
