// The contract's clocks, randomness, name resolution and adopted descriptors.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { EBADF, EINVAL, ENOTSOCK, SystemError } from '../../../src/kernel/index.ts';
import { type KernelBackend, promise } from './backend.ts';

export function serviceTests(backend: KernelBackend): void {
  describe('services', () => {
    promise(backend, 'the monotonic clock never goes back', ({ kernel }) => {
      let last = kernel.monotonic();
      for (let i = 0; i < 1000; i++) {
        const now = kernel.monotonic();
        assert.ok(now >= last);
        last = now;
      }
    });

    promise(backend, 'the wall clock counts milliseconds since 1970', ({ kernel }) => {
      assert.ok(kernel.wallClock() > Date.UTC(2025, 0, 1));
      assert.ok(Number.isInteger(kernel.wallClock()));
    });

    promise(backend, 'random fills the whole array, differently each time', ({ kernel }) => {
      const first = new Uint8Array(64);
      const second = new Uint8Array(64);
      kernel.random(first);
      kernel.random(second);
      assert.notDeepEqual(first, second);
      assert.ok(new Set(first).size > 16);
      assert.ok(first.subarray(48).some((byte) => byte !== 0));
    });

    promise(
      backend,
      'localhost resolves to the loopback, with the port that was asked for',
      async ({ kernel }) => {
        const found = await kernel.resolve('localhost', 8080);
        assert.ok(found.length > 0);
        for (const address of found) {
          assert.ok(address.family !== 'unix' && address.port === 8080);
          assert.ok(address.host === '127.0.0.1' || address.host === '::1');
        }
      },
    );

    promise(backend, 'a numeric host resolves to itself', async ({ kernel }) => {
      assert.deepEqual(await kernel.resolve('192.0.2.7', 80), [
        { family: 'inet', host: '192.0.2.7', port: 80 },
      ]);
      assert.deepEqual(await kernel.resolve('2001:db8::7', 80), [
        { family: 'inet6', host: '2001:db8::7', port: 80 },
      ]);
    });

    promise(
      backend,
      'a name that does not exist rejects with a SystemError that names it',
      async ({ kernel }) => {
        await assert.rejects(kernel.resolve('no-such-name.invalid', 80), (error) => {
          assert.ok(error instanceof SystemError);
          assert.match(error.message, /no-such-name\.invalid/);
          return true;
        });
      },
    );

    promise(backend, 'an adopted listener keeps its number and accepts', (rig) => {
      const [listener, address] = rig.listen(rig.address('inet'));
      assert.equal(rig.kernel.adopt(listener), listener);
      rig.connect(address);
      rig.accept(listener);
    });

    promise(backend, 'a connection is not adopted, and stays as it is', (rig) => {
      const [client, server] = rig.pair('inet');
      assert.equal(rig.kernel.adopt(server), -EINVAL);
      rig.send(client, 'still here');
      assert.equal(rig.recv(server), 'still here');
    });

    promise(backend, 'what is no open descriptor, or no socket, is not adopted', (rig) => {
      assert.equal(rig.kernel.adopt(9999), -EBADF);
      const file = rig.own(backend.openFile(rig.kernel, new Uint8Array(1)));
      assert.equal(rig.kernel.adopt(file), -ENOTSOCK);
    });
  });
}
