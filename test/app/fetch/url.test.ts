// The URL of a request: whatever arrives is shown as the platform's parser and serializer show it.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { normalUrl } from '../../../src/app/fetch/url.ts';

const HERE = { localAddress: '127.0.0.1', localPort: 8000 };
const expected = (url: string) => new URL(url).href;

describe('normalUrl', () => {
  const urls = [
    'http://example.org/',
    'http://example.org',
    'http://example.org?x=1',
    'http://EXAMPLE.org:80/a',
    'https://example.org:443/a',
    'http://example.org:8080/a?b=c&d=%20',
    'http://127.1/a',
    'http://[::1]:80/a',
    'http://a/b/../c',
    'http://a/%2e%2E/c',
    'http://a/b/%2e%2e/c',
    'http://a/.well-known/x',
    'http://a/b/.',
    'http://a/b/..',
    'http://a//b//..',
    'http://a/b\\..\\c',
    "http://a/b'c?d'e",
    'http://a/b"c?d"e',
    'http://a/{b}|^`?{c}|^`',
    'http://a/b#c',
    'http://a/%zz?%zz',
    'http://a/b?c?d/../e',
    'http://a/caf\xe9',
    'http://a*',
    'http://x_y/a',
  ];
  for (const url of urls) {
    it(`shows ${url} as the platform does`, () => assert.equal(normalUrl(url, HERE), expected(url)));
  }

  it('takes nothing in a path for a missing host', () => {
    assert.equal(normalUrl('http:///x', HERE), 'http://127.0.0.1:8000/x');
    assert.equal(normalUrl('http:///../x', HERE), 'http://127.0.0.1:8000/x');
  });

  it('names the address that was asked where the host is none of a URL', () => {
    for (const host of ['a%20b', '999.9.9.9', '[v1.x]', 'a:99999', ' ', '%zz']) {
      assert.equal(normalUrl(`http://${host}/x?y`, HERE), 'http://127.0.0.1:8000/x?y', host);
      assert.equal(normalUrl(`https://${host}/../x`, HERE), 'https://127.0.0.1:8000/x', host);
      assert.equal(normalUrl(`http://${host}`, HERE), 'http://127.0.0.1:8000/', host);
    }
    assert.equal(normalUrl('http://a%20b/', { localAddress: '::1', localPort: 80 }), 'http://[::1]/');
    assert.equal(normalUrl('http://a%20b/', { localAddress: '', localPort: 0 }), 'http://localhost/');
  });

  it('shows any target as the platform does', () => {
    const piece = fc.constantFrom(
      '/',
      '.',
      '..',
      '%2e',
      '%2E',
      'a',
      'b',
      '?',
      '#',
      '\\',
      "'",
      '"',
      ' ',
      '%',
      '&',
      '=',
      'é',
      ';',
      '@',
      ':',
    );
    const host = fc.constantFrom('a', 'A.b', 'x:80', 'x:81', '1.2', '[::1]');
    fc.assert(
      fc.property(host, fc.array(piece, { maxLength: 8 }), (name, pieces) => {
        const url = `http://${name}/${pieces.join('')}`;
        assert.equal(normalUrl(url, HERE), expected(url));
      }),
      { numRuns: 3000 },
    );
  });
});
