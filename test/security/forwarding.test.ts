// Nobody but a trusted proxy decides what address, scheme and host an app sees.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Networks } from '../../src/config/index.ts';
import { DEFAULT_HEAD_LIMITS, parseRequestHead, RequestHead } from '../../src/http/index.ts';
import { readForwarded } from '../../src/server/forwarded.ts';
import type { Backend } from '../server/behaviour/backend.ts';
import { simBackend } from '../server/behaviour/sim.ts';
import { fetchBackend } from '../server/behaviour/sockets.ts';

const SPOOFED = [
  'GET /spoofed HTTP/1.1',
  'Host: honest.example',
  'X-Forwarded-For: 127.0.0.1',
  'X-Forwarded-Host: evil.example',
  'X-Forwarded-Proto: https',
].join('\r\n');

for (const backend of [simBackend, fetchBackend('linux'), fetchBackend('node')] satisfies Backend[]) {
  test(`who resets the connection behind a request is not taken for a trusted peer: ${backend.name}`, async () => {
    const seen: string[] = [];
    const site = await backend.open(
      (request, info) => {
        seen.push(`${info.remoteAddress} ${request.url}`);
        return new Response();
      },
      // Neither is the loopback a proxy here, where tests on real sockets must come from.
      { settings: { forwardedAllowIps: ['10.0.0.0/8', 'unix'] } },
    );
    for (let i = 0; i < 20; i++) {
      const client = await site.connect();
      client.send(`${SPOOFED}\r\n\r\n`);
      client.reset();
      await site.settle();
    }
    await site.dispose();
    if (backend !== simBackend) assert.notEqual(seen.length, 0, 'no request came through');
    for (const who of seen) assert.match(who, /^(?:127\.0\.0\.1)? http:\/\/honest\.example\/spoofed$/);
  });
}

/** What the fields say to a server behind 10.0.0.0/8, in a request that came from 10.0.0.1. */
function read(...fields: string[]): ReturnType<typeof readForwarded> {
  const bytes = Buffer.from(
    `GET / HTTP/1.1\r\nHost: a\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`,
  );
  const head = parseRequestHead(bytes, 0, bytes.length, DEFAULT_HEAD_LIMITS);
  assert.ok(head instanceof RequestHead);
  return readForwarded(head, '10.0.0.1', new Networks(['10.0.0.0/8', '::1']));
}

test('a request without a word of proxies is that of the socket’s peer, port and all', () => {
  assert.equal(read(), undefined);
  assert.equal(read('X-Forwarded-Proto: https')?.port, undefined);
});

test('a client behind a proxy that writes X-Forwarded-For has no say through Forwarded', () => {
  const seen = read('Forwarded: for=127.0.0.1;host=evil;proto=https', 'X-Forwarded-For: 203.0.113.1');
  assert.deepEqual(seen, { address: '203.0.113.1', port: 0, scheme: undefined, host: undefined });
});

test('a client behind a proxy that writes Forwarded is not hidden by X-Forwarded-Proto or -Host', () => {
  const seen = read('X-Forwarded-Proto: https', 'X-Forwarded-Host: evil', 'Forwarded: for=203.0.113.1');
  assert.deepEqual(seen, { address: '203.0.113.1', port: 0, scheme: undefined, host: undefined });
});

test('what is no address makes nobody a proxy: the last one with a name is the client', () => {
  for (const invented of [
    'unknown',
    '_hidden',
    '',
    'a b',
    '10.0.0',
    '999.1.1.1',
    '[::1',
    'localhost',
    '10.0.0.9/8',
  ]) {
    assert.equal(read(`X-Forwarded-For: 127.0.0.1, ${invented}, 10.0.0.5`)?.address, '10.0.0.5', invented);
    assert.equal(read(`X-Forwarded-For: ${invented}, 203.0.113.1`)?.address, '203.0.113.1', invented);
  }
});

test('addresses are recognised in all their forms', () => {
  for (const [node, address, port] of [
    ['[2001:db8::1]:80', '2001:db8::1', 80],
    ['2001:db8::1', '2001:db8::1', 0],
    ['203.0.113.1:4711', '203.0.113.1', 4711],
    // Trusted, so the next to the left counts; there is none.
    ['::ffff:10.1.2.3', '::ffff:10.1.2.3', 0],
    ['[::1]:80', '::1', 80],
  ] as const) {
    assert.deepEqual(
      [read(`X-Forwarded-For: ${node}`)].map((seen) => [seen?.address, seen?.port]),
      [[address, port]],
    );
  }
  assert.equal(read('X-Forwarded-For: 203.0.113.1, ::ffff:10.1.2.3, [::1]:80')?.address, '203.0.113.1');
});

test('a forwarded host is a host, or nothing', () => {
  for (const host of [
    'a/b',
    'a\\b',
    'user@a',
    'a#b',
    'a?b',
    'a b',
    'a:b',
    '[::1',
    'a:1:2',
    '[::1]x',
    '/',
    'a\tb',
  ]) {
    assert.equal(read('X-Forwarded-For: 203.0.113.1', `X-Forwarded-Host: ${host}`)?.host, undefined, host);
  }
});

for (const [what, ...fields] of [
  ['an open quote', 'Forwarded: for="', 'Forwarded: for=203.0.113.1;proto=https'],
  ['an open quote in the same field', 'Forwarded: for=", for=203.0.113.1;proto=https'],
  ['a word', 'Forwarded: x', 'Forwarded: for=203.0.113.1;proto=https'],
  ['two words', 'Forwarded: for=a b, for=203.0.113.1;proto=https'],
  ['quotes and commas', `Forwarded: ${'",'.repeat(2000)}x"`, 'Forwarded: for=203.0.113.1;proto=https'],
  ['nothing', 'Forwarded: ,', 'Forwarded: for=203.0.113.1;proto=https'],
] as const) {
  test(`a client that writes ${what} into Forwarded does not hide what the proxy behind it writes`, () => {
    const seen = read(...fields);
    assert.deepEqual(seen, { address: '203.0.113.1', port: 0, scheme: 'https', host: undefined });
  });
}

test('what is malformed ends what is believed: the proxy that wrote the last sound word is known, and its scheme', () => {
  const seen = read('Forwarded: for=127.0.0.1;proto="', 'Forwarded: for=10.0.0.2;proto=https');
  assert.deepEqual(seen, { address: '10.0.0.2', port: 0, scheme: 'https', host: undefined });
});

test('a quoted value of a proxy may have commas and quotes', () => {
  const seen = read('Forwarded: for=203.0.113.1;host="a,b";by="x\\"y", for=10.0.0.2');
  assert.equal(seen?.address, '203.0.113.1');
});
