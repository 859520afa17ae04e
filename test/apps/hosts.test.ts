// Hosts and targets that HTTP allows: an app can parse the URL of every request that reaches it.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { serve } from '../../src/serve.ts';

const server = await serve(
  (request) => {
    const url = new URL(request.url);
    const copy = new Request(request);
    return new Response(`${url.href} ${copy.url === request.url} ${request.headers.get('host')}`);
  },
  { bind: '127.0.0.1:0', keepAliveGrace: 0 },
);
after(() => server.close());
const HERE = new URL(server.url).host;

/** The answer's status and body, to bytes that are sent as they are. */
async function raw(head: string): Promise<{ status: number; body: string }> {
  const socket = connect({ port: Number(new URL(server.url).port), host: '127.0.0.1' });
  socket.write(`${head}\r\n\r\n`, 'latin1');
  const answer = await text(socket);
  return { status: Number(answer.slice(9, 12)), body: answer.slice(answer.indexOf('\r\n\r\n') + 4) };
}

const get = (host: string, target = '/x?y') =>
  raw(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close`);

for (const [host, shown] of [
  ['example.org', 'example.org'],
  ['EXAMPLE.org:80', 'example.org'],
  ['example.org:', 'example.org'],
  ['example.org:8080', 'example.org:8080'],
  ['x_y', 'x_y'],
  ['a--b', 'a--b'],
  ['a!b', 'a!b'],
  ['%41.example', 'a.example'],
  ['127.1', '127.0.0.1'],
  ['[::1]', '[::1]'],
  ['[0:0:0:0:0:0:0:1]:80', '[::1]'],
] as const) {
  test(`Host: ${host} is http://${shown}`, async () => {
    assert.deepEqual(await get(host), { status: 200, body: `http://${shown}/x?y true ${host}` });
  });
}

for (const host of ['a%20b', '%', '999.9.9.9', '1.2.3.4.5', '[v1.x]', '']) {
  test(`Host: ${JSON.stringify(host)} is none of a URL: it is refused, or the address that was asked stands in`, async () => {
    const { status, body } = await get(host);
    if (host === '%') assert.equal(status, 400);
    else assert.deepEqual([status, body], [200, `http://${HERE}/x?y true ${host}`]);
  });
}

test('HTTP/1.0 needs no Host', async () => {
  assert.equal((await raw('GET /x HTTP/1.0')).body, `http://${HERE}/x true null`);
  assert.equal((await raw('GET /x HTTP/1.0\r\nHost: ')).body, `http://${HERE}/x true `);
});

test('an absolute target names the host, whatever Host says', async () => {
  const { body } = await get('example.org', 'http://Other.example:81/p?q');
  assert.equal(body, 'http://other.example:81/p?q true example.org');
  assert.match((await get('example.org', 'http://a%20b/p')).body, new RegExp(`^http://${HERE}/p true`));
  assert.match((await get('example.org', 'http://other.example')).body, /^http:\/\/other\.example\/ true/);
  assert.match(
    (await get('example.org', 'http://other.example?q')).body,
    /^http:\/\/other\.example\/\?q true/,
  );
});

test('OPTIONS * is a path that no other request has', async () => {
  const { body } = await raw('OPTIONS * HTTP/1.1\r\nHost: example.org\r\nConnection: close');
  assert.match(body, /^http:\/\/example\.org\/\* true/);
});

test('targets that look like hosts, users or steps up stay on their host', async () => {
  for (const target of [
    '//evil.example/x',
    '/@evil.example',
    '/..//x',
    '/\\evil.example',
    '/:80',
    '/?http://a',
  ]) {
    const { status, body } = await get('example.org', target);
    if (status === 200) assert.equal(new URL(body.split(' ')[0]!).host, 'example.org', target);
    else assert.equal(status, 400, target);
  }
});

test('a proxy’s word is held to the same', async () => {
  for (const [fields, shown] of [
    ['X-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example', 'https://shop.example'],
    ['X-Forwarded-Host: a%20b', `http://${HERE}`],
    ['X-Forwarded-Host: a:99999', `http://${HERE}`],
    ['X-Forwarded-Host: evil.example/path', 'http://example.org'],
    ['X-Forwarded-Proto: javascript', 'http://example.org'],
    ['Forwarded: host="shop.example:8443";proto=https', 'https://shop.example:8443'],
  ] as const) {
    const { body } = await raw(`GET /x HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n${fields}`);
    assert.equal(body.split(' ')[0], `${shown}/x`, fields);
  }
});
