// An h3 app answers through the server as it answers through node:http with the platform's own classes.

import assert from 'node:assert/strict';
import { compare } from './compare.ts';

const { same } = await compare(new URL('./subjects/h3.ts', import.meta.url));

const JSON_TYPE = ['Content-Type', 'application/json'] as const;
const FORM_TYPE = ['Content-Type', 'application/x-www-form-urlencoded'] as const;

same(
  'routes, queries, URLs, what is not found',
  [
    { path: '/' },
    { path: '/users/7?a=1&b=%20' },
    { path: '/mounted/hello' },
    { path: '/url?x=1' },
    { path: '/nothing' },
    { method: 'POST', path: '/' },
    { method: 'HEAD', path: '/' },
  ],
  (home, user, mounted, url, nothing) => {
    assert.equal(`${home!.body}`, 'home');
    assert.deepEqual(JSON.parse(`${user!.body}`), { id: '7', query: { a: '1', b: ' ' } });
    assert.equal(`${mounted!.body}`, 'mounted /mounted/hello');
    assert.match(`${url!.body}`, /^(http:\/\/app\.example\/url\?x=1\n?){3}$/);
    assert.equal(nothing!.status, 404);
  },
);

same(
  'bodies: JSON, forms, bytes, and a stream that goes back as it came',
  [
    { method: 'POST', path: '/json', headers: [JSON_TYPE], body: '{"a":1}' },
    { method: 'POST', path: '/json', headers: [JSON_TYPE], body: '{"a"' },
    { method: 'POST', path: '/form', headers: [FORM_TYPE], body: 'a=1&b=2' },
    { method: 'POST', path: '/size', body: Buffer.alloc(2_000_000) },
    { method: 'POST', path: '/echo', body: Array.from({ length: 20 }, (_, i) => `${i}`.repeat(10_000)) },
    { method: 'POST', path: '/echo' },
  ],
  (json, broken, form, size, echo) => {
    assert.deepEqual(JSON.parse(`${json!.body}`), { received: { a: 1 } });
    assert.equal(broken!.status, 400);
    assert.deepEqual(JSON.parse(`${form!.body}`), { a: '1', b: '2' });
    assert.deepEqual(JSON.parse(`${size!.body}`), { size: 2_000_000 });
    assert.equal(echo!.body.length, 300_000);
  },
);

same(
  'answers of every kind',
  [
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
    '/static/b.txt',
  ].map((path) => ({ path, headers: [['Cookie', 'x=1']] as const })),
  (cookies, redirect, empty, _null, html, status, bytes) => {
    assert.equal(cookies!.fields.filter(([name]) => name === 'set-cookie').length, 3);
    assert.deepEqual([redirect!.status, redirect!.get('location')], [307, '/users/7']);
    assert.equal(empty!.status, 204);
    assert.equal(`${html!.body}`, '<p>&lt;escaped&gt;</p>');
    assert.equal(status!.reason, 'Taken');
    assert.deepEqual([...bytes!.body], [0, 255, 10]);
  },
);

same(
  'cors, and errors',
  [
    {
      method: 'OPTIONS',
      path: '/cors/data',
      headers: [
        ['Origin', 'https://friend.example'],
        ['Access-Control-Request-Method', 'GET'],
      ],
    },
    { path: '/cors/data', headers: [['Origin', 'https://friend.example']] },
    { path: '/error' },
    { path: '/denied' },
    { path: '/teapot' },
  ],
  (preflight, _data, error, denied, teapot) => {
    assert.equal(preflight!.status, 204);
    assert.equal(error!.status, 500);
    assert.ok(!`${error!.body}`.includes('the details'));
    assert.equal(denied!.reason, 'Not For You');
    assert.deepEqual(JSON.parse(`${teapot!.body}`), { teapot: true });
  },
);
