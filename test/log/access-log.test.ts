// The access log: the combined format, JSON, and what a hostile client can't do to either.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createAccessLog, formatCombined, formatJson } from '../../src/log/access-log.ts';
import type { AccessRecord } from '../../src/server/index.ts';

const RECORD: AccessRecord = {
  time: Date.UTC(2025, 10, 23, 5, 20, 1, 234),
  remoteAddress: '192.0.2.1',
  method: 'GET',
  target: '/a?b=c',
  httpVersion: '1.1',
  status: 200,
  bytes: 13,
  durationMs: 0.4123,
  referer: 'http://example.org/',
  userAgent: 'curl/8.5.0',
};

test('a line is in the combined format, with the duration behind', () => {
  assert.equal(
    formatCombined(RECORD),
    '192.0.2.1 - - [23/Nov/2025:05:20:01 +0000] "GET /a?b=c HTTP/1.1" 200 13 "http://example.org/" "curl/8.5.0" 0.412ms\n',
  );
});

test('what is not known is a dash', () => {
  const line = formatCombined({ ...RECORD, remoteAddress: '', referer: undefined, userAgent: '' });
  assert.match(line, /^- - - \[.*\] "GET .*" 200 13 "-" "-" 0\.412ms\n$/);
});

test('what is no request line stands where one would', () => {
  const line = formatCombined({
    ...RECORD,
    method: '-',
    target: '\x16\x03\x01"',
    httpVersion: '-',
    status: 400,
  });
  assert.match(line, /\] "\\x16\\x03\\x01\\"" 400 13 /);
});

test('the date follows the time, whatever was logged before', () => {
  for (const [time, date] of [
    [0, '01/Jan/1970:00:00:00'],
    [1_000, '01/Jan/1970:00:00:01'],
    [999, '01/Jan/1970:00:00:00'],
    [Date.UTC(2028, 1, 29, 23, 59, 59, 999), '29/Feb/2028:23:59:59'],
  ] as const) {
    assert.ok(formatCombined({ ...RECORD, time }).includes(`[${date} +0000]`), date);
  }
});

test('quotes, backslashes and control characters are escaped', () => {
  const line = formatCombined({ ...RECORD, target: '/"\\\u001b', userAgent: 'a\nb\u009b' });
  assert.ok(line.includes('"GET /\\"\\\\\\x1b HTTP/1.1"'), line);
  assert.ok(line.includes('"a\\x0ab\\x9b"'), line);
});

test('whatever a client sends, a line stays one line with its six quotes', () => {
  const latin1 = fc.string({
    unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  });
  fc.assert(
    fc.property(latin1, latin1, latin1, (target, referer, userAgent) => {
      const line = formatCombined({ ...RECORD, target, referer, userAgent });
      const quotes = line.replace(/\\./g, '').match(/"/g);
      return /^[^\x00-\x1f\x7f-\x9f]*\n$/.test(line) && quotes?.length === 6;
    }),
  );
});

test('a JSON line has the same facts', () => {
  assert.deepEqual(JSON.parse(formatJson(RECORD)), {
    level: 'info',
    ...RECORD,
    durationMs: 0.412,
    time: '2025-11-23T05:20:01.234Z',
    msg: 'request',
  });
});

test('lines of one turn are written together, in order', () => {
  const written: string[] = [];
  const deferred: (() => void)[] = [];
  const log = createAccessLog(true, { write: (text: string) => written.push(text) }, (flush) =>
    deferred.push(flush),
  );
  log.record({ ...RECORD, target: '/1' });
  log.record({ ...RECORD, target: '/2' });
  assert.equal(written.length, 0);
  assert.equal(deferred.length, 1);
  deferred.pop()!();
  log.record({ ...RECORD, target: '/3' });
  log.flush();
  deferred.pop()!();
  assert.equal(written.length, 2);
  const targets = written
    .join('')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).target);
  assert.deepEqual(targets, ['/1', '/2', '/3']);
});
