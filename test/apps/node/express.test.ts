// Express 4 and 5.

import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { type Answer, fieldOf } from './answer.ts';
import { closing, get, head, post, postForm, postJson } from './ask.ts';
import { twins } from './twins.ts';

const { same, alike } = await twins(['express4.cjs', 'express5.cjs']);

for (const app of ['express4.cjs', 'express5.cjs']) {
  // Requests.

  same(
    app,
    'a request is seen alike',
    [
      get('/facts/x?a[b]=1&c=2&c=3', { 'X-Thing': 'yes', Referer: 'http://r.example/', Range: 'bytes=0-5' }),
      get('/facts', {
        Host: 'a.b.example.org:8080',
        'X-Requested-With': 'XMLHttpRequest',
        Accept: 'application/json',
      }),
      get('/facts', {
        'X-Forwarded-For': '203.0.113.9, 198.51.100.7',
        'X-Forwarded-Proto': 'https',
        'X-Forwarded-Host': 'public.example',
        'Accept-Language': 'de;q=0.8, en',
      }),
      postJson('/facts', {}),
      { method: 'PROPFIND', path: '/facts' },
    ],
    [200, 200, 200, 200, 200],
  );
  same(
    app,
    'routes, parameters and routers',
    [
      get('/users/7'),
      get('/users/0'),
      get('/users/a%2Fb/posts/%C3%BC'),
      get('/users/%zz'),
      get('/orgs/acme'),
      get('/orgs/acme/item'),
      { method: 'PUT', path: '/orgs/acme/item' },
      { method: 'OPTIONS', path: '/orgs/acme/item' },
      { method: 'DELETE', path: '/orgs/acme/item' },
      get('/nothing/here?x'),
      get('/USERS/7/'),
    ],
    [200, 404, 200, 400, 200, 200, 201, 200, 404, 404, 200],
  );

  // Bodies.

  same(
    app,
    'JSON bodies: read, malformed, too large, of another charset, squeezed, absent',
    [
      postJson('/json', { a: [1, 'ü'] }),
      post('/json', '{"a"', { 'Content-Type': 'application/json' }),
      postJson('/json', 'text'),
      post('/json', ['{"in":', '"chunks"}'], { 'Content-Type': 'application/json' }),
      post('/json', '', { 'Content-Type': 'application/json' }),
      postJson('/json', {}, { 'Content-Type': 'application/json; charset=klingon' }),
      post('/json', gzipSync('{"squeezed":true}'), {
        'Content-Type': 'application/json',
        'Content-Encoding': 'gzip',
      }),
      post('/json', 'no gzip', { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' }),
      postJson('/json', {}, { 'Content-Encoding': 'lzma' }),
      post('/json', 'text', { 'Content-Type': 'text/plain' }),
      get('/json'),
      postJson('/json/any', 7),
      postJson('/verified', []),
      postJson('/verified', {}),
    ],
    (...answers) =>
      assert.deepEqual(
        answers.map(({ statusLine }) => statusLine.slice(9, 12)).join(' '),
        '200 400 400 200 200 415 200 400 415 200 404 200 403 200',
      ),
  );
  same(app, 'a body over the limit is refused', closing(postJson('/json', 'x'.repeat(30_000))), 413);
  same(
    app,
    'forms, text and bytes',
    [
      postForm('/form', { a: '1', 'b[c]': 'd', 'e[]': 'f' }),
      postForm('/form/simple', { a: 'ü &=', b: '' }),
      post('/text', 'words', { 'Content-Type': 'text/plain' }),
      post('/text', 'x'.repeat(1_000_000), { 'Content-Type': 'text/plain; charset=latin1' }),
      post('/raw', Buffer.from([0, 1, 2, 255])),
      post('/raw', Buffer.alloc(3_000_000, 'raw')),
      post('/raw', ['x'.repeat(100_000), 'y'.repeat(100_000)]),
      { ...postJson('/json', { waited: true }, { Expect: '100-continue' }), waits: true },
    ],
    [200, 200, 200, 200, 200, 200, 200, 200],
  );

  // Responses.

  for (const path of [
    '/',
    '/object',
    '/buffer',
    '/status',
    '/none',
    '/none/body',
    '/reset',
    '/not-modified',
    '/redirect',
    '/redirect/301',
    '/location',
    '/cookies',
    '/headers',
    '/format',
    '/jsonp?callback=call.me',
    '/attachment',
    '/download',
    '/file',
    '/file/missing',
    '/render',
    '/stream',
    '/events',
    '/etag/off',
    '/large',
    '/throw',
    '/next',
    '/next/route',
    '/async',
    '/headers/error',
    '/api/x',
  ]) {
    same(
      app,
      `GET and HEAD ${path}, and from HTTP/1.0`,
      [get(path), head(path), { path, version: '1.0' }],
      (...answers) => assert.equal(answers.length, 3),
    );
  }
  same(app, 'an error behind the beginning of an answer cuts it', get('/throw/late'), (answer) =>
    assert.equal(answer.framing, 'cut'),
  );
  same(
    app,
    'a redirect or an error is in the type that is asked for',
    [
      get('/redirect', { Accept: 'text/plain' }),
      get('/redirect', { Accept: 'application/json' }),
      get('/format', { Accept: 'application/json' }),
      get('/format', { Accept: 'image/png' }),
      get('/throw', { Accept: 'application/json' }),
    ],
    [302, 302, 200, 406, 500],
  );
  alike(
    app,
    'what the client has is not sent again',
    async ({ ask }) => {
      const [first] = await ask(get('/object'));
      const etag = fieldOf(first!, 'etag')!;
      return ask(
        get('/object', { 'If-None-Match': etag }),
        get('/object', { 'If-None-Match': '"other", W/"another"' }),
        get('/object', { 'If-None-Match': '*' }),
        get('/object', { 'If-None-Match': etag, 'Cache-Control': 'no-cache' }),
        head('/object', { 'If-None-Match': etag }),
        get('/etag/off', { 'If-None-Match': '"mine"' }),
        get('/etag/off', { 'If-Modified-Since': 'Wed, 01 Jan 2025 00:00:00 GMT' }),
      );
    },
    (answers: Answer[]) =>
      assert.deepEqual(
        answers.map(({ statusLine }) => statusLine.slice(9, 12)),
        ['304', '200', '304', '200', '304', '304', '304'],
      ),
  );
  same(
    app,
    'pipelined requests are answered in order',
    {
      pipelined: [
        get('/events'),
        get('/'),
        postJson('/json', { a: 1 }),
        get('/large'),
        head('/file'),
        get('/async'),
        closing(get('/object')),
      ],
    },
    [200, 200, 200, 200, 200, 503, 200],
  );

  // Files.

  same(
    app,
    'files: types, indexes, directories, encoded names, what is missing',
    [
      get('/files/'),
      get('/files'),
      get('/files/style.css'),
      get('/files/app.js'),
      get('/files/data.json'),
      get('/files/logo.svg'),
      get('/files/long.txt'),
      head('/files/long.txt'),
      get('/files/sub'),
      get('/files/sub/'),
      get('/files/sub/a%20file.txt'),
      get('/files/sub/gr%C3%BC%C3%9Fe.txt'),
      get('/files/nothing.txt'),
      get('/files/style.css/'),
      post('/files/style.css', 'x'),
      get('/cached/index'),
      get('/cached/'),
      get('/plain/style.css'),
    ],
    [200, 301, 200, 200, 200, 200, 200, 200, 301, 200, 200, 200, 404, 404, 404, 200, 404, 200],
  );
  same(
    app,
    'files that are not to be served',
    [
      get('/files/.secret'),
      get('/dotted/.secret'),
      get('/denied/.secret'),
      get('/denied/sub/.hidden/x.txt'),
      get('/dotted/sub'),
      get('/files/../express.test.ts'),
      get('/files/%2e%2e/express.test.ts'),
      get('/files/%00'),
      get('/denied/%'),
      post('/denied/style.css', ''),
    ],
    (...answers) => assert.equal(fieldOf(answers[1]!, 'content-length'), '7'),
  );
  const ranges = [
    'bytes=0-9',
    'bytes=100-',
    'bytes=-5',
    'bytes=0-0,5-9',
    'bytes=999999999-',
    'lines=1-2',
    'bytes=9-1',
  ];
  same(
    app,
    'ranges of a file',
    [
      ...ranges.map((range) => get('/files/long.txt', { Range: range })),
      head('/files/long.txt', { Range: 'bytes=0-9' }),
      get('/plain/long.txt', { Range: 'bytes=0-9' }),
    ],
    [206, 206, 206, 200, 416, 200, 416, 206, 200],
  );
  alike(
    app,
    'a file on conditions',
    async ({ ask }) => {
      const [first] = await ask(get('/files/style.css'));
      const etag = fieldOf(first!, 'etag')!;
      const modified = fieldOf(first!, 'last-modified')!;
      return ask(
        get('/files/style.css', { 'If-None-Match': etag }),
        get('/files/style.css', { 'If-Modified-Since': modified }),
        get('/files/style.css', { 'If-Modified-Since': 'Thu, 01 Jan 1970 00:00:00 GMT' }),
        get('/files/style.css', { 'If-Match': '"other"' }),
        get('/files/style.css', { 'If-Unmodified-Since': 'Thu, 01 Jan 1970 00:00:00 GMT' }),
        get('/files/long.txt', { Range: 'bytes=0-9', 'If-Range': '"other"' }),
        get('/files/style.css', { Range: 'bytes=0-3', 'If-Range': etag }),
        head('/files/style.css', { 'If-None-Match': etag }),
      );
    },
    (answers: Answer[]) =>
      assert.deepEqual(
        answers.map(({ statusLine }) => statusLine.slice(9, 12)),
        ['304', '304', '200', '412', '412', '200', '206', '304'],
      ),
  );
}
