// The contract's end of listening: who has begun to connect is still accepted, nobody else is.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { type Address, EAGAIN, ECONNREFUSED, ENOENT, EPERM, WRITABLE } from '../../../src/kernel/index.ts';
import { type KernelBackend, promise, type Rig, reports } from './backend.ts';

const ANY: Address = { family: 'inet', host: '127.0.0.1', port: 0 };
const ANY6: Address = { family: 'inet6', host: '::1', port: 0 };

export function stoppingTests(backend: KernelBackend): void {
  describe('ceasing to listen', () => {
    for (const [name, address] of [
      ['IPv4', () => ANY],
      ['IPv6', () => ANY6],
      ['a unix socket', () => ({ family: 'unix', path: backend.unixPath() }) as const],
    ] as const) {
      promise(backend, `what is queued can still be accepted, and talked to: ${name}`, (rig) => {
        const [listener, at] = rig.listen(address());
        const clients = [rig.connect(at), rig.connect(at)];
        assert.equal(rig.kernel.stopListening(listener), 0);
        for (const client of clients) {
          const server = rig.accept(listener);
          rig.send(client, 'ping');
          assert.equal(rig.recv(server), 'ping');
          rig.send(server, 'pong');
          assert.equal(rig.recv(client), 'pong');
          rig.close(client);
          assert.equal(rig.recv(server), '');
        }
        assert.equal(rig.kernel.accept(listener), -EAGAIN);
      });
    }

    for (const [name, address] of [
      ['IPv4', ANY],
      ['IPv6', ANY6],
    ] as const) {
      promise(backend, `who comes later gets no answer, neither yes nor no: ${name}`, (rig) => {
        const [listener, at] = rig.listen(address);
        assert.equal(rig.kernel.stopListening(listener), 0);
        assertUnanswered(rig, listener, at);
      });
    }

    promise(backend, 'once the listener is closed, who comes is refused', (rig) => {
      const [listener, address] = rig.listen(ANY);
      assert.equal(rig.kernel.stopListening(listener), 0);
      rig.close(listener);
      const client = rig.own(rig.kernel.connect(address));
      rig.waitFor(client, WRITABLE);
      assert.equal(rig.kernel.socketError(client), -ECONNREFUSED);
    });

    promise(backend, 'it leaves other listeners alone, on the same port too', (rig) => {
      const options = { backlog: 16, reusePort: true };
      const stopped = rig.own(rig.kernel.listen(ANY, options));
      const address = rig.kernel.localAddress(stopped)!;
      rig.close(rig.own(rig.kernel.listen(address, options)));
      const [other, elsewhere] = rig.listen(ANY);
      assert.equal(rig.kernel.stopListening(stopped), 0);
      rig.connect(elsewhere);
      rig.accept(other);
      // A member of the group that comes later takes its share; what the stopped one is dealt is not answered.
      const successor = rig.own(rig.kernel.listen(address, options));
      rig.close(stopped);
      rig.connect(address);
      rig.accept(successor);
    });

    promise(backend, "a unix socket's file is gone, and with it the way in", (rig) => {
      const [listener, address] = rig.listen(rig.address('unix'));
      const client = rig.connect(address);
      assert.equal(rig.kernel.stopListening(listener), 0);
      assert.equal(backend.fileMode(pathOf(address)), undefined);
      assert.equal(rig.kernel.connect(address), -ENOENT);
      // Its place is free while the old one still empties its queue.
      const [successor] = rig.listen(address);
      rig.connect(address);
      rig.accept(successor);
      const server = rig.accept(listener);
      rig.send(client, 'mine');
      assert.equal(rig.recv(server), 'mine');
    });

    promise(backend, 'a file that has taken the place of its own is not removed', (rig) => {
      const [listener, address] = rig.listen(rig.address('unix'));
      backend.createFile(pathOf(address));
      assert.equal(rig.kernel.stopListening(listener), 0);
      assert.notEqual(backend.fileMode(pathOf(address)), undefined);
    });

    promise(backend, 'to stop twice is to stop once, and removes no successor', (rig) => {
      const [listener] = rig.listen(ANY);
      assert.equal(rig.kernel.stopListening(listener), 0);
      assert.equal(rig.kernel.stopListening(listener), 0);
      const [local, address] = rig.listen(rig.address('unix'));
      assert.equal(rig.kernel.stopListening(local), 0);
      rig.listen(address);
      assert.equal(rig.kernel.stopListening(local), 0);
      assert.notEqual(backend.fileMode(pathOf(address)), undefined);
    });

    for (const family of ['inet', 'unix'] as const) {
      promise(backend, `an adopted listener is not stopped, others may listen on it: ${family}`, (rig) => {
        const [listener, address] = rig.listen(rig.address(family));
        assert.equal(rig.kernel.adopt(listener), listener);
        assert.equal(rig.kernel.stopListening(listener), -EPERM);
        rig.connect(address);
        rig.accept(listener);
        if (address.family === 'unix') assert.notEqual(backend.fileMode(address.path), undefined);
      });
    }

    promise(backend, 'what is no listener of ours is left alone', (rig) => {
      const [client, server] = rig.pair('inet');
      assert.equal(rig.kernel.stopListening(client), -EPERM);
      assert.equal(rig.kernel.stopListening(9999), -EPERM);
      rig.send(server, 'still here');
      assert.equal(rig.recv(client), 'still here');
    });
  });
}

function assertUnanswered(rig: Rig, listener: number, address: Address): void {
  const late = rig.own(rig.kernel.connect(address));
  const poller = rig.poller();
  assert.equal(poller.add(late, 1, WRITABLE), 0);
  rig.settle();
  assert.deepEqual(reports(poller), []);
  assert.equal(rig.kernel.peerAddress(late), undefined);
  assert.equal(rig.kernel.socketError(late), 0);
  assert.equal(rig.kernel.accept(listener), -EAGAIN);
}

function pathOf(address: Address): string {
  return (address as Address & { family: 'unix' }).path;
}
