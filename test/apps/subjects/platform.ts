// A bare function that uses the platform as apps without a framework do: every kind of body both ways, clones, wrappers,
// classes taken when the module is loaded, and everything a handler can do wrong.

import { createHash } from 'node:crypto';
import type { RequestInfo } from '../../../src/app/index.ts';

/** Taken when the module is loaded, as libraries do. */
const EarlyResponse = Response;
class Page extends Response {
  constructor(text: string) {
    super(`<p>${text}</p>`, { headers: { 'content-type': 'text/html' } });
  }
}
class Api extends Request {
  get kind(): string {
    return `api ${this.method}`;
  }
}

type Handler = (request: Request, url: URL, info: RequestInfo) => unknown;

const encoder = new TextEncoder();
const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');

function streamOf(...pieces: string[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    pull(controller) {
      const piece = pieces.shift();
      if (piece === undefined) controller.close();
      else controller.enqueue(encoder.encode(piece));
    },
  });
}

async function* words(): AsyncGenerator<Uint8Array> {
  for (const word of ['async ', 'iterable']) yield encoder.encode(word);
}

const routes: Record<string, Handler> = {
  // What a request says of itself.
  '/is': (request) =>
    Response.json({
      instance: request instanceof Request,
      tag: Object.prototype.toString.call(request),
      name: request.constructor.name,
      bodyUsed: request.bodyUsed,
      hasBody: request.body !== null,
      aborted: request.signal.aborted,
      redirect: request.redirect,
      mode: request.mode,
      destination: request.destination,
      keys: 'headers' in request,
    }),
  '/headers': (request) => {
    const own = new Headers(request.headers);
    own.delete('host');
    request.headers.set('x-added', 'yes');
    return Response.json([
      [...own],
      request.headers.get('x-added'),
      [...new Set(request.headers.keys())].length,
    ]);
  },
  '/url': (_request, url) => new Response(url.href),

  // Bodies that come.
  '/text': async (request) => new Response(await request.text()),
  '/json': async (request) => Response.json(await request.json()),
  '/bytes': async (request) => new Response(sha256(await request.bytes())),
  '/buffer': async (request) => new Response(sha256(new Uint8Array(await request.arrayBuffer()))),
  '/blob': async (request) => {
    const blob = await request.blob();
    return Response.json([blob.type, blob.size, await blob.slice(0, 4).text()]);
  },
  '/form': async (request) => {
    const copy = request.clone();
    const form = await request.formData();
    return Response.json([[...form.keys()], (await copy.text()).length, form.get('file') instanceof File]);
  },
  '/pieces': async (request) => {
    const hash = createHash('sha256');
    let size = 0;
    for await (const piece of request.body ?? []) {
      hash.update(piece);
      size += piece.length;
    }
    return Response.json([size, hash.digest('hex'), request.bodyUsed]);
  },
  '/decoded': (request) =>
    new Response(request.body?.pipeThrough(new TextDecoderStream()).pipeThrough(new TextEncoderStream())),
  '/gunzip': (request) => new Response(request.body?.pipeThrough(new DecompressionStream('gzip'))),
  '/tee': async (request) => {
    const [left, right] = request.body!.tee();
    const [a, b] = await Promise.all([new Response(left).text(), new Response(right).text()]);
    return new Response(`${a === b} ${a.length}`);
  },
  '/twice': async (request) => {
    const first = await request.text();
    return request.text().then(
      () => new Response('read twice'),
      (error: Error) => new Response(`${first.length} ${error.name}`),
    );
  },
  '/partly': async (request) => {
    const reader = request.body!.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    return new Response(`${value !== undefined && value.length > 0}`);
  },

  // Requests made of requests.
  '/wrapped': async (request) => {
    const wrapped = new Request('http://inner.example/x', request);
    return Response.json([wrapped.url, wrapped.method, await wrapped.text(), request.bodyUsed]);
  },
  '/changed': async (request) => {
    const changed = new Request(request, { method: 'PUT', headers: { 'x-own': '1' }, body: 'other' });
    return Response.json([
      changed.method,
      [...changed.headers],
      await changed.text(),
      changed instanceof Request,
    ]);
  },
  '/sub': async (request) => {
    const api = new Api(request);
    return new Response(`${api.kind} ${api instanceof Request} ${await api.text()}`);
  },

  // Answers.
  '/early': () => new EarlyResponse('early', { status: 201, headers: [['x-early', '1']] }),
  '/page': () => new Page('a page'),
  '/stream': () => new Response(streamOf('one ', 'two ', 'three')),
  '/iterable': () => new Response(words() as unknown as ReadableStream),
  '/blob-out': () => new Response(new File(['a ', 'file'], 'a.txt', { type: 'text/x-file' })),
  '/params': () => new Response(new URLSearchParams({ a: '1', b: 'ä' })),
  '/binary': () => new Response(new Uint8Array([0, 1, 254, 255]).subarray(1, 3)),
  '/view': () => new Response(new DataView(new ArrayBuffer(4), 1, 2)),
  '/string': () => new Response('ä\u{1f426}\ud800'),
  '/json-out': () => Response.json({ a: undefined, b: [1, null] }, { status: 202, headers: { 'x-a': '1' } }),
  '/redirect': (_request, url) => Response.redirect(new URL('/elsewhere?ä', url), 303),
  '/cookies': () => {
    const headers = new Headers({ 'set-cookie': 'a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT' });
    headers.append('Set-Cookie', 'b=2');
    const response = new Response(null, { headers });
    response.headers.append('set-cookie', 'c=3');
    return response;
  },
  '/clone': async () => {
    const response = new Response('cloned', { headers: { 'x-a': '1' } });
    const copy = response.clone();
    return new Response(`${await response.text()} ${await copy.text()}`, copy);
  },
  '/rewrapped': () => {
    const response = new Response(streamOf('re', 'wrapped'), { status: 203, statusText: 'Sort Of' });
    return new Response(response.body, response);
  },
  '/204': () => new Response(null, { status: 204 }),
  '/205': () => new Response(null, { status: 205 }),
  '/304': () => new Response(null, { status: 304, headers: { etag: '"a"', 'content-type': 'text/plain' } }),
  '/599': () => new Response('odd', { status: 599 }),
  '/empty': () => new Response(''),
  '/null': () => new Response(null),
  '/promise': () => Promise.resolve(new Response('promised')),
  '/thenable': () => ({
    // biome-ignore lint/suspicious/noThenProperty: the point of it
    then: (resolve: (response: Response) => void) => resolve(new Response('thenable')),
  }),
  '/unusual': () =>
    new Response('unusual', {
      headers: [
        ['X-Latin', 'caf\xe9'],
        ["x-!#$%&'*+-.^_`|~", 'odd'],
        ['x-empty', ''],
        ['x-many', '1'],
        ['X-Many', '2'],
        ['x-long', 'y'.repeat(10_000)],
      ],
    }),
  '/large': () => new Response(new Uint8Array(8_000_000).fill(0x61)),
  '/large-stream': () =>
    new Response(streamOf(...Array.from({ length: 40 }, (_, i) => `${i % 10}`.repeat(200_000)))),

  // Mistakes.
  '/throws': () => {
    throw new Error('a secret');
  },
  '/throws-text': () => {
    throw 'a secret';
  },
  '/rejects': () => Promise.reject(new Error('a secret')),
  '/nothing': () => undefined,
  '/object': () => ({ status: 200 }),
  '/error-response': () => Response.error(),
  '/read-already': async () => {
    const response = new Response('read');
    await response.text();
    return response;
  },
  '/bad-status': () => new Response('', { status: 99 }),
  '/bad-header': () => new Response('', { headers: { 'x-a': 'a\r\nx-injected: 1' } }),
  '/bad-body': () => new Response('body', { status: 204 }),
};

export default function fetch(request: Request, info: RequestInfo): Response {
  const url = new URL(request.url);
  const handler = routes[url.pathname];
  // What a mistake returns is a part of the test.
  return (handler?.(request, url, info) ??
    (handler ? undefined : new Response('', { status: 404 }))) as Response;
}
