// What crosses between threads comes out as it went in.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BodyError } from '../../src/app/index.ts';
import {
  DEFAULT_HEAD_LIMITS,
  encodeResponseHead,
  parseRequestHead,
  RequestHead,
} from '../../src/http/index.ts';
import { closing } from '../../src/threads/job.ts';
import {
  exactly,
  packError,
  packHead,
  unpackError,
  unpackHead,
  unpackThrown,
} from '../../src/threads/messages.ts';

const HEADS = [
  'GET /a?b HTTP/1.1\r\nHost: example.org\r\nX-Y: z\r\n\r\n',
  'POST http://example.org:81/x HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n',
  'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
];

test('a request’s head is the same on the other side', () => {
  for (const text of HEADS) {
    const bytes = Buffer.from(text, 'latin1');
    const head = parseRequestHead(bytes, 0, bytes.length, DEFAULT_HEAD_LIMITS);
    assert.ok(head instanceof RequestHead);
    const other = unpackHead(structuredClone(packHead(head)));
    assert.deepEqual(other, head);
    assert.deepEqual(
      [other.target, other.path, other.authority, other.fields()],
      [head.target, head.path, head.authority, head.fields()],
    );
  }
});

test('an error keeps its name, its code, its stack, and what the system said', () => {
  const error = Object.assign(new RangeError('too far'), { code: 'ERR_FAR', syscall: 'listen', port: 80 });
  error.name = 'FarError';
  const other = unpackError(structuredClone(packError(error)));
  assert.deepEqual(
    [other.name, other.message, other.stack, Reflect.get(other, 'code'), Reflect.get(other, 'port')],
    ['FarError', 'too far', error.stack, 'ERR_FAR', 80],
  );
});

test('an error about a body stays one, so that its client is answered and the app not blamed', () => {
  const other = unpackError(structuredClone(packError(new BodyError('ERR_BODY_TIMEOUT', 408, 'late'))));
  assert.ok(other instanceof BodyError);
  assert.deepEqual([other.code, other.status, other.message], ['ERR_BODY_TIMEOUT', 408, 'late']);
});

test('what is thrown and no error comes as it is, or as text where it can’t', () => {
  assert.equal(unpackThrown(structuredClone(packError('text'))), 'text');
  assert.equal(unpackThrown(structuredClone(packError(undefined))), undefined);
  assert.match(String(unpackThrown(structuredClone(packError({ run() {} })))), /run/);
});

test('bytes come without what is around them', () => {
  const pool = Buffer.from('a long buffer with a piece in it');
  const piece = exactly(pool.subarray(2, 6));
  assert.deepEqual([piece.buffer.byteLength, Buffer.from(piece).toString()], [4, 'long']);
});

test('a head for a connection that will not stay says so, whoever has written it', () => {
  const ours = encodeResponseHead({ method: 'GET', minor: 1 }, true, 200, '', ['A', 'b'], 2, '');
  assert.deepEqual(closing(ours), {
    ...ours,
    text: 'HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 2\r\nConnection: close\r\n\r\n',
    keepAlive: false,
  });
  const node = {
    ...ours,
    text: 'HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\nContent-Length: 2\r\n\r\n',
  };
  assert.equal(closing(node).text, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n');
});
