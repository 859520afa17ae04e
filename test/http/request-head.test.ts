// The request head by itself: when an answer is certain, what is lazy, and that nothing refers to the buffer. What is
// accepted and refused is in the fixtures.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  DEFAULT_HEAD_LIMITS,
  type HeadLimits,
  Problem,
  parseRequestHead,
  RequestHead,
} from '../../src/http/index.ts';

function parse(text: string, limits: HeadLimits = DEFAULT_HEAD_LIMITS): RequestHead | Problem | undefined {
  const bytes = Buffer.from(text, 'latin1');
  return parseRequestHead(bytes, 0, bytes.length, limits);
}

function accept(text: string): RequestHead {
  const head = parse(text);
  assert.ok(head instanceof RequestHead, JSON.stringify(text.slice(0, 80)));
  return head;
}

describe('an incomplete head', () => {
  it('asks for more at every place before its end', () => {
    const text = '\r\nPOST http://a.example/b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nX:\r\n\r\n';
    for (let end = 0; end < text.length; end++) assert.equal(parse(text.slice(0, end)), undefined, `${end}`);
    assert.equal(accept(text).size, text.length);
  });

  const certain: readonly (readonly [string, number])[] = [
    ['\n', 400],
    ['\rG', 400],
    ['G\0', 400],
    ['G@', 400],
    ['GET /\n', 400],
    ['GET /\x7f', 400],
    ['GET / HTTq', 400],
    ['GET / HTTP/1.1\n', 400],
    ['GET / HTTP/1.1\rX', 400],
    ['PRI * HTTP/2.0\r\n', 505],
    ['CONNECT a:1 HTTP/1.1\r\n', 501],
    ['GET a HTTP/1.1\r\n', 400],
    ['GET / HTTP/1.1\r\n ', 400],
    ['GET / HTTP/1.1\r\nX\n', 400],
    ['GET / HTTP/1.1\r\nX ', 400],
    ['GET / HTTP/1.1\r\nX: \0', 400],
    ['GET / HTTP/1.1\r\nX: y\n', 400],
    ['GET / HTTP/1.1\r\nX: y\rz', 400],
    ['GET / HTTP/1.1\r\nX: y\r\n\rz', 400],
    ['GET / HTTP/1.1\r\nContent-Length: x\r\n', 400],
    ['GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n', 400],
    [`GET /${'x'.repeat(8188)}`, 414],
    ['G'.repeat(8193), 414],
    [`${'\r\n'.repeat(4096)}\r`, 414],
    [`GET / HTTP/1.1\r\n${'x'.repeat(16384)}`, 431],
    [`GET / HTTP/1.1\r\nX: ${'y'.repeat(16381)}`, 431],
    [`GET / HTTP/1.1\r\nX:${' '.repeat(16382)}`, 431],
    [`GET / HTTP/1.1\r\n${'X:\r\n'.repeat(100)}X`, 431],
  ];
  for (const [text, status] of certain) {
    const shown = text.length > 50 ? `${text.slice(0, 20)}... (${text.length})` : text;
    it(`is refused with ${status} at the octet that makes it certain: ${JSON.stringify(shown)}`, () => {
      const problem = parse(text);
      assert.ok(problem instanceof Problem);
      assert.equal(problem.status, status);
      assert.equal(parse(text.slice(0, -1)), undefined);
    });
  }

  it('is refused for what passes a limit first, not for what lies behind', () => {
    const status = (text: string): number | undefined => (parse(text) as Problem).status;
    assert.equal(status(`GET /${'x'.repeat(9000)}\0`), 414);
    assert.equal(status(`${'G'.repeat(9000)}\0`), 414);
    assert.equal(status(`GET / HTTP/1.1\r\nX: ${'y'.repeat(17000)}\0`), 431);
    assert.equal(status(`GET / HTTP/1.1\r\n${'y'.repeat(17000)}\0`), 431);
    assert.equal(status(`GET / HTTP/1.1\r\n${'X:\r\n'.repeat(101)}\0`), 431);
  });

  it('is refused by limits that are set lower', () => {
    const limits = { requestLine: 20, headerSection: 20, fields: 2 };
    const status = (text: string): number | undefined => {
      const found = parse(text, limits);
      return found instanceof Problem ? found.status : undefined;
    };
    assert.equal(status(`GET /${'x'.repeat(6)} HTTP/1.1\r\n`), undefined);
    assert.equal(status(`GET /${'x'.repeat(7)} HTTP/1.1\r\n`), 414);
    assert.equal(status('GET / HTTP/1.1\r\nX: 123456789012345\r\n'), undefined);
    assert.equal(status('GET / HTTP/1.1\r\nX: 1234567890123456\r\n'), 431);
    assert.equal(status('GET / HTTP/1.1\r\nX:\r\nX:\r\n'), undefined);
    assert.equal(status('GET / HTTP/1.1\r\nX:\r\nX:\r\nX:'), 431);
  });
});

describe('an accepted head', () => {
  it('is found between other bytes and does not change when they do', () => {
    const text = 'GET /a?b HTTP/1.1\r\nHost: a.example\r\nX-Y: 1\r\n\r\n';
    const bytes = Buffer.from(`garbage\0\n${text}POST`, 'latin1');
    const head = parseRequestHead(bytes, 9, bytes.length, DEFAULT_HEAD_LIMITS);
    assert.ok(head instanceof RequestHead);
    bytes.fill(0);
    assert.equal(head.size, text.length);
    assert.equal(head.raw, text);
    assert.equal(head.target, '/a?b');
    assert.equal(head.path, '/a?b');
    assert.equal(head.authority, 'a.example');
    assert.equal(head.get('x-y'), '1');
    assert.deepEqual(head.fields(), ['Host', 'a.example', 'X-Y', '1']);
  });

  it('counts the empty lines before it as its own, but does not show them', () => {
    const head = accept('\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.equal(head.size, head.raw.length + 4);
    assert.equal(head.method, 'GET');
  });

  it('finds fields by name in any case, and combines repeated ones', () => {
    const head = accept(
      'GET / HTTP/1.1\r\nhOST: a\r\nX-A: 1\r\nx-b: 2\r\nx-a:\t3 \r\nCookie: a\r\nCOOKIE: b\r\n\r\n',
    );
    assert.equal(head.get('host'), 'a');
    assert.equal(head.get('x-a'), '1, 3');
    assert.equal(head.get('cookie'), 'a; b');
    assert.equal(head.get('x'), undefined);
    assert.equal(head.get('x-c'), undefined);
  });

  it('keeps a colon in a value', () => {
    assert.equal(accept('GET / HTTP/1.1\r\nHost: a:1\r\nX: a:b: c\r\n\r\n').get('x'), 'a:b: c');
  });

  it('has the standard methods and any other token, case and all', () => {
    for (const method of [
      'GET',
      'HEAD',
      'POST',
      'PUT',
      'PATCH',
      'DELETE',
      'OPTIONS',
      'TRACE',
      'GEt',
      'GOT',
      'PROPFIND',
      'GETTING-OLD',
      'PUTS',
    ]) {
      assert.equal(accept(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`).method, method);
    }
  });

  it('declares a length of up to 2^53 - 1', () => {
    const head = accept('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9007199254740991\r\n\r\n');
    assert.equal(head.contentLength, Number.MAX_SAFE_INTEGER);
  });
});

describe('a host', () => {
  const good = [
    'a',
    'a:',
    'a:0',
    'a:65535',
    '127.0.0.1:80',
    '[::]',
    '[::1]:80',
    '[1:2:3:4:5:6:7:8]',
    '[1::]',
    'a%41',
  ];
  good.push('[::ffff:255.1.20.0]', '[1:2:3:4:5:6:1.2.3.4]', '[v1.a:b]', "-._~!$&'()*+,;=");
  const bad = [
    'a:65536',
    'a:b',
    'a:1:2',
    'a%4',
    'a%4g',
    'a b',
    'a@b',
    'a/b',
    'a?b',
    '[',
    '[]',
    '[::1',
    '[::1]a',
    ':1',
  ];
  bad.push(
    '[1:2:3:4:5:6:7]',
    '[1:2:3:4:5:6:7:8:9]',
    '[1::2::3]',
    '[1::2::3:4:5:6:7:8]',
    '[12345::]',
    '[::256.1.1.1]',
    '[::1.2.3]',
    '[1.2.3.4::]',
  );
  bad.push('[1:2:3:4:5:6:7::8]', '[v.a]', '[::1]:99999', '[fe80::1%eth0]', '[:1]');
  for (const host of good) {
    it(`may be ${host}`, () => {
      assert.equal(accept(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`).authority, host);
      assert.equal(accept(`GET http://${host}/ HTTP/1.1\r\nHost: x\r\n\r\n`).authority, host);
    });
  }
  for (const host of bad) {
    it(`must not be ${host}`, () => {
      const problem = parse(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      assert.ok(problem instanceof Problem);
      assert.equal(problem.code, 'ERR_HTTP_HOST');
    });
  }
});
