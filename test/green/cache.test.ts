// The cache of what was made green.

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Cache } from '../../src/green/cache.ts';

describe('the cache of what was made', () => {
  const base = mkdtempSync(join(tmpdir(), 'siskin-cache-'));
  after(() => rmSync(base, { recursive: true, force: true }));
  const never = (): never => assert.fail('it was made twice');

  it('makes a thing once, for all who come later', () => {
    const folder = join(base, 'once');
    assert.equal(
      new Cache(folder, '1').get(['a', 'source'], () => 'made'),
      'made',
    );
    assert.equal(new Cache(folder, '1').get(['a', 'source'], never), 'made');
    const [file] = readdirSync(folder);
    assert.equal(statSync(join(folder, file!)).mode & 0o777, 0o600);
  });

  it('knows another source and another maker from those', () => {
    const folder = join(base, 'others');
    new Cache(folder, '1').get(['a', 'source'], () => 'made');
    assert.equal(
      new Cache(folder, '1').get(['a', 'source 2'], () => 'again'),
      'again',
    );
    assert.equal(
      new Cache(folder, '2').get(['a', 'source'], () => 'anew'),
      'anew',
    );
  });

  it('is not used where others may write', () => {
    const folder = join(base, 'open');
    new Cache(folder, '1').get(['a'], () => 'made');
    chmodSync(folder, 0o777);
    assert.equal(
      new Cache(folder, '1').get(['a'], () => 'anew'),
      'anew',
    );
  });

  it('does without where there is no folder to be had', () => {
    assert.equal(
      new Cache('/dev/null/nowhere', '1').get(['a'], () => 'made'),
      'made',
    );
  });
});
