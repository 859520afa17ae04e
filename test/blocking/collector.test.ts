// What a body costs in memory while its pieces come in.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Collector } from '../../src/blocking/client/collector.ts';

const PIECE = Buffer.from('0123456789abcdef');

describe('the collector of a body', () => {
  it('copies what it has a few times at most, however small the pieces', () => {
    const collector = new Collector();
    const capacities = new Set<number>();
    for (let i = 0; i < 65_536; i++) {
      collector.add(PIECE, 0, PIECE.length);
      capacities.add(collector.capacity);
    }
    assert.ok(capacities.size < 12, `it grew ${capacities.size} times`);
    const bytes = collector.take();
    assert.equal(bytes.length, 1024 * 1024);
    assert.equal(Buffer.from(bytes.subarray(-16)).toString(), '0123456789abcdef');
  });

  it('sets aside no more than is there where it comes at once, and than is to come where that is known', () => {
    const whole = new Collector();
    whole.add(PIECE, 4, 8);
    assert.equal(whole.capacity, 4);
    const known = new Collector();
    known.add(PIECE, 0, 10, 30);
    assert.equal(known.capacity, 40);
  });

  it('does not believe a server that announces much', () => {
    const collector = new Collector();
    collector.add(PIECE, 0, 10, 100_000_000);
    assert.ok(collector.capacity <= 64 * 1024);
  });
});
