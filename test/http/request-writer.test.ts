// Request heads, as clients send them, and what is refused before a byte of them leaves.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeRequestHead, type HeaderList, LocalProtocolError } from '../../src/http/index.ts';

const HOST = ['Host', 'a.example'];

function lines(method: string, headers: HeaderList, length: number, keepAlive = true): string[] {
  const { text } = encodeRequestHead(method, '/', [...HOST, ...headers], length, keepAlive);
  return text.split('\r\n').slice(2, -2);
}

function refused(code: string, method: string, target: string, headers: HeaderList, length = 0): void {
  assert.throws(
    () => encodeRequestHead(method, target, headers, length),
    (error) => error instanceof LocalProtocolError && error.code === code,
  );
}

describe('a request head', () => {
  it('is a line, the fields and an empty line', () => {
    const head = encodeRequestHead('GET', '/a?b', ['Host', 'a.example:8000', 'Accept', '*/*'], 0);
    assert.equal(head.text, 'GET /a?b HTTP/1.1\r\nHost: a.example:8000\r\nAccept: */*\r\n\r\n');
    assert.deepEqual([head.framing, head.length, head.keepAlive], ['none', 0, true]);
  });

  it('says how long the body is where there is one, or where there could be', () => {
    assert.deepEqual(lines('POST', [], 5), ['Content-Length: 5']);
    assert.deepEqual(lines('GET', [], 5), ['Content-Length: 5']);
    assert.deepEqual(lines('PUT', [], 0), ['Content-Length: 0']);
    assert.deepEqual(lines('DELETE', [], 0), []);
    assert.deepEqual(lines('POST', [], -1), ['Transfer-Encoding: chunked']);
    assert.deepEqual(lines('POST', ['content-length', '7'], -1), ['Content-Length: 7']);
  });

  it('asks to close where the caller or the list does', () => {
    assert.deepEqual(lines('GET', [], 0, false), ['Connection: close']);
    assert.deepEqual(lines('GET', ['connection', 'close'], 0), ['Connection: close']);
    assert.deepEqual(lines('GET', ['Upgrade', 'x', 'Connection', 'upgrade'], 0), [
      'Upgrade: x',
      'Connection: upgrade',
    ]);
  });

  it('takes every form of target that a client may send', () => {
    for (const target of ['/', '/a|b?c"d', 'http://a.example', 'HTTPS://a.example/b']) {
      assert.ok(encodeRequestHead('GET', target, HOST, 0).text.startsWith(`GET ${target} HTTP/1.1\r\n`));
    }
    assert.match(encodeRequestHead('OPTIONS', '*', HOST, 0).text, /^OPTIONS \* /);
  });

  it('is refused where it would be no request', () => {
    for (const target of ['', 'a', '/a b', '/a#b', '/é', '/\r\n', '*', 'ftp://a/', 'http://', 'http:///a']) {
      refused('ERR_HTTP_TARGET', 'GET', target, HOST);
    }
    refused('ERR_HTTP_TOKEN', 'GET /', '/', HOST);
    refused('ERR_HTTP_TOKEN', '', '/', HOST);
    refused('ERR_HTTP_CONNECT', 'CONNECT', '/', HOST);
    refused('ERR_HTTP_HOST', 'GET', '/', []);
    refused('ERR_HTTP_HOST', 'GET', '/', [...HOST, ...HOST]);
    refused('ERR_HTTP_HOST', 'GET', '/', ['Host', 'a b']);
    refused('ERR_HTTP_CONTENT_LENGTH_MISMATCH', 'POST', '/', [...HOST, 'Content-Length', '1'], 2);
    refused('ERR_HTTP_FIELD_VALUE', 'GET', '/', [...HOST, 'X', 'a\r\nb']);
  });
});
