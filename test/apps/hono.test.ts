// A Hono app answers through the server as it answers through node:http with the platform's own classes.

import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import { compare } from './compare.ts';
import { multipart } from './multipart.ts';

const { same } = await compare(new URL('./subjects/hono.ts', import.meta.url));

const basic = (text: string) => ['Authorization', `Basic ${Buffer.from(text).toString('base64')}`] as const;
const JSON_TYPE = ['Content-Type', 'application/json'] as const;
const FORM_TYPE = ['Content-Type', 'application/x-www-form-urlencoded'] as const;

same(
  'routes, parameters, queries and what is not found',
  [
    { path: '/' },
    { path: '/users/7?tag=a&tag=b%20c' },
    { path: '/users/x' },
    { path: '/files/a/b%20c' },
    { path: '/group/hello' },
    { path: '/mounted/hello/there' },
    { path: '/nothing?x' },
    { path: '/again' },
  ],
  (home, user, noUser, files, group, mounted, nothing, again) => {
    assert.equal(`${home!.body}`, 'home');
    assert.deepEqual(JSON.parse(`${user!.body}`), { id: '7', tags: ['a', 'b c'] });
    assert.equal(noUser!.status, 404);
    assert.equal(`${files!.body}`, '/files/a/b c');
    assert.equal(`${group!.body}`, 'inner /group/hello');
    assert.equal(`${mounted!.body}`, 'mounted /hello/there');
    assert.equal(nothing!.status, 404);
    assert.deepEqual(JSON.parse(`${again!.body}`), { id: '9', tags: [] });
  },
);

same(
  'URLs, whatever their form',
  ['/url', '/url?', '/url?a=b+c&d=%C3%A4', '/x/../url', '/./url', '/%75rl', '//url', '/url?\'"<>'].map(
    (path) => ({ path }),
  ),
  (plain) => assert.match(`${plain!.body}`, /^http:\/\/app\.example\/url\n/),
);

same(
  'methods: HEAD and OPTIONS, and methods of one’s own',
  ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'].map((method) => ({
    method,
    path: '/method',
  })),
  (get, head) => {
    assert.equal(`${get!.body}`, 'GET');
    assert.equal(head!.status, 200);
    assert.equal(head!.body.length, 0);
  },
);

same(
  'JSON both ways, and JSON that is none',
  [
    { method: 'POST', path: '/json', headers: [JSON_TYPE], body: '{"a":["ä",1]}' },
    { method: 'POST', path: '/json', headers: [JSON_TYPE], body: ['{"a":', '"chunked"}'] },
    { method: 'POST', path: '/json', headers: [JSON_TYPE], body: '{"a":' },
    { method: 'POST', path: '/json', headers: [JSON_TYPE], body: '' },
  ],
  (whole, chunked, broken) => {
    assert.equal(whole!.status, 201);
    assert.deepEqual(JSON.parse(`${whole!.body}`), { received: { a: ['ä', 1] } });
    assert.deepEqual(JSON.parse(`${chunked!.body}`), { received: { a: 'chunked' } });
    assert.equal(broken!.status, 500);
  },
);

const file = Buffer.alloc(300_000, 'binary \0\xff');
const upload = multipart([
  { name: 'title', body: 'a täxt' },
  { name: 'file', filename: 'a "b".bin', type: 'application/x-thing', body: file },
  { name: 'empty', filename: 'empty.txt', type: 'text/plain', body: '' },
]);

same(
  'forms, and files that are uploaded',
  [
    { method: 'POST', path: '/form', headers: [FORM_TYPE], body: 'a=1&a=2&b=%C3%A4+c' },
    { method: 'POST', path: '/upload', headers: [['Content-Type', upload.type]], body: upload.body },
    {
      method: 'POST',
      path: '/upload',
      headers: [['Content-Type', upload.type]],
      body: [upload.body.subarray(0, 1000), upload.body.subarray(1000)],
    },
    { method: 'POST', path: '/upload', headers: [['Content-Type', upload.type]], body: 'no multipart' },
    { method: 'POST', path: '/upload', headers: [JSON_TYPE], body: '{}' },
  ],
  (form, whole, chunked, broken) => {
    assert.deepEqual(JSON.parse(`${form!.body}`), { a: ['1', '2'], b: 'ä c' });
    assert.equal(JSON.parse(`${whole!.body}`)[1].size, file.length);
    assert.deepEqual(chunked!.body, whole!.body);
    assert.equal(broken!.status, 500);
  },
);

same(
  'a request that is cloned, and one that is limited',
  [
    { method: 'POST', path: '/twice', body: 'twice' },
    { method: 'POST', path: '/twice', body: ['in ', 'pieces'] },
    { method: 'POST', path: '/limited', body: 'short' },
    { method: 'POST', path: '/limited', body: 'longer than ten' },
    { method: 'POST', path: '/limited', body: ['longer ', 'than ten'] },
  ],
  (whole, chunked, short, long, longChunked) => {
    assert.deepEqual(JSON.parse(`${whole!.body}`), { text: 'twice', bytes: 5, used: true });
    assert.deepEqual(JSON.parse(`${chunked!.body}`), { text: 'in pieces', bytes: 9, used: true });
    assert.equal(`${short!.body}`, 'short');
    assert.equal(long!.status, 413);
    assert.equal(longChunked!.status, 413);
  },
);

same(
  'cookies: several at once, and those that came',
  [
    { path: '/cookies', headers: [['Cookie', 'x=1; y=%C3%A4; z="q"']] },
    { path: '/signed', headers: [['Cookie', 'd=signed.forged']] },
  ],
  (cookies) => {
    assert.equal(cookies!.fields.filter(([name]) => name === 'set-cookie').length, 4);
    assert.deepEqual(JSON.parse(`${cookies!.body}`), { x: '1', y: 'ä', z: 'q' });
  },
);

same(
  'redirects, answers without a body, reasons and fields of one’s own',
  ['/redirect', '/moved', '/empty', '/not-modified', '/reason', '/many', '/blob', '/form-data'].map(
    (path) => ({ path }),
  ),
  (redirect, _moved, empty, notModified, reason, many, blob) => {
    assert.equal(redirect!.get('location'), '/users/7?tag=a');
    assert.deepEqual([empty!.status, empty!.get('content-length')], [204, undefined]);
    assert.equal(notModified!.status, 304);
    assert.equal(reason!.reason, 'Odd But True');
    assert.equal(many!.get('x-many'), 'one, two');
    assert.equal(`${blob!.body}`, 'ablob');
  },
);

same(
  'streams: text, server-sent events, and a large one',
  [{ path: '/stream' }, { path: '/sse' }, { path: '/large' }, { method: 'HEAD', path: '/large' }],
  (text, sse, large, head) => {
    assert.equal(`${text!.body}`, 'one\ntwo\nthree\n');
    assert.match(sse!.get('content-type')!, /^text\/event-stream/);
    assert.equal(large!.body.length, 64 * 65_536);
    assert.equal(head!.body.length, 0);
  },
);

same('errors that the app answers itself', [{ path: '/error' }, { path: '/denied' }], (error, denied) => {
  assert.deepEqual(JSON.parse(`${error!.body}`), { error: 'the details' });
  assert.deepEqual([denied!.status, `${denied!.body}`], [403, 'not for you']);
});

same(
  'cors: asked before, and along with the answer',
  [
    {
      method: 'OPTIONS',
      path: '/cors/data',
      headers: [
        ['Origin', 'https://friend.example'],
        ['Access-Control-Request-Method', 'GET'],
        ['Access-Control-Request-Headers', 'X-Own'],
      ],
    },
    { path: '/cors/data', headers: [['Origin', 'https://friend.example']] },
    { path: '/cors/data', headers: [['Origin', 'https://stranger.example']] },
  ],
  (preflight, friend) => {
    assert.equal(preflight!.status, 204);
    assert.equal(friend!.get('access-control-allow-origin'), 'https://friend.example');
  },
);

same(
  'etag: the first time, and when nothing has changed',
  [
    { path: '/etag/text' },
    { path: '/etag/text', headers: [['If-None-Match', '"0e1a6bd2"']] },
    { path: '/etag/text', headers: [['If-None-Match', '*']] },
    { method: 'HEAD', path: '/etag/text' },
  ],
  (first) => assert.match(first!.get('etag')!, /^"[0-9a-f]+"$/),
);

same(
  'compress: what is worth it, for clients that want it',
  [
    { path: '/compressed/long', headers: [['Accept-Encoding', 'gzip, br']] },
    { path: '/compressed/long', headers: [['Accept-Encoding', 'deflate']] },
    { path: '/compressed/long' },
    { path: '/compressed/short', headers: [['Accept-Encoding', 'gzip']] },
    { method: 'HEAD', path: '/compressed/long', headers: [['Accept-Encoding', 'gzip']] },
  ],
  (gzip) => {
    assert.equal(gzip!.get('content-encoding'), 'gzip');
    assert.equal(`${gunzipSync(gzip!.body)}`, 'long '.repeat(2000));
  },
);

same(
  'basicAuth: nobody, somebody else, and the right one',
  [
    { path: '/private/page' },
    { path: '/private/page', headers: [basic('ann:wrong')] },
    { path: '/private/page', headers: [basic('ann:pässword')] },
  ],
  (nobody, wrong, right) => {
    assert.equal(nobody!.status, 401);
    assert.match(nobody!.get('www-authenticate')!, /^Basic/);
    assert.equal(wrong!.status, 401);
    assert.equal(`${right!.body}`, 'secret');
  },
);

same(
  'secureHeaders, csrf, prettyJSON, serveStatic, trailing slashes, methods in a form',
  [
    { path: '/secure/page' },
    {
      method: 'POST',
      path: '/csrf/form',
      headers: [FORM_TYPE, ['Origin', 'http://app.example']],
      body: 'a=1',
    },
    {
      method: 'POST',
      path: '/csrf/form',
      headers: [FORM_TYPE, ['Origin', 'http://evil.example']],
      body: 'a=1',
    },
    { path: '/pretty?pretty' },
    { path: '/static/style.css' },
    { path: '/static/' },
    { path: '/static/none.css' },
    { path: '/static/../secret' },
    { path: '/slash/page/' },
    { method: 'POST', path: '/override', headers: [FORM_TYPE], body: '_method=DELETE' },
  ],
  (secure, own, foreign, pretty, css, index, none, _outside, slash, overridden) => {
    assert.equal(secure!.get('x-frame-options'), 'SAMEORIGIN');
    assert.equal(own!.status, 200);
    assert.equal(foreign!.status, 403);
    assert.equal(`${pretty!.body}`, '{\n  "a": [\n    1\n  ]\n}');
    assert.equal(`${css!.body}`, 'p { color: teal }');
    assert.match(`${index!.body}`, /static/);
    assert.equal(none!.status, 404);
    assert.equal(slash!.status, 301);
    assert.equal(`${overridden!.body}`, 'deleted');
  },
);

same(
  'headers of every kind',
  [
    {
      path: '/headers',
      headers: [
        ['X-Empty', ''],
        ['x-LATIN', 'caf\xe9'],
        ['X-Repeated', 'one'],
        ['x-repeated', 'two, three'],
        ["X-!#$%&'*+-.^_`|~", 'odd name'],
        ['X-Long', 'x'.repeat(8000)],
        ['X-Tab', 'a\tb'],
        ['Cookie', 'a=1'],
        ['Cookie', 'b=2'],
        ['__proto__', 'polluted'],
        ['constructor', 'polluted'],
      ],
    },
  ],
  (reply) => assert.equal(JSON.parse(`${reply!.body}`)['x-repeated'], 'one, two, three'),
);
