// Frameworks of fetch handlers on node:http, through the adapters of their own: Hono, h3 and React Router.

import assert from 'node:assert/strict';
import { fieldOf, statusOf } from './answer.ts';
import { get, post, postForm, postJson } from './ask.ts';
import { askingsOf, CORS, statuses, upload } from './askings.ts';
import { twins } from './twins.ts';

const apps = await twins(['hono.ts', 'h3.ts', 'react-router.mjs']);
const { same, alike } = apps;
const { everyWay, revalidates } = askingsOf(apps);

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
