// The URL of a request: whatever arrives is shown as the platform's parser and serializer show it.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { normalUrl } from '../../../src/app/fetch/url.ts';

const expected = (url: string) => URL.parse(url)?.href ?? url;

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
    'http:// /x',
  ];
  for (const url of urls) {
    it(`shows ${url} as the platform does`, () => assert.equal(normalUrl(url), expected(url)));
  }

  it('takes nothing in a path for a missing host', () => {
    assert.equal(normalUrl('http:///x'), 'http:///x');
    assert.equal(normalUrl('http:///../x'), 'http:///../x');
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
        assert.equal(normalUrl(url), expected(url));
      }),
      { numRuns: 3000 },
    );
  });
});
