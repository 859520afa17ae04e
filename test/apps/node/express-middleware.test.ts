// The middleware that most Express apps have.

import assert from 'node:assert/strict';
import { multipart } from '../multipart.ts';
import { type Answer, fieldOf } from './answer.ts';
import { type Ask, get, head, post, postForm, postJson } from './ask.ts';
import { twins } from './twins.ts';

const APP = 'middleware.cjs';
const { same, alike } = await twins([APP]);

same(APP, 'helmet’s headers', [get('/helmet'), get('/helmet-strict'), head('/helmet')], [200, 200, 200]);
const preflight = (path: string, origin: string, method = 'PUT'): Ask => ({
  method: 'OPTIONS',
  path,
  headers: {
    Origin: origin,
    'Access-Control-Request-Method': method,
    'Access-Control-Request-Headers': 'X-A, X-B',
  },
});
same(
  APP,
  'cors: simple requests and preflights, from friends and strangers',
  [
    get('/cors', { Origin: 'https://any.example' }),
    preflight('/cors', 'https://any.example'),
    get('/cors-strict', { Origin: 'https://friend.example' }),
    get('/cors-strict', { Origin: 'https://a.trusted.example' }),
    get('/cors-strict', { Origin: 'https://stranger.example' }),
    preflight('/cors-strict', 'https://friend.example'),
    preflight('/cors-strict', 'https://stranger.example'),
  ],
  [200, 204, 200, 200, 200, 204, 204],
);
for (const encoding of ['gzip', 'br', 'deflate', 'identity', 'gzip;q=0, br', '*']) {
  same(
    APP,
    `compression for a client that accepts ${encoding}`,
    ['text', 'short', 'image', 'no-transform', 'stream', 'flush', 'style.css', 'long.txt'].flatMap((path) => [
      get(`/compressed/${path}`, { 'Accept-Encoding': encoding }),
      head(`/compressed/${path}`, { 'Accept-Encoding': encoding }),
    ]),
    (first) => assert.equal(fieldOf(first, 'vary'), 'Accept-Encoding'),
  );
}
same(
  APP,
  'signed cookies',
  [
    get('/cookies', {
      Cookie: 'a=1; signed=s%3Avalue.9VU0wFQCzwjJqb1JTTRYBwK4dkP6ZVGyHhgDyyaQ2Fk; forged=s%3Ax.y',
    }),
    get('/cookies'),
  ],
  [200, 200],
);
same(
  APP,
  'body-parser',
  [
    postJson('/parsed', { a: 1 }),
    postForm('/parsed', { a: '1' }),
    post('/parsed', 'text', { 'Content-Type': 'text/plain' }),
    post('/parsed', '{', { 'Content-Type': 'application/json' }),
  ],
  [200, 200, 200, 400],
);

const SESSION = [[/sid=[^;]+/g, 'sid=<id>']] as const;
const cookieOf = (answer: Answer) => fieldOf(answer, 'set-cookie')!.split(';')[0]!;
alike(
  APP,
  'a session lives from its first cookie to its end',
  async ({ ask }) => {
    const [untouched, first] = await ask(get('/session/untouched'), get('/session'));
    const headers = { Cookie: cookieOf(first!) };
    return [
      untouched,
      first,
      ...(await ask(get('/session', headers), post('/session/end', '', headers), get('/session', headers))),
    ];
  },
  (answers: Answer[]) =>
    assert.deepEqual(
      answers.map(({ body }) => `${body}`),
      ['no cookie', '{"views":1}', '{"views":2}', 'ended', '{"views":1}'],
    ),
  { volatile: SESSION },
);
alike(
  APP,
  'passport: refused, broken, logged in, logged out',
  async ({ ask }) => {
    const login = (password: string) => postForm('/session/login', { username: 'ada', password });
    const before = await ask(
      get('/session/user'),
      login('guess'),
      login('broken'),
      postForm('/session/login', {}),
      login('seed'),
    );
    const headers = { Cookie: cookieOf(before.at(-1)!) };
    return [
      ...before,
      ...(await ask(
        get('/session/user', headers),
        post('/session/logout', '', headers),
        get('/session/user', headers),
      )),
    ];
  },
  (answers: Answer[]) =>
    assert.deepEqual(
      answers.map(({ statusLine }) => statusLine.slice(9, 12)),
      ['401', '302', '500', '302', '302', '200', '302', '401'],
    ),
  { volatile: SESSION },
);

function upload(path: string, parts: Parameters<typeof multipart>[0], chunked = false): Ask {
  const { type, body } = multipart(parts);
  const pieces = chunked ? [body.subarray(0, 50), body.subarray(50)] : body;
  return post(path, pieces, { 'Content-Type': type });
}
const file = (name: string, size: number) => ({
  name,
  filename: `${name} ü.txt`,
  type: 'text/plain',
  body: 'x'.repeat(size),
});
same(
  APP,
  'multer: files and fields, too many, too large, and forms that are none',
  [
    upload('/upload', [file('file', 1000), { name: 'title', body: 'A title' }]),
    upload('/upload', [file('file', 90_000)], true),
    upload('/upload', [{ name: 'only', body: 'fields' }]),
    upload('/upload', [file('other', 10)]),
    upload('/upload', [file('file', 200_000)]),
    upload('/uploads', [file('files', 10), file('files', 20)]),
    upload('/uploads', [file('files', 10), file('files', 20), file('files', 30)]),
    post('/upload', 'no form', { 'Content-Type': 'multipart/form-data; boundary=x' }),
    post('/upload', 'no form', { 'Content-Type': 'multipart/form-data' }),
    postJson('/upload', {}),
  ],
  (...answers) => {
    assert.match(`${answers[0]!.body}`, /"size":1000/);
    assert.match(`${answers[4]!.body}`, /LIMIT_FILE_SIZE/);
  },
);
alike(
  APP,
  'morgan’s lines',
  async ({ ask }) => {
    const answers = await ask(
      get('/helmet', { 'User-Agent': 'siskin-test', Referer: 'http://r.example/' }),
      get('/nothing', { Authorization: `Basic ${btoa('ada:secret')}` }),
      head('/helmet'),
      post('/upload', '', {}),
      get('/compressed/stream'),
    );
    // Lines are written when the answer is out: the last one tells that all are.
    const [, journal] = await ask(
      get('/last'),
      get('/journal/morgan/::ffff:127.0.0.1 GET %2Flast'.replaceAll(' ', '%20')),
    );
    return [...answers, journal];
  },
  (answers: Answer[]) =>
    assert.match(
      `${answers.at(-1)!.body}`,
      /GET \/helmet HTTP\/1\.1 200 9 "http:\/\/r\.example\/" "siskin-test"/,
    ),
);
