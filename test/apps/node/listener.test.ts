// A plain request listener: requests and answers as node:http promises them, over the wire and through the API.

import assert from 'node:assert/strict';
import type { Answer } from './answer.ts';
import { closing, get, head, post } from './ask.ts';
import { twins } from './twins.ts';

const { same, alike } = await twins(['listener.cjs']);
const APP = 'listener.cjs';

// What a request is.

same(
  APP,
  'a request tells its method, URL, version and headers',
  get('/facts?a=%20b&c=1', {
    'X-Mixed-Case': ' padded ',
    Cookie: ['a=1', 'b=2'],
    'X-Twice': ['1', '2'],
    'Content-Type': ['text/plain', 'text/html'],
    'Set-Cookie': ['c=3', 'd=4'],
    'X-Empty': '',
    'X-Latin': 'caf\u00e9',
    Referer: ['http://a.example/', 'http://b.example/'],
  }),
  200,
);
for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND', 'SEARCH', 'QUERY', 'M-SEARCH']) {
  same(APP, `${method} reaches the listener`, { method, path: '/facts' }, 200);
}
same(
  APP,
  'targets arrive as they were sent',
  [
    get('/facts?'),
    get('//facts'),
    get('/a/../facts'),
    get('/facts?q=a|b"c'),
    get('http://other.example/facts'),
    { method: 'OPTIONS', path: '*' },
  ],
  (...answers) => assert.equal(answers.length, 6),
);
same(APP, 'a request knows its socket', get('/facts/socket'), 200);
same(APP, 'request, response and socket are instances of Node’s classes', get('/facts/instances'), 200);

// Reading a body.

const LARGE = 'abcdefghij'.repeat(100_000);
for (const path of [
  '/echo',
  '/hash',
  '/text',
  '/encoding',
  '/iterate',
  '/readable',
  '/paused',
  '/unread/dumped',
]) {
  same(
    APP,
    `${path} reads a body of any length and framing`,
    [
      post(path, 'small'),
      post(path, ''),
      get(path),
      post(path, ['in ', 'chunks', ', \u{1f426}']),
      post(path, LARGE),
      post(path, [LARGE, 'x', LARGE]),
    ],
    [200, 200, 200, 200, 200, 200],
  );
}
same(APP, 'an echo keeps type and length', post('/echo/typed', 'text', { 'Content-Type': 'text/x' }), 200);
same(
  APP,
  'JSON is read, and its errors are the app’s',
  [post('/json', '{"a":1}'), post('/json', '{"a"'), post('/json', '')],
  [200, 400, 400],
);
same(
  APP,
  'trailers come behind the body',
  {
    ...post('/trailers/in', ['a', 'b'], { Trailer: 'X-Sum' }),
    trailers: {
      'X-Sum': '1',
      'X-Twice': ['2', '3'],
    },
  },
  200,
);
same(
  APP,
  'a body that nobody read is skipped, and the connection stays',
  [post('/unread', 'skipped'), post('/unread', ['skipped', 'too']), get('/')],
  [200, 200, 200],
);
same(
  APP,
  'an upload is refused before it has come',
  // It never comes: Node invites the body before it asks the program, and resets who sends it then.
  {
    method: 'POST',
    path: '/unread/refused',
    headers: { Expect: '100-continue', 'Content-Length': `${LARGE.length}` },
  },
  413,
  { interim: 'free', ending: 'free' },
);

// Expectations.

same(
  APP,
  'a client that asks is told to continue',
  [
    { ...post('/text', 'please', { Expect: '100-continue' }), waits: true },
    { ...post('/text', ['in ', 'chunks'], { Expect: '100-Continue' }), waits: true },
  ],
  (first) => assert.equal(first.interim.length, 1),
);
same(
  APP,
  'a client that asks and does not wait for it is answered',
  post('/text', 'now', { Expect: '100-continue' }),
  200,
  // It need not be told any more (RFC 9110, section 10.1.1).
  { interim: 'free' },
);
alike(
  APP,
  'an expectation that nobody knows is refused',
  async ({ ask }) => {
    const [answer] = await ask(closing(post('/text', 'x', { Expect: 'miracles' })));
    // In the server's own words.
    return answer!.statusLine;
  },
  (statusLine: string) => assert.equal(statusLine, 'HTTP/1.1 417 Expectation Failed'),
);

// Writing an answer.

/** Interim answers must not be sent to HTTP/1.0 (RFC 9110, section 15.2); Node does. */
const old = { interim: 'free' } as const;

for (const path of [
  '/',
  '/late',
  '/empty',
  '/length',
  '/chunks',
  '/chunks/apart',
  '/chunks/corked',
  '/chunks/encodings',
  '/stream',
  '/gzip',
  '/gzip/stream',
  '/flush',
  '/flush/length',
  '/trailers/out',
  '/headers/order',
  '/headers/read',
  '/headers/cookies',
  '/headers/object',
  '/headers/array',
  '/headers/chain',
  '/headers/latin',
  '/headers/none',
  '/headers/date',
  '/headers/close',
  '/headers/keep-alive',
  '/headers/chunked',
  '/headers/identity',
  '/headers/upgrade',
  '/keepalive/off',
  '/status/304',
  '/status/304/length',
  '/status/204/length',
  '/interim',
  '/interim/callback',
  '/missing',
]) {
  same(APP, `GET ${path} twice over one connection`, [get(path), get(path)], (first) => assert.ok(first));
  same(APP, `HEAD ${path}, and then a GET`, [head(path), get(path)], (first) =>
    assert.equal(first.body.length, 0),
  );
  same(
    APP,
    `GET ${path} from a client of HTTP/1.0`,
    { path, version: '1.0' },
    (answer) => assert.ok(answer),
    old,
  );
  same(
    APP,
    `GET ${path} from a client of HTTP/1.0 that would stay`,
    { path, version: '1.0', headers: { Connection: 'keep-alive' } },
    (answer) => assert.ok(answer),
    old,
  );
  same(APP, `GET ${path} from a client that leaves`, closing(get(path)), (answer) => assert.ok(answer));
}
same(
  APP,
  'every status has its name, or the app’s, and a body where it may',
  [
    '200',
    '200,Fine',
    '201',
    '204',
    '205',
    '299',
    '304',
    '404',
    '404,Gone%20Fishing',
    '418',
    '451',
    '500',
    '599,Odd',
    '999',
  ].map((code) => get(`/status?${code}`)),
  [200, 200, 201, 204, 205, 299, 304, 404, 404, 418, 451, 500, 599, 999],
);
for (const size of [1000, 70_000, 3_000_000]) {
  same(
    APP,
    `an answer of ${size} bytes arrives whole`,
    [get(`/large?size=${size}`), get(`/large/stream?size=${size}`)],
    [200, 200],
  );
}

// Several requests.

same(
  APP,
  'pipelined requests are answered in order, however long each takes',
  {
    pipelined: [
      get('/late'),
      get('/'),
      post('/text', 'body'),
      get('/chunks/apart'),
      head('/length'),
      get('/large?size=100000'),
      get('/'),
    ],
  },
  [200, 200, 200, 200, 200, 200, 200],
);
same(APP, 'empty lines before a request are skipped', [get('/')], 200);
alike(
  APP,
  'contexts do not mix, whoever else is served at the same time',
  async ({ open, ask }) => {
    const clients = await Promise.all([open(), open(), open()]);
    const answers = await Promise.all(
      clients.map((client, i) => client.ask(post('/context', LARGE, { 'X-Visitor': `v${i}` }))),
    );
    return [...answers, ...(await ask(...[0, 1, 2].map((i) => get(`/journal/context-v${i}/`))))];
  },
  (answers: Answer[]) =>
    assert.deepEqual(
      answers.map(({ body }) => `${body}`),
      ['v0', 'v1', 'v2', 'v0', 'v1', 'v2'],
    ),
);
