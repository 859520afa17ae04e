// Every kind of body of a light Response, read in every way, beside the platform's.

import { LightHeaders } from '../../../src/app/fetch/headers.ts';
import { NativeHeaders, NativeResponse } from '../../../src/app/fetch/native.ts';
import { LightResponse } from '../../../src/app/fetch/response.ts';
import { outcomeOf, sameOutcomes } from './outcome.ts';

interface Kit {
  readonly R: typeof NativeResponse;
  readonly H: typeof NativeHeaders;
}
type AnyResponse = InstanceType<typeof NativeResponse>;
type Body = ConstructorParameters<typeof NativeResponse>[0];

const platform: Kit = { R: NativeResponse, H: NativeHeaders };
const light = { R: LightResponse, H: LightHeaders } as unknown as Kit;
const wrong = (value: unknown) => value as never;

function streamOf(...chunks: unknown[]): ReadableStream {
  return ReadableStream.from(chunks.map((chunk) => (typeof chunk === 'string' ? Buffer.from(chunk) : chunk)));
}

const ELSEWHERE = new Uint8Array([9, 104, 105, 9]);

/** Every kind of body, made afresh. */
const BODIES: Record<string, () => Body> = {
  nothing: () => wrong(undefined),
  null: () => null,
  'an empty string': () => '',
  'a string': () => 'hi ✓ 👋',
  'a string with a byte order mark': () => '\ufeffhi',
  'a string with a lone surrogate': () => 'a\ud800b',
  'a number': () => wrong(5),
  'a boolean': () => wrong(false),
  'an object': () => wrong({}),
  'a response': () => wrong(new NativeResponse('x')),
  bytes: () => new Uint8Array([104, 105]),
  'bytes that are not UTF-8': () => new Uint8Array([0xef, 0xbb, 0xbf, 104, 0xff, 0xc3]),
  'no bytes': () => new Uint8Array(0),
  'a view of some bytes': () => ELSEWHERE.subarray(1, 3),
  'a Buffer': () => Buffer.from('hi'),
  'a DataView': () => new DataView(ELSEWHERE.buffer, 1, 2),
  'an ArrayBuffer': () => new Uint8Array([104, 105]).buffer,
  'shared memory': () => wrong(new Uint8Array(new SharedArrayBuffer(2))),
  'a blob': () => new Blob(['hi'], { type: 'Text/X' }),
  'a blob without a type': () => new Blob(['hi']),
  'an empty blob': () => new Blob([]),
  'search parameters': () => new URLSearchParams({ a: '1 2', b: 'é' }),
  'a stream': () => streamOf('h', 'i'),
  'an empty stream': () => streamOf(),
  'a stream of strings': () => ReadableStream.from(['h', 'i']) as ReadableStream,
  'a stream that fails': () =>
    new ReadableStream({
      pull(controller) {
        controller.error(new RangeError('broken'));
      },
    }),
  'an async generator': () =>
    wrong(
      (async function* () {
        yield Buffer.from('h');
        yield Buffer.from('i');
      })(),
    ),
  JSON: () => '{"a":[1,2,{"b":"c"}]}',
};

const READERS: Record<string, (response: AnyResponse) => unknown> = {
  text: (response) => response.text(),
  json: (response) => response.json(),
  bytes: (response) => response.bytes(),
  arrayBuffer: (response) => response.arrayBuffer(),
  blob: (response) => response.blob(),
  formData: (response) => response.formData(),
  body: (response) => response.body,
  bodyUsed: (response) => response.bodyUsed,
  headers: (response) => [...response.headers],
  'body, then text': (response) => [response.body === null, response.bodyUsed, response.text()],
  'text, then what is left': async (response) => {
    const first = await outcomeOf(() => response.text());
    const { body, bodyUsed } = response;
    return [
      first,
      bodyUsed,
      body?.locked,
      await outcomeOf(() => response.text()),
      await outcomeOf(() => response.clone().status),
    ];
  },
  'bytes twice': async (response) => [
    await outcomeOf(() => response.bytes()),
    await outcomeOf(() => response.bytes()),
  ],
  'text, while it is read': async (response) => {
    const first = outcomeOf(() => response.text());
    return [response.bodyUsed, await outcomeOf(() => response.json()), await first];
  },
  'the stream by hand': async (response) => {
    if (response.body === null) return null;
    const chunks: number[] = [];
    for await (const chunk of response.body) chunks.push(...chunk);
    return [chunks, response.bodyUsed, await outcomeOf(() => response.text())];
  },
  'a locked stream': async (response) => {
    response.body?.getReader();
    return [
      response.bodyUsed,
      await outcomeOf(() => response.text()),
      await outcomeOf(() => response.clone().status),
    ];
  },
  'a cancelled stream': async (response) => {
    await response.body?.cancel();
    return [response.bodyUsed, await outcomeOf(() => response.bytes())];
  },
  'a clone and the original': async (response) => {
    const copy = response.clone();
    copy.headers.set('x-copy', '1');
    const headers = [[...copy.headers], [...response.headers]];
    return [
      headers,
      await outcomeOf(() => copy.bytes()),
      response.bodyUsed,
      await outcomeOf(() => response.bytes()),
    ];
  },
  'a clone of a clone, as text': async (response) => {
    const copy = response.clone().clone();
    return [await outcomeOf(() => copy.text()), await outcomeOf(() => response.text()), copy.bodyUsed];
  },
  'a clone after the body was looked at': async (response) => {
    const before = response.body;
    const copy = response.clone();
    return [
      before?.locked,
      response.bodyUsed,
      await outcomeOf(() => copy.text()),
      await outcomeOf(() => response.text()),
    ];
  },
  'a response made of it': (response) => {
    const { R } =
      response instanceof NativeResponse && response.constructor === NativeResponse ? platform : light;
    const copy = new R(response.body, response);
    return [copy.status, copy.statusText, [...copy.headers], outcomeOf(() => copy.text())];
  },
  'the text as a stream': async (response) => {
    const pieces: string[] = [];
    const { textStream } = response as unknown as { textStream(): AsyncIterable<string> };
    for await (const piece of Reflect.apply(textStream, response, [])) pieces.push(piece);
    return [pieces.join(''), response.bodyUsed];
  },
};

for (const [kind, body] of Object.entries(BODIES)) {
  const operations = Object.entries(READERS).map(([name, read]) => [
    name,
    ({ R }: Kit) => read(new R(body())),
  ]);
  sameOutcomes<Kit>(`Response of ${kind}`, platform, light, Object.fromEntries(operations));
}
