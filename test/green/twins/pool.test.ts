// How much of libuv's pool twins take.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { computePermits, poolSize } from '../../../src/green/twins/pool.ts';

describe('libuv’s pool', () => {
  it('has four threads, or as many as UV_THREADPOOL_SIZE says and libuv allows', () => {
    const sizes = [undefined, '16', '0', '99999', 'many'].map((size) =>
      poolSize({ UV_THREADPOOL_SIZE: size }),
    );
    assert.deepEqual(sizes, [4, 16, 1, 1024, 4]);
  });

  it('is left two threads, and the event loop a core, by what computes', () => {
    const permits = [
      [1, 4],
      [2, 4],
      [8, 4],
      [8, 16],
      [8, 1],
    ].map(([cores, threads]) => computePermits(cores!, threads!));
    assert.deepEqual(permits, [1, 1, 2, 7, 1]);
  });
});
