// Koa, Fastify, Nest, Connect and Polka, each as its own documentation starts it. Hono and others of fetch handlers are in
// adapters.test.ts.

import assert from 'node:assert/strict';
import { statusOf } from './answer.ts';
import { closing, get, head, post, postForm, postJson } from './ask.ts';
import { askingsOf, CORS, upload } from './askings.ts';
import { twins } from './twins.ts';

const apps = await twins(['koa.mjs', 'fastify.ts', 'nest.mjs', 'connect.cjs', 'polka.cjs']);
const { same } = apps;
const { everyWay, revalidates } = askingsOf(apps);

const TEXT = { 'Content-Type': 'text/plain' };

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
