// An itty-router app, which adds properties to the request it is given, answers as it does through node:http.

import assert from 'node:assert/strict';
import { compare } from './compare.ts';

const { same } = await compare(new URL('./subjects/itty.ts', import.meta.url));

const FRIEND = ['Origin', 'https://friend.example'] as const;

same(
  'routes, parameters, queries, methods',
  [
    { path: '/' },
    { path: '/users/7?a=1&a=2&b=3' },
    { path: '/files/a/b/c.txt' },
    { path: '/nothing' },
    { method: 'DELETE', path: '/method' },
    { method: 'HEAD', path: '/method' },
  ],
  (home, user, files, nothing) => {
    assert.equal(`${home!.body}`, '"home"');
    assert.deepEqual(JSON.parse(`${user!.body}`), { id: '7', query: { a: ['1', '2'], b: '3' } });
    assert.equal(`${files!.body}`, 'a/b/c.txt');
    assert.equal(nothing!.status, 404);
  },
);

same(
  'content of every kind, and cookies',
  [
    { method: 'POST', path: '/content', headers: [['Content-Type', 'application/json']], body: '{"a":1}' },
    {
      method: 'POST',
      path: '/content',
      headers: [['Content-Type', 'application/x-www-form-urlencoded']],
      body: 'a=1',
    },
    { method: 'POST', path: '/content', body: ['plain ', 'text'] },
    { path: '/cookies', headers: [['Cookie', 'a=1; b=2']] },
  ],
  (content, _form, _text, cookies) => {
    assert.deepEqual(JSON.parse(`${content!.body}`), { content: { a: 1 } });
    assert.deepEqual(JSON.parse(`${cookies!.body}`), { a: '1', b: '2' });
  },
);

same(
  'answers, errors and cors',
  [
    { path: '/html' },
    { path: '/status' },
    { path: '/denied' },
    { path: '/thrown' },
    { path: '/error' },
    { path: '/shared', headers: [FRIEND] },
    { method: 'OPTIONS', path: '/', headers: [FRIEND, ['Access-Control-Request-Method', 'PUT']] },
  ],
  (_html, status, denied, thrown, _error, cors, preflight) => {
    assert.equal(status!.status, 204);
    assert.equal(denied!.status, 403);
    assert.equal(thrown!.status, 409);
    assert.equal(cors!.get('access-control-allow-origin'), 'https://friend.example');
    assert.equal(preflight!.status, 204);
  },
);
