// The cache of what was made green.

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
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

  it('forgets the older half where too much has come together', () => {
    const folder = join(base, 'full');
    new Cache(folder, '1').get(['old'], () => 'made');
    for (let i = 0; i < 5000; i++) writeFileSync(join(folder, `${i}`), '');
    const [old] = readdirSync(folder).filter((name) => name.length === 64);
    utimesSync(join(folder, old!), 1, 1);
    new Cache(folder, '1').get(['new'], () => 'made');
    assert.ok(readdirSync(folder).length < 3000);
    assert.equal(
      new Cache(folder, '1').get(['old'], () => 'anew'),
      'anew',
    );
    assert.equal(new Cache(folder, '1').get(['new'], never), 'made');
  });

  it('does without where there is no folder to be had', () => {
    assert.equal(
      new Cache('/dev/null/nowhere', '1').get(['a'], () => 'made'),
      'made',
    );
  });
});
