// Durations and sizes: what people write is read exactly, and what is shown can be read back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatDuration, formatSize, parseDuration, parseSize } from '../../src/config/quantities.ts';

const DURATIONS: ReadonlyArray<readonly [string, number]> = [
  ['0', 0],
  ['0s', 0],
  ['500ms', 500],
  ['30s', 30_000],
  ['1.5s', 1500],
  ['2m', 120_000],
  ['1h', 3_600_000],
  [' 75 s ', 75_000],
  ['0.4ms', 0],
];

test('durations are read in milliseconds', () => {
  for (const [text, milliseconds] of DURATIONS) assert.equal(parseDuration(text), milliseconds, text);
});

test('a duration without a unit is refused, with both readings of it', () => {
  assert.throws(() => parseDuration('75'), {
    name: 'BadValue',
    message: 'it has no unit: write 75s or 75ms',
  });
});

test('what is no duration is refused', () => {
  for (const text of ['', 's', '-1s', '1 day', '1e3s', '1,5s', '.5s', '1s2', 'NaNs']) {
    assert.throws(() => parseDuration(text), { name: 'BadValue', message: 'it is not a duration' }, text);
  }
});

const SIZES: ReadonlyArray<readonly [string, number]> = [
  ['0', 0],
  ['8192', 8192],
  ['8k', 8192],
  ['8K', 8192],
  ['8kB', 8192],
  ['8KiB', 8192],
  ['100M', 104_857_600],
  ['1.5k', 1536],
  ['1 G', 1_073_741_824],
  ['12B', 12],
];

test('sizes are read in bytes, with powers of 1024', () => {
  for (const [text, bytes] of SIZES) assert.equal(parseSize(text), bytes, text);
});

test('what is no size is refused', () => {
  for (const text of ['', 'k', '-1', '1T', '1e3', '0x10', '8 k b']) {
    assert.throws(() => parseSize(text), { name: 'BadValue', message: 'it is not a size' }, text);
  }
  assert.throws(() => parseSize('0.3k'), { message: 'it is a fraction of a byte' });
});

test('every duration is shown in a notation that reads back as itself', () => {
  fc.assert(
    fc.property(fc.nat(), (milliseconds) => parseDuration(formatDuration(milliseconds)) === milliseconds),
  );
  assert.equal(formatDuration(90_000), '90s');
  assert.equal(formatDuration(7_200_000), '2h');
});

test('every size is shown in a notation that reads back as itself', () => {
  fc.assert(fc.property(fc.maxSafeNat(), (bytes) => parseSize(formatSize(bytes)) === bytes));
  assert.equal(formatSize(1000), '1000');
  assert.equal(formatSize(3 * 1024 ** 2), '3M');
});
