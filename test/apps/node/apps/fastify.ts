// A Fastify 5 app with plugins: cookies, forms, uploads, static files; schemas, hooks and errors.

import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import cookie from '@fastify/cookie';
import formbody from '@fastify/formbody';
import multipart from '@fastify/multipart';
import fastifyStatic from '@fastify/static';
import Fastify from 'fastify';
import { sumOf } from './sum.ts';

const app = Fastify({ trustProxy: true, bodyLimit: 100_000, genReqId: () => 'request-1' });

await app.register(cookie, { secret: 'a secret' });
await app.register(formbody);
await app.register(multipart, { limits: { fileSize: 50_000 } });
await app.register(fastifyStatic, {
  root: fileURLToPath(new URL('../public', import.meta.url)),
  prefix: '/files/',
});

app.addHook('onRequest', async (_request, reply) => {
  reply.header('X-Hook', 'on request');
});
app.addHook('onSend', async (_request, reply, payload) => {
  reply.header('X-Sent', typeof payload);
  return payload;
});
app.addContentTypeParser('text/csv', { parseAs: 'string' }, (_request, body, done) => {
  done(null, `${body}`.split(','));
});

app.get('/', async () => ({ hello: 'w\u00f6rld' }));
app.get('/text', (_request, reply) => reply.type('text/plain').send('text'));
app.get('/buffer', async () => Buffer.from([0, 255]));
app.get('/stream', (_request, reply) =>
  reply.type('text/plain').send(Readable.from(['one', 'two', 'three'])),
);
app.get(
  '/stream/web',
  async () => new Response('from the platform', { status: 201, headers: { 'x-web': 'yes' } }),
);
app.get('/stream/error', (_request, reply) =>
  reply.send(
    Readable.from(
      (async function* () {
        yield 'half';
        await new Promise(setImmediate);
        throw new Error('the other half is lost');
      })(),
    ),
  ),
);
app.get('/none', (_request, reply) => reply.code(204).send());
app.get('/null', async () => null);
app.get('/redirect', (_request, reply) => reply.redirect('/text', 303));
app.get('/status', (_request, reply) => reply.code(418).send({ teapot: true }));
app.get('/large', async () => 'x'.repeat(1_000_000));
app.get('/hijack', (_request, reply) => {
  reply.hijack();
  reply.raw.writeHead(203, { 'X-Raw': 'yes' });
  reply.raw.end('past Fastify');
});
app.get('/hints', (_request, reply) => {
  reply.raw.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' });
  reply.send('hinted');
});
app.get('/trailers', (_request, reply) => {
  reply.trailer('x-sum', async () => '42');
  reply.send('with a trailer');
});
app.get('/cookies', (request, reply) => {
  reply.setCookie('plain', 'one', { path: '/' }).setCookie('signed', 'two', { signed: true, httpOnly: true });
  reply.send({ cookies: request.cookies, unsigned: request.unsignCookie(request.cookies['signed'] ?? '') });
});
app.get<{ Params: { id: string } }>('/facts/:id', async (request) => {
  const {
    id,
    ip,
    ips,
    method,
    url,
    originalUrl,
    host,
    hostname,
    port,
    protocol,
    query,
    params,
    is404,
    headers,
  } = request;
  return {
    id,
    ip,
    ips,
    method,
    url,
    originalUrl,
    host,
    hostname,
    port,
    protocol,
    query,
    params,
    is404,
    headers,
  };
});

app.post<{ Body: { a: number; b: number } }>(
  '/sum',
  {
    schema: {
      body: {
        type: 'object',
        required: ['a', 'b'],
        properties: { a: { type: 'number' }, b: { type: 'number' } },
      },
      response: { 200: { type: 'object', properties: { sum: { type: 'number' } } } },
    },
  },
  async ({ body }) => ({ sum: sumOf(body.a, body.b), dropped: true }),
);
app.post('/body', async (request) => ({ body: request.body ?? null }));
app.post('/upload', async (request) => {
  const file = await request.file();
  if (file === undefined) return { file: null };
  const { fieldname, filename, mimetype } = file;
  return { fieldname, filename, mimetype, size: (await file.toBuffer()).length };
});
app.route({
  method: ['PUT', 'PATCH', 'DELETE'],
  url: '/changed',
  handler: async (request) => request.method,
});

app.get('/throw', async () => {
  throw new Error('thrown');
});
app.get('/throw/sync', () => {
  throw Object.assign(new Error('at once'), { statusCode: 409, code: 'E_TWICE' });
});
app.register(
  async (scoped) => {
    scoped.setErrorHandler((error: Error, _request, reply) => {
      void reply.code(502).send({ scoped: error.message });
    });
    scoped.setNotFoundHandler((_request, reply) => void reply.code(404).send('not in here'));
    scoped.get('/throw', async () => {
      throw new Error('inside');
    });
  },
  { prefix: '/scoped' },
);

export async function start() {
  await app.listen({ port: 0, host: '127.0.0.1' });
  return app.server;
}
