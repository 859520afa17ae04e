// The ring of bytes, against a plain array.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteQueue } from '../../src/net/byte-queue.ts';

test('gives back what it was given, in order, whatever the pieces', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ append: fc.uint8Array({ maxLength: 3000 }), take: fc.nat(4000) })),
      (steps) => {
        const queue = new ByteQueue(5000);
        const model: number[] = [];
        for (const { append, take } of steps) {
          const count = Math.min(append.length, queue.room);
          queue.append(append, append.length - count, count);
          model.push(...append.subarray(append.length - count));
          const target = new Uint8Array(take + 2);
          const taken = queue.take(target, 1, take);
          assert.deepEqual([...target.subarray(1, 1 + taken)], model.splice(0, taken));
          assert.equal(taken < take ? 0 : model.length, queue.length);
          assert.equal(queue.room, 5000 - queue.length);
          assert.equal(target[taken + 1], 0);
        }
      },
    ),
  );
});
