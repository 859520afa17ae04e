// The contract's files: what of them is in memory, and bringing them there. Sending them is with the connections.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { EBADF } from '../../../src/kernel/index.ts';
import { type KernelBackend, promise, type Rig } from './backend.ts';

const TEXT = Buffer.from('0123456789');

/** What `load` says, when it does. */
async function load(rig: Rig, file: number, position: number, length: number): Promise<number> {
  let loaded: number | undefined;
  rig.kernel.load(file, position, length, (count) => {
    loaded = count;
  });
  assert.equal(loaded, undefined, 'told before it was asked');
  while (loaded === undefined) {
    rig.settle();
    await setImmediate();
  }
  return loaded;
}

export function fileTests(backend: KernelBackend): void {
  describe('files', () => {
    promise(backend, 'what was written a moment ago is in memory, up to the end of the file', (rig) => {
      const file = rig.own(backend.openFile(rig.kernel, new Uint8Array(300_000)));
      assert.equal(rig.kernel.cached(file, 0, 300_000), 300_000);
      assert.equal(rig.kernel.cached(file, 100_000, 1), 1);
      assert.equal(rig.kernel.cached(file, 300_000, 10), 0);
    });

    promise(backend, 'is read from memory, where the caller says', (rig) => {
      const file = rig.own(backend.openFile(rig.kernel, TEXT));
      const bytes = Buffer.from('..........');
      assert.equal(rig.kernel.readCached(file, 3, bytes, 2, 4), 4);
      assert.equal(bytes.toString(), '..3456....');
      assert.equal(rig.kernel.readCached(file, 8, bytes, 0, 10), 2);
      assert.equal(bytes.toString(), '893456....');
      assert.equal(rig.kernel.readCached(file, 10, bytes, 0, 10), 0);
      assert.throws(() => rig.kernel.readCached(file, 0, bytes, 5, 6), RangeError);
    });

    promise(backend, 'load says how many bytes it has brought into memory', async (rig) => {
      const file = rig.own(backend.openFile(rig.kernel, TEXT));
      assert.equal(await load(rig, file, 2, 3), 3);
      assert.equal(await load(rig, file, 8, 100), 2);
      assert.equal(await load(rig, file, 10, 100), 0);
    });

    promise(backend, 'every call on a closed descriptor is EBADF', async (rig) => {
      assert.equal(rig.kernel.cached(9999, 0, 1), -EBADF);
      assert.equal(rig.kernel.readCached(9999, 0, new Uint8Array(1), 0, 1), -EBADF);
      assert.equal(await load(rig, 9999, 0, 1), -EBADF);
    });
  });
}
