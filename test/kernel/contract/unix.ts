// The contract's unix sockets: their files, modes, and what is left of them.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { EADDRINUSE, EAGAIN, ECONNREFUSED, ENOENT } from '../../../src/kernel/index.ts';
import { type KernelBackend, promise } from './backend.ts';

const OPTIONS = { backlog: 16 };

export function unixTests(backend: KernelBackend): void {
  describe('unix sockets', () => {
    promise(backend, "a listener's file has the mode that was asked for", (rig) => {
      for (const mode of [0o600, 0o666, 0o660]) {
        const path = backend.unixPath();
        rig.own(rig.kernel.listen({ family: 'unix', path }, { ...OPTIONS, mode }));
        assert.equal(backend.fileMode(path), mode);
      }
    });

    promise(backend, 'a file that a dead listener left behind is replaced', (rig) => {
      const [listener, address] = rig.listen(rig.address('unix'));
      rig.close(listener);
      assert.equal(rig.kernel.connect(address), -ECONNREFUSED);
      const [second] = rig.listen(address);
      rig.connect(address);
      rig.accept(second);
    });

    promise(backend, 'a socket that somebody listens on is not replaced: EADDRINUSE', (rig) => {
      const [listener, address] = rig.listen(rig.address('unix'));
      assert.equal(rig.kernel.listen(address, OPTIONS), -EADDRINUSE);
      rig.connect(address);
      rig.accept(listener);
    });

    promise(backend, 'a socket whose queue is full counts as one that somebody listens on', (rig) => {
      const [, address] = rig.listen(rig.address('unix'), 0);
      rig.connect(address);
      assert.equal(rig.kernel.connect(address), -EAGAIN);
      assert.equal(rig.kernel.listen(address, OPTIONS), -EADDRINUSE);
    });

    promise(backend, 'a file that is no socket is never removed: EADDRINUSE', (rig) => {
      const path = backend.unixPath();
      backend.createFile(path);
      const mode = backend.fileMode(path);
      assert.notEqual(mode, undefined);
      assert.equal(rig.kernel.listen({ family: 'unix', path }, OPTIONS), -EADDRINUSE);
      assert.equal(backend.fileMode(path), mode);
    });

    promise(
      backend,
      'connecting where there is no file is ENOENT, to a file that is no socket ECONNREFUSED',
      (rig) => {
        const path = backend.unixPath();
        assert.equal(rig.kernel.connect({ family: 'unix', path }), -ENOENT);
        backend.createFile(path);
        assert.equal(rig.kernel.connect({ family: 'unix', path }), -ECONNREFUSED);
      },
    );

    promise(backend, 'a client without a name is the empty path', (rig) => {
      const [listener, address] = rig.listen(rig.address('unix'));
      const client = rig.connect(address);
      const server = rig.accept(listener);
      assert.deepEqual(rig.kernel.peerAddress(server), { family: 'unix', path: '' });
      assert.deepEqual(rig.kernel.localAddress(client), { family: 'unix', path: '' });
      assert.deepEqual(rig.kernel.peerAddress(client), address);
      assert.deepEqual(rig.kernel.localAddress(server), address);
    });
  });
}
