// Koa, Fastify, Nest, Connect, Polka, Hono, h3 and React Router, each as its own documentation starts it.

import assert from 'node:assert/strict';
import { multipart } from '../multipart.ts';
import { type Answer, fieldOf, statusOf } from './answer.ts';
import { type Ask, closing, get, head, post, postForm, postJson } from './ask.ts';
import { twins } from './twins.ts';

const { same, alike } = await twins([
  'koa.mjs',
  'fastify.ts',
  'nest.mjs',
  'connect.cjs',
  'polka.cjs',
  'hono.ts',
  'h3.ts',
  'react-router.mjs',
]);

const TEXT = { 'Content-Type': 'text/plain' };
const CORS = { Origin: 'https://friend.example', 'Access-Control-Request-Method': 'PUT' };

/** Each path by GET and HEAD over one connection, and from a client of HTTP/1.0. */
function everyWay(app: string, paths: readonly string[]): void {
  for (const path of paths) {
    const asks = [get(path), head(path), { path, version: '1.0' }] as const;
    same(app, `GET and HEAD ${path}, and from HTTP/1.0`, asks, (first) => assert.ok(first));
  }
}
function upload(path: string, size: number, field = 'file'): Ask {
  const part = { name: field, filename: 'a.txt', type: 'text/plain', body: 'x'.repeat(size) };
  const { type, body } = multipart([{ name: 'title', body: 'A title' }, part]);
  return post(path, body, { 'Content-Type': type });
}
const statuses = (expected: string) => (answers: Answer[]) =>
  assert.equal(answers.map(statusOf).join(' '), expected);

/** The first answer's validators, sent back. */
function revalidates(app: string, path: string): void {
  alike(
    app,
    `${path} is not sent to who has it`,
    async ({ ask }) => {
      const [first] = await ask(get(path));
      const etag = fieldOf(first!, 'etag');
      const modified = fieldOf(first!, 'last-modified');
      return [
        first,
        ...(await ask(
          get(path, etag === undefined ? {} : { 'If-None-Match': etag }),
          head(path, modified === undefined ? {} : { 'If-Modified-Since': modified }),
          get(path, { 'If-None-Match': '"other"' }),
          get(path, { Range: 'bytes=2-6' }),
        )),
      ];
    },
    (answers: Answer[]) => assert.equal(statusOf(answers[0]!), 200),
  );
}

// Koa.

everyWay('koa.mjs', [
  '/',
  '/object',
  '/html',
  '/buffer',
  '/stream',
  '/web',
  '/blob',
  '/null',
  '/empty',
  '/status',
  '/redirect',
  '/cookies',
  '/fresh',
  '/accepts',
  '/facts?a=1&a=2',
  '/users/%C3%BC',
  '/throw',
  '/throw/exposed',
  '/api/throw',
  '/node',
  '/nothing',
  '/style.css',
  '/sub/',
  '/sub',
  '/.secret',
]);
same(
  'koa.mjs',
  'a request is seen alike behind a proxy and on conditions',
  [
    get('/facts', {
      'X-Forwarded-For': '203.0.113.9, 198.51.100.7',
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Host': 'public.example',
    }),
    get('/facts', { Host: 'a.b.example.org:8080' }),
    get('/fresh', { 'If-None-Match': '"one"' }),
    get('/accepts', { Accept: 'text/html' }),
    get('/accepts', { Accept: 'image/png' }),
    get('/cookies', { Cookie: 'a=1; b=2' }),
    { method: 'OPTIONS', path: '/body' },
    { method: 'DELETE', path: '/body' },
    { method: 'LINK', path: '/body' },
  ],
  (...answers) => assert.equal(answers.map(statusOf).join(' '), '200 200 304 200 200 200 200 405 501'),
);
same(
  'koa.mjs',
  'bodies: JSON, forms, text, broken, too large',
  [
    postJson('/body', { a: 1 }),
    postForm('/body', { a: '1', b: 'ü' }),
    post('/body', 'text', TEXT),
    post('/body', ['{"a":', '1}'], { 'Content-Type': 'application/json' }),
    post('/body', '{', { 'Content-Type': 'application/json' }),
    postJson('/body', 'x'.repeat(20_000)),
    post('/raw/echo', Buffer.alloc(50_000, 'raw'), { 'Content-Type': 'image/png' }),
  ],
  [200, 200, 200, 200, 400, 413, 200],
);
same('koa.mjs', 'a stream that fails is cut', get('/throw/stream'), (answer) =>
  assert.equal(answer.framing, 'cut'),
);

// Fastify.

everyWay('fastify.ts', [
  '/',
  '/text',
  '/buffer',
  '/stream',
  '/stream/web',
  '/none',
  '/null',
  '/redirect',
  '/status',
  '/large',
  '/hijack',
  '/trailers',
  '/cookies',
  '/facts/7?a=1&a=2',
  '/throw',
  '/throw/sync',
  '/scoped/throw',
  '/scoped/nothing',
  '/nothing',
  '/files/style.css',
  '/files/',
  '/files/sub',
  '/files/.secret',
]);
same('fastify.ts', 'early hints come before the answer', [get('/hints'), head('/hints')], [200, 200]);
same('fastify.ts', 'a stream that fails is cut', get('/stream/error'), (answer) =>
  assert.equal(answer.framing, 'cut'),
);
same(
  'fastify.ts',
  'bodies are parsed, and checked by their schema',
  [
    postJson('/sum', { a: 1, b: 2 }),
    postJson('/sum', { a: 'one' }),
    postJson('/sum', { a: '3', b: 4 }),
    post('/body', 'a,b', { 'Content-Type': 'text/csv' }),
    post('/body', 'text', TEXT),
    postForm('/body', { a: '1' }),
    post('/body', '<x/>', { 'Content-Type': 'application/xml' }),
    post('/body', ['{"in":', '"chunks"}'], { 'Content-Type': 'application/json' }),
    { ...postJson('/body', 'waited', { Expect: '100-continue' }), waits: true },
    { method: 'PATCH', path: '/changed' },
    { method: 'POST', path: '/changed' },
    { method: 'PROPFIND', path: '/' },
  ],
  (...answers) =>
    assert.equal(answers.map(statusOf).join(' '), '200 400 200 200 200 200 415 200 200 200 404 404'),
);
for (const body of ['', '{']) {
  same(
    'fastify.ts',
    `JSON that is ${body === '' ? 'empty' : 'broken'}`,
    post('/sum', body, { 'Content-Type': 'application/json' }),
    400,
  );
}
same('fastify.ts', 'a body over the limit is refused', closing(postJson('/body', 'x'.repeat(150_000))), 413);
same(
  'fastify.ts',
  'uploads',
  [upload('/upload', 1000), upload('/upload', 40_000), upload('/upload', 60_000), post('/upload', '')],
  [200, 200, 413, 406],
);
same(
  'fastify.ts',
  'a request is seen alike behind a proxy',
  [
    get('/facts/%C3%BC', {
      'X-Forwarded-For': '203.0.113.9',
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Host': 'public.example:99',
    }),
    get('/facts/a%2Fb', { Host: 'other.example:8080' }),
    get('/facts/%'),
    get('/cookies', { Cookie: 'a=1; signed=two.forged' }),
  ],
  [200, 200, 400, 200],
);
revalidates('fastify.ts', '/files/long.txt');

// Nest.

everyWay('nest.mjs', [
  '/api/cats',
  '/api/cats?limit=3',
  '/api/cats/1',
  '/api/cats/2',
  '/api/cats/x',
  '/api/cats/text',
  '/api/cats/moved',
  '/api/cats/file',
  '/api/cats/raw',
  '/api/cats/crash',
  '/api/cats/wrapped',
  '/api/nothing',
]);
same('nest.mjs', 'events that the server sends', get('/api/cats/events'), 200);
same(
  'nest.mjs',
  'bodies, validation, uploads, cors',
  [
    postJson('/api/cats', { name: 'Kit' }),
    postJson('/api/cats', { name: 1 }),
    post('/api/cats', '{', { 'Content-Type': 'application/json' }),
    postForm('/api/cats', { name: 'Formed' }),
    postJson('/api/cats', 'x'.repeat(200_000)),
    upload('/api/cats/upload', 100),
    upload('/api/cats/upload', 100, 'other'),
    { method: 'DELETE', path: '/api/cats/1' },
    { method: 'OPTIONS', path: '/api/cats', headers: CORS },
    get('/api/cats', { Origin: 'https://friend.example' }),
  ],
  (...answers) => assert.equal(answers.map(statusOf).join(' '), '201 400 400 201 413 201 400 204 204 200'),
);

// Connect.

everyWay('connect.cjs', [
  '/',
  '/hello/there?x',
  '/body',
  '/skip',
  '/error',
  '/throw',
  '/handled',
  '/style.css',
  '/sub',
  '/.secret',
  '/nothing',
]);
same(
  'connect.cjs',
  'bodies, and files compressed',
  [
    postJson('/body', { a: 1 }),
    post('/body', '{', { 'Content-Type': 'application/json' }),
    get('/long.txt', { 'Accept-Encoding': 'gzip' }),
    head('/long.txt', { 'Accept-Encoding': 'gzip' }),
    get('/style.css', { 'Accept-Encoding': 'gzip' }),
  ],
  [200, 400, 200, 200, 200],
);
revalidates('connect.cjs', '/long.txt');

// Polka.

everyWay('polka.cjs', [
  '/',
  '/users/7?a=1',
  '/async',
  '/error',
  '/nothing',
  '/chain/1',
  '/chain/0',
  '/files/style.css',
  '/files/',
  '/files/sub',
  '/files/nothing',
]);
same(
  'polka.cjs',
  'an echo',
  [post('/echo', 'text'), post('/echo', ['in', 'chunks']), post('/echo', '')],
  [200, 200, 200],
);
revalidates('polka.cjs', '/files/long.txt');

// Hono.

everyWay('hono.ts', [
  '/',
  '/url?x=%20',
  '/users/7?tag=a&tag=b',
  '/headers',
  '/cookies',
  '/redirect',
  '/moved',
  '/empty',
  '/not-modified',
  '/reason',
  '/many',
  '/blob',
  '/stream',
  '/sse',
  '/large',
  '/error',
  '/denied',
  '/nothing',
  '/etag/text',
  '/compressed/short',
  '/secure/page',
  '/private/page',
  '/pretty?pretty',
  '/node/info',
  '/node/raw',
  '/node/files/style.css',
  '/node/files/sub/',
  '/node/files/nothing',
]);
same(
  'hono.ts',
  'bodies: JSON, forms, uploads, too large, broken',
  [
    postJson('/json', { a: 1 }),
    postForm('/form', { a: '1' }),
    upload('/upload', 30_000),
    post('/twice', 'again'),
    post('/limited', 'short'),
    post('/limited', 'far too long for that'),
    post('/limited', ['far too ', 'long for that']),
    post('/json', '{', { 'Content-Type': 'application/json' }),
  ],
  (...answers) => assert.equal(answers.map(statusOf).join(' '), '201 200 200 200 200 413 413 500'),
);
same('hono.ts', 'compressed', [get('/compressed/long', { 'Accept-Encoding': 'gzip' })], 200);
revalidates('hono.ts', '/node/files/long.txt');

// h3.

everyWay('h3.ts', [
  '/',
  '/users/7?a=1',
  '/mounted/hello',
  // Without a Host it is made of the address that the client has connected to, and that has each side's port.
  '/nothing',
  '/cookies',
  '/redirect',
  '/empty',
  '/null',
  '/html',
  '/status',
  '/bytes',
  '/blob',
  '/stream',
  '/sse',
  '/stamped',
  '/static/a.txt',
  '/error',
  '/denied',
  '/teapot',
]);
same(
  'h3.ts',
  'bodies: JSON, forms, bytes, an echo, cors',
  [
    postJson('/json', { a: 1 }),
    post('/json', '{"a"', { 'Content-Type': 'application/json' }),
    postForm('/form', { a: '1', b: '2' }),
    post('/size', Buffer.alloc(200_000)),
    post('/echo', ['in', 'chunks']),
    { method: 'OPTIONS', path: '/cors/data', headers: CORS },
    { method: 'PATCH', path: '/' },
  ],
  (...answers) => assert.equal(answers.length, 7),
);

// React Router.

everyWay('react-router.mjs', [
  '/',
  '/?x=1',
  '/birds/siskin',
  '/birds/dodo',
  '/birds/phoenix',
  '/birds/swallow',
  '/feed.xml',
  '/nothing',
  '/assets/style.css',
  '/birds/siskin.data',
]);
alike(
  'react-router.mjs',
  'forms go to actions, and a signed cookie comes back',
  async ({ ask }) => {
    const answers = await ask(
      postForm('/birds/siskin', { name: '' }, { Origin: 'http://app.example' }),
      postForm('/birds/siskin', { name: 'finch' }, { Origin: 'http://app.example' }),
    );
    const cookie = fieldOf(answers[1]!, 'set-cookie')!.split(';')[0]!;
    return [...answers, ...(await ask(get('/', { Cookie: cookie }), get('/', { Cookie: `${cookie}x` })))];
  },
  statuses('422 302 200 200'),
);
