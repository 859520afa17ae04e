// What a client sends must cost time in proportion to its length. Patterns that scan a run of blanks anew from each of its
// characters are the usual way to miss that: one request of 16 KB then holds the whole server for a second.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LightHeaders } from '../../src/app/fetch/headers.ts';
import { prepare } from '../../src/blocking/request.ts';
import { defaultSettings, Networks } from '../../src/config/index.ts';
import { DEFAULT_HEAD_LIMITS, PROBLEMS, parseRequestHead, RequestHead } from '../../src/http/index.ts';
import { readForwarded } from '../../src/server/forwarded.ts';

const LONG = 16_000;

/** Values that make backtracking patterns try everything. */
const HOSTILE: readonly string[] = [
  `a${' '.repeat(LONG)}b`,
  `a${'\t'.repeat(LONG)}b`,
  `chunked;${' '.repeat(LONG)}b`,
  `chunked;a="${'\\"'.repeat(LONG / 2)}`,
  `a${';a=a'.repeat(LONG / 4)} !`,
  `${' ,'.repeat(LONG / 2)}b`,
  'a'.repeat(LONG),
  `for="${'\\"'.repeat(LONG / 2)}`,
  `${'for=a;'.repeat(LONG / 6)} !`,
  `for=${'['.repeat(LONG)}`,
  `[${':'.repeat(LONG)}`,
  '127.0.0.1,::1,'.repeat(LONG / 14),
  '1'.repeat(LONG),
];

/** Milliseconds: what is linear takes a few at most, what is quadratic takes some hundred. */
const FAST = 50;

/** Fastest of three: a garbage collection or a busy machine is no property of the code. */
function time(run: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    run();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

function assertFast(what: string, value: string, run: () => void): void {
  const taken = time(run);
  assert.ok(taken < FAST, `${what}: ${taken.toFixed(0)} ms for ${JSON.stringify(value.slice(0, 20))}…`);
}

function headWith(name: string, value: string): ReturnType<typeof parseRequestHead> {
  const bytes = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\n${name}: ${value}\r\n\r\n`, 'latin1');
  return parseRequestHead(bytes, 0, bytes.length, DEFAULT_HEAD_LIMITS);
}

test('no value of a field that frames a request takes long to judge', () => {
  for (const name of ['Transfer-Encoding', 'Content-Length', 'Connection', 'Expect', 'Host', 'Upgrade']) {
    for (const value of HOSTILE) assertFast(name, value, () => headWith(name, value));
  }
});

test('no value of a field of a proxy takes long to read', () => {
  const trusted = new Networks(defaultSettings().forwardedAllowIps);
  for (const name of ['Forwarded', 'X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Host']) {
    for (const value of HOSTILE) {
      const head = headWith(name, value);
      if (!(head instanceof RequestHead)) continue;
      assertFast(name, value, () => readForwarded(head, '127.0.0.1', trusted));
    }
  }
});

test('no value that an app hands on takes long to check', () => {
  for (const value of HOSTILE) {
    for (const around of ['', 'é', ' ']) {
      const given = around + value + around;
      assertFast('a header', given, () => new LightHeaders().set('x', given));
    }
  }
});

test('blanks around the elements of Transfer-Encoding are no part of them', () => {
  assert.deepEqual(headWith('Transfer-Encoding', 'gzip \t, \t chunked'), PROBLEMS.codingUnknown);
  assert.deepEqual(headWith('Transfer-Encoding', 'chunked\xa0'), PROBLEMS.coding);
});

test('no value of a field that fetchSync sends on takes long to read', () => {
  for (const value of HOSTILE)
    assertFast('fetchSync', value, () => prepare('http://a/', { headers: { 'x-passed-on': value } }));
});
