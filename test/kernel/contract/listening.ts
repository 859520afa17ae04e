// The contract's listeners, and how connections come about: addresses, ports, queues, refusals.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import {
  EADDRINUSE,
  EADDRNOTAVAIL,
  EAGAIN,
  EBADF,
  ECONNREFUSED,
  EINVAL,
  EPIPE,
  HANGUP,
  type InetAddress,
  READABLE,
  WRITABLE,
} from '../../../src/kernel/index.ts';
import { type KernelBackend, portOf, promise, reports } from './backend.ts';

const ANY: InetAddress = { family: 'inet', host: '127.0.0.1', port: 0 };
const ANY6: InetAddress = { family: 'inet6', host: '::1', port: 0 };
const OPTIONS = { backlog: 16 };

export function listeningTests(backend: KernelBackend): void {
  describe('listening', () => {
    promise(backend, 'port 0 gets a free port, which localAddress tells', (rig) => {
      const [, first] = rig.listen(ANY);
      const [, second] = rig.listen(ANY);
      assert.ok(portOf(first) > 0 && portOf(second) > 0 && portOf(first) !== portOf(second));
      assert.deepEqual(first, { ...ANY, port: portOf(first) });
    });

    promise(backend, 'a second listener on the same address is refused with EADDRINUSE', (rig) => {
      const [, address] = rig.listen(ANY);
      assert.equal(rig.kernel.listen(address, OPTIONS), -EADDRINUSE);
    });

    promise(backend, 'a listener on every address and one on a single address exclude each other', (rig) => {
      const [, one] = rig.listen(ANY);
      assert.equal(rig.kernel.listen({ ...ANY, host: '0.0.0.0', port: portOf(one) }, OPTIONS), -EADDRINUSE);
      assert.equal(rig.kernel.listen({ ...ANY6, host: '::', port: portOf(one) }, OPTIONS), -EADDRINUSE);
      const v6only = { ...OPTIONS, ipv6Only: true };
      rig.own(rig.kernel.listen({ ...ANY6, host: '::', port: portOf(one) }, v6only));
    });

    promise(backend, 'a port is free again once its listener is closed', (rig) => {
      const [listener, address] = rig.listen(ANY);
      const client = rig.connect(address);
      const server = rig.accept(listener);
      rig.close(listener);
      rig.close(server);
      rig.settle();
      rig.own(rig.kernel.listen(address, OPTIONS));
      rig.close(client);
    });

    promise(backend, 'listeners share a port if all of them ask for reusePort', (rig) => {
      const options = { ...OPTIONS, reusePort: true };
      const first = rig.own(rig.kernel.listen(ANY, options));
      const address = rig.kernel.localAddress(first)!;
      const second = rig.own(rig.kernel.listen(address, options));
      assert.equal(rig.kernel.listen(address, OPTIONS), -EADDRINUSE);
      for (let i = 0; i < 64; i++) rig.own(rig.kernel.connect(address));
      rig.settle();
      const accepted = [first, second].map((listener) => {
        let count = 0;
        for (let fd = rig.kernel.accept(listener); fd >= 0; fd = rig.kernel.accept(listener)) {
          rig.own(fd);
          count++;
        }
        return count;
      });
      // Each queue takes 17, so that some of the 64 may wait: what counts is that both got some.
      assert.ok(accepted[0]! > 0 && accepted[1]! > 0, `${accepted}`);
    });

    promise(backend, 'an address of another machine is refused with EADDRNOTAVAIL', (rig) => {
      assert.equal(rig.kernel.listen({ ...ANY, host: '192.0.2.1' }, OPTIONS), -EADDRNOTAVAIL);
    });

    promise(backend, 'what no address can be is a TypeError', ({ kernel }) => {
      assert.throws(() => kernel.listen({ ...ANY, host: 'localhost' }, OPTIONS), TypeError);
      assert.throws(() => kernel.listen({ ...ANY, host: '::1' }, OPTIONS), TypeError);
      assert.throws(() => kernel.listen({ ...ANY6, host: '127.0.0.1' }, OPTIONS), TypeError);
      assert.throws(() => kernel.listen({ ...ANY, port: 65536 }, OPTIONS), TypeError);
      assert.throws(() => kernel.connect({ ...ANY, port: 1.5 }), TypeError);
      assert.throws(() => kernel.listen({ family: 'unix', path: '' }, OPTIONS), TypeError);
      assert.throws(() => kernel.connect({ family: 'unix', path: `/${'x'.repeat(108)}` }), TypeError);
    });

    promise(backend, 'accept says EAGAIN when no connection is queued', (rig) => {
      const [listener, address] = rig.listen(ANY);
      assert.equal(rig.kernel.accept(listener), -EAGAIN);
      rig.connect(address);
      rig.accept(listener);
      assert.equal(rig.kernel.accept(listener), -EAGAIN);
    });

    promise(backend, 'accept on what does not listen is EINVAL, on what is not open EBADF', (rig) => {
      const [client] = rig.pair('inet');
      assert.equal(rig.kernel.accept(client), -EINVAL);
      assert.equal(rig.kernel.accept(9999), -EBADF);
    });

    promise(backend, 'connections are accepted in the order in which they came', (rig) => {
      const [listener, address] = rig.listen(ANY);
      const clients = [0, 1, 2, 3].map(() => rig.connect(address));
      for (const client of clients) {
        const server = rig.accept(listener);
        assert.deepEqual(rig.kernel.peerAddress(server), rig.kernel.localAddress(client));
      }
    });

    promise(backend, 'each end of a connection knows both addresses', (rig) => {
      const [listener, address] = rig.listen(ANY);
      const client = rig.connect(address);
      const server = rig.accept(listener);
      assert.deepEqual(rig.kernel.localAddress(server), address);
      assert.deepEqual(rig.kernel.peerAddress(client), address);
      assert.deepEqual(rig.kernel.peerAddress(server), rig.kernel.localAddress(client));
      assert.equal(rig.kernel.peerAddress(listener), undefined);
      assert.equal(rig.kernel.peerAddress(9999), undefined);
      assert.equal(rig.kernel.localAddress(9999), undefined);
    });

    promise(
      backend,
      'a connection to nobody becomes writable, and socketError says ECONNREFUSED once',
      (rig) => {
        const [listener, address] = rig.listen(ANY);
        rig.close(listener);
        const client = rig.own(rig.kernel.connect(address));
        const flags = rig.waitFor(client, WRITABLE);
        assert.equal(flags & (WRITABLE | HANGUP), WRITABLE | HANGUP);
        assert.equal(rig.kernel.peerAddress(client), undefined);
        assert.equal(rig.kernel.socketError(client), -ECONNREFUSED);
        assert.equal(rig.kernel.socketError(client), 0);
        assert.equal(rig.send(client, 'x'), -EPIPE);
      },
    );

    promise(backend, 'the backlog bounds the queue, and what is over it stays connecting', (rig) => {
      const [, address] = rig.listen(ANY, 1);
      rig.connect(address);
      rig.connect(address);
      const third = rig.own(rig.kernel.connect(address));
      const poller = rig.poller();
      poller.add(third, 3, WRITABLE);
      rig.settle();
      assert.deepEqual(reports(poller), []);
      assert.equal(rig.recv(third), 'EAGAIN');
      assert.equal(rig.send(third, 'x'), -EAGAIN);
    });

    promise(backend, 'closing a listener resets the connections that it had queued', (rig) => {
      for (const family of ['inet', 'unix'] as const) {
        const [listener, address] = rig.listen(rig.address(family));
        const client = rig.connect(address);
        rig.close(listener);
        assert.equal(rig.recv(client), 'ECONNRESET');
      }
    });

    promise(
      backend,
      'a client that was gone before it is accepted is accepted, and read to its end',
      (rig) => {
        const [listener, address] = rig.listen(ANY);
        const client = rig.connect(address);
        rig.send(client, 'gone');
        rig.close(client);
        const server = rig.accept(listener);
        assert.equal(rig.recv(server), 'gone');
        assert.equal(rig.recv(server), '');
      },
    );

    promise(backend, 'a connection can be accepted before its client waits for it', (rig) => {
      const [listener, address] = rig.listen(ANY);
      const client = rig.own(rig.kernel.connect(address));
      const server = rig.accept(listener);
      rig.send(server, 'hello');
      assert.equal(rig.recv(client), 'hello');
    });

    promise(backend, 'IPv6 listens, connects and names both ends', (rig) => {
      const [listener, address] = rig.listen(ANY6);
      assert.deepEqual(address, { ...ANY6, port: portOf(address) });
      const client = rig.connect(address);
      const server = rig.accept(listener);
      assert.deepEqual(rig.kernel.peerAddress(server), rig.kernel.localAddress(client));
      rig.send(client, 'six');
      assert.equal(rig.recv(server), 'six');
    });

    promise(backend, 'an IPv6 address is given back in its canonical form', (rig) => {
      const [, address] = rig.listen({ ...ANY6, host: '0:0:0:0:0:0:0:1' });
      assert.deepEqual(address, { ...ANY6, port: portOf(address) });
    });

    promise(backend, 'an IPv6 listener takes IPv4 connections, which it sees as mapped addresses', (rig) => {
      const [listener, address] = rig.listen({ ...ANY6, host: '::' });
      const client = rig.connect({ ...ANY, port: portOf(address) });
      const server = rig.accept(listener);
      const local = rig.kernel.localAddress(client)!;
      assert.deepEqual(rig.kernel.peerAddress(server), {
        family: 'inet6',
        host: '::ffff:127.0.0.1',
        port: portOf(local),
      });
    });

    promise(backend, 'an IPv6 listener with ipv6Only takes no IPv4 connection', (rig) => {
      const listener = rig.own(rig.kernel.listen({ ...ANY6, host: '::' }, { ...OPTIONS, ipv6Only: true }));
      const port = portOf(rig.kernel.localAddress(listener)!);
      const client = rig.own(rig.kernel.connect({ ...ANY, port }));
      rig.waitFor(client, WRITABLE);
      assert.equal(rig.kernel.socketError(client), -ECONNREFUSED);
      rig.connect({ ...ANY6, port });
      assert.equal(rig.waitFor(listener, READABLE), READABLE);
    });
  });
}
