// Addresses to listen on, as people write them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatBind, parseBind } from '../../src/config/bind.ts';

const ACCEPTED: ReadonlyArray<readonly [string, ReturnType<typeof parseBind>]> = [
  ['127.0.0.1:8000', { family: 'inet', host: '127.0.0.1', port: 8000 }],
  ['0.0.0.0:0', { family: 'inet', host: '0.0.0.0', port: 0 }],
  ['[::1]:8000', { family: 'inet6', host: '::1', port: 8000 }],
  ['[::]:65535', { family: 'inet6', host: '::', port: 65_535 }],
  [':8000', { family: 'inet', host: '0.0.0.0', port: 8000 }],
  ['8000', { family: 'inet', host: '127.0.0.1', port: 8000 }],
  ['localhost:8000', { family: 'name', host: 'localhost', port: 8000 }],
  ['web-1.example.org:80', { family: 'name', host: 'web-1.example.org', port: 80 }],
  ['unix:/run/app.sock', { family: 'unix', path: '/run/app.sock' }],
  ['unix:app.sock', { family: 'unix', path: 'app.sock' }],
  ['unix:/run/a:b', { family: 'unix', path: '/run/a:b' }],
  ['fd://3', { family: 'fd', fd: 3 }],
];

for (const [text, address] of ACCEPTED) {
  test(`${text} is an address`, () => assert.deepEqual(parseBind(text), address));
}

test('an address that is shown reads back as itself', () => {
  for (const [, address] of ACCEPTED) assert.deepEqual(parseBind(formatBind(address)), address);
});

const REFUSED: ReadonlyArray<readonly [string, RegExp]> = [
  ['', /port is missing/],
  ['localhost', /port is missing: add :8000/],
  ['127.0.0.1:', /port is missing/],
  ['127.0.0.1:http', /port, http, is not a number/],
  ['127.0.0.1:-1', /port, -1, is not a number/],
  ['127.0.0.1:65536', /above 65535/],
  ['99999', /above 65535/],
  ['::1', /goes in brackets: \[::1\]:8000/],
  ['::1:3000', /goes in brackets: \[::1\]:3000/],
  ['::1:8000:x', /goes in brackets/],
  ['[::1]', /port is missing/],
  ['[127.0.0.1]:80', /127.0.0.1 is not an IPv6 address/],
  ['[fe80::1%eth0]:80', /zone/],
  ['1.2.3:80', /1.2.3 is neither an address nor a host name/],
  ['256.0.0.1:80', /neither/],
  ['-web:80', /neither/],
  ['a b:80', /neither/],
  ['http://127.0.0.1:80', /it is a URL/],
  ['/run/app.sock', /a path needs a prefix: unix:\/run\/app.sock/],
  ['unix:', /path is missing/],
  [`unix:/${'x'.repeat(107)}`, /108 bytes long, and a unix socket's is at most 107/],
  ['fd://', /descriptor is not a number/],
  ['fd://x', /descriptor is not a number/],
];

for (const [text, reason] of REFUSED) {
  test(`${JSON.stringify(text.slice(0, 30))} is refused with the reason`, () => {
    assert.throws(() => parseBind(text), { name: 'BadValue', message: reason });
  });
}

test('a unix path of 107 bytes fits', () => {
  assert.equal(parseBind(`unix:/${'x'.repeat(106)}`).family, 'unix');
});
