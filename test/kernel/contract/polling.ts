// The contract's poller: what is an edge and what is not, tokens, flags, waiting.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { EBADF, ENOENT, HANGUP, PEER_CLOSED, READABLE, WRITABLE } from '../../../src/kernel/index.ts';
import { expectReport, type Family, type KernelBackend, promise, reports } from './backend.ts';

const EEXIST = 17;
const MAX_TOKEN = 0x7fffffff;

export function pollingTests(backend: KernelBackend, family: Family): void {
  const tcp = family === 'inet';

  describe(`polling ${tcp ? 'TCP' : 'unix sockets'}`, () => {
    promise(backend, 'nothing is reported while nothing is ready', (rig) => {
      const [, server] = rig.pair(family);
      const poller = rig.poller();
      assert.equal(poller.add(server, 1, 0), 0);
      assert.deepEqual(reports(poller), []);
    });

    promise(backend, 'what is true when a descriptor is added is reported at once', (rig) => {
      const [client, server] = rig.pair(family);
      rig.send(client, 'early');
      rig.settle();
      const poller = rig.poller();
      poller.add(server, 1, 0);
      poller.add(client, 2, WRITABLE);
      assert.deepEqual(reports(poller), [
        [1, READABLE],
        [2, WRITABLE],
      ]);
    });

    promise(backend, 'bytes are reported once, not again until more arrive', (rig) => {
      const [client, server] = rig.pair(family);
      const poller = rig.poller();
      poller.add(server, 1, 0);
      rig.send(client, 'a');
      assert.equal(expectReport(poller, 1, READABLE), READABLE);
      rig.settle();
      assert.deepEqual(reports(poller), []);
      rig.send(client, 'b');
      assert.equal(expectReport(poller, 1, READABLE), READABLE);
      assert.equal(rig.recv(server), 'ab');
      rig.settle();
      assert.deepEqual(reports(poller), []);
    });

    promise(backend, 'arrivals between two waits are one report', (rig) => {
      const [client, server] = rig.pair(family);
      const poller = rig.poller();
      poller.add(server, 1, 0);
      rig.send(client, 'a');
      rig.settle();
      rig.send(client, 'b');
      rig.settle();
      assert.deepEqual(reports(poller), [[1, READABLE]]);
      assert.deepEqual(reports(poller), []);
    });

    promise(backend, 'bytes that were read before the wait are not reported', (rig) => {
      const [client, server] = rig.pair(family);
      const poller = rig.poller();
      poller.add(server, 1, 0);
      rig.send(client, 'quick');
      assert.equal(rig.recv(server), 'quick');
      assert.deepEqual(reports(poller), []);
    });

    promise(backend, 'modify reports again what is still true', (rig) => {
      const [client, server] = rig.pair(family);
      const poller = rig.poller();
      poller.add(server, 1, 0);
      rig.send(client, 'a');
      expectReport(poller, 1, READABLE);
      assert.deepEqual(reports(poller), []);
      assert.equal(poller.modify(server, 1, 0), 0);
      assert.deepEqual(reports(poller), [[1, READABLE]]);
      assert.deepEqual(reports(poller), []);
    });

    promise(backend, 'WRITABLE is for those who ask, and a report carries all that is true', (rig) => {
      const [client, server] = rig.pair(family);
      const poller = rig.poller();
      poller.add(server, 1, 0);
      assert.deepEqual(reports(poller), []);
      poller.modify(server, 1, WRITABLE);
      assert.deepEqual(reports(poller), [[1, WRITABLE]]);
      assert.deepEqual(reports(poller), []);
      rig.send(client, 'x');
      assert.equal(expectReport(poller, 1, READABLE), READABLE | WRITABLE);
      poller.modify(server, 1, 0);
      assert.deepEqual(reports(poller), [[1, READABLE]]);
    });

    promise(backend, 'after a short count, room is reported without another try', (rig) => {
      const [client, server] = rig.pair(family);
      const poller = rig.poller();
      poller.add(client, 1, WRITABLE);
      expectReport(poller, 1, WRITABLE);
      // More than any buffers of a connection hold, tcp_wmem and tcp_rmem together.
      const bytes = new Uint8Array(64 * 1024 * 1024);
      const count = rig.kernel.send(client, bytes, 0, bytes.length);
      assert.ok(count > 0 && count < bytes.length);
      rig.drain(server);
      assert.equal(expectReport(poller, 1, WRITABLE), WRITABLE);
    });

    promise(backend, 'room is not reported to those who did not ask, though bytes wait to be read', (rig) => {
      const [client, server] = rig.pair(family);
      const poller = rig.poller();
      poller.add(client, 1, 0);
      rig.send(server, 'unread');
      expectReport(poller, 1, READABLE);
      rig.fill(client);
      rig.drain(server);
      rig.settle();
      assert.deepEqual(reports(poller), []);
    });

    promise(backend, 'modify changes the token', (rig) => {
      const [client, server] = rig.pair(family);
      const poller = rig.poller();
      poller.add(server, 1, 0);
      poller.modify(server, MAX_TOKEN, 0);
      rig.send(client, 'x');
      expectReport(poller, MAX_TOKEN, READABLE);
    });

    promise(backend, 'a half-close is READABLE and PEER_CLOSED, and no HANGUP', (rig) => {
      const [client, server] = rig.pair(family);
      const poller = rig.poller();
      poller.add(server, 1, 0);
      rig.kernel.shutdown(client);
      assert.equal(expectReport(poller, 1, PEER_CLOSED), READABLE | PEER_CLOSED);
      rig.settle();
      assert.deepEqual(reports(poller), []);
    });

    promise(
      backend,
      "bytes and the FIN behind them may be one report, and the FIN's has PEER_CLOSED",
      (rig) => {
        const [client, server] = rig.pair(family);
        const poller = rig.poller();
        poller.add(server, 1, 0);
        rig.send(client, 'all');
        rig.kernel.shutdown(client);
        rig.settle();
        assert.deepEqual(reports(poller), [[1, READABLE | PEER_CLOSED]]);
        assert.equal(rig.recv(server), 'all');
        assert.deepEqual(reports(poller), []);
        assert.equal(rig.recv(server), '');
      },
    );

    promise(
      backend,
      "a peer's close: over TCP its other direction may live on, a unix socket hangs up",
      (rig) => {
        const [client, server] = rig.pair(family);
        const poller = rig.poller();
        poller.add(server, 1, 0);
        rig.close(client);
        const flags = expectReport(poller, 1, PEER_CLOSED);
        assert.equal(flags, READABLE | PEER_CLOSED | (tcp ? 0 : HANGUP | WRITABLE));
      },
    );

    promise(backend, 'both sides shut down is HANGUP', (rig) => {
      const [client, server] = rig.pair(family);
      const poller = rig.poller();
      poller.add(server, 1, 0);
      rig.kernel.shutdown(client);
      expectReport(poller, 1, PEER_CLOSED);
      rig.kernel.shutdown(server);
      assert.equal(expectReport(poller, 1, HANGUP), READABLE | WRITABLE | PEER_CLOSED | HANGUP);
    });

    promise(backend, 'a reset is HANGUP with all the others, whatever was asked for', (rig) => {
      const [client, server] = rig.pair(family);
      const poller = rig.poller();
      poller.add(server, 1, 0);
      rig.send(server, 'unread');
      rig.settle();
      rig.close(client, 'reset');
      assert.equal(expectReport(poller, 1, HANGUP), READABLE | WRITABLE | PEER_CLOSED | HANGUP);
      rig.settle();
      assert.deepEqual(reports(poller), []);
    });

    promise(
      backend,
      'a listener is reported for every connection, even where the last was not accepted',
      (rig) => {
        const [listener, address] = rig.listen(rig.address(family));
        const poller = rig.poller();
        poller.add(listener, 1, 0);
        rig.connect(address);
        assert.equal(expectReport(poller, 1, READABLE), READABLE);
        rig.settle();
        assert.deepEqual(reports(poller), []);
        rig.connect(address);
        assert.equal(expectReport(poller, 1, READABLE), READABLE);
        rig.accept(listener);
        rig.accept(listener);
        assert.deepEqual(reports(poller), []);
      },
    );

    promise(backend, 'a removed descriptor is not reported, though it was ready', (rig) => {
      const [client, server] = rig.pair(family);
      const poller = rig.poller();
      poller.add(server, 1, 0);
      rig.send(client, 'x');
      rig.settle();
      assert.equal(poller.remove(server), 0);
      assert.deepEqual(reports(poller), []);
      rig.send(client, 'y');
      rig.settle();
      assert.deepEqual(reports(poller), []);
      assert.equal(poller.add(server, 2, 0), 0);
      assert.deepEqual(reports(poller), [[2, READABLE]]);
    });

    promise(backend, 'a descriptor that is used again is reported with its new token only', (rig) => {
      const [listener, address] = rig.listen(rig.address(family));
      const poller = rig.poller();
      const first = rig.connect(address);
      const server = rig.accept(listener);
      poller.add(server, 1, WRITABLE);
      rig.send(first, 'for the first');
      rig.settle();
      poller.remove(server);
      rig.close(server);
      const second = rig.own(rig.kernel.connect(address));
      assert.equal(second, server, 'the lowest free number is taken');
      rig.waitFor(second, WRITABLE);
      poller.add(second, 2, 0);
      const other = rig.accept(listener);
      assert.deepEqual(reports(poller), []);
      rig.send(other, 'for the second');
      rig.settle();
      assert.deepEqual(reports(poller), [[2, READABLE]]);
    });

    promise(backend, 'every poller that watches a descriptor reports it', (rig) => {
      const [client, server] = rig.pair(family);
      const one = rig.poller();
      const two = rig.poller();
      one.add(server, 1, 0);
      two.add(server, 2, 0);
      rig.send(client, 'x');
      rig.settle();
      assert.deepEqual(reports(one), [[1, READABLE]]);
      assert.deepEqual(reports(two), [[2, READABLE]]);
    });

    promise(backend, 'a closed poller watches nothing, and others go on', (rig) => {
      const [client, server] = rig.pair(family);
      const gone = rig.kernel.createPoller();
      gone.add(server, 1, 0);
      gone.close();
      const poller = rig.poller();
      assert.equal(poller.add(server, 2, 0), 0);
      rig.send(client, 'x');
      expectReport(poller, 2, READABLE);
    });

    promise(backend, 'many descriptors that become ready at once are all reported, each once', (rig) => {
      const [listener, address] = rig.listen(rig.address(family), 512);
      const poller = rig.poller();
      const clients: number[] = [];
      for (let i = 0; i < 300; i++) {
        const client = rig.own(rig.kernel.connect(address));
        rig.waitFor(client, WRITABLE);
        poller.add(rig.accept(listener), i, 0);
        clients.push(client);
      }
      for (const client of clients) rig.send(client, 'x');
      rig.settle();
      const seen: number[] = [];
      for (let found = reports(poller); found.length > 0; found = reports(poller)) {
        for (const [token, flags] of found) {
          assert.equal(flags, READABLE);
          seen.push(token);
        }
      }
      assert.deepEqual(
        seen.sort((a, b) => a - b),
        clients.map((_, i) => i),
      );
    });

    promise(
      backend,
      'adding twice is EEXIST, changing what is not watched ENOENT, what is not open EBADF',
      (rig) => {
        const [, server] = rig.pair(family);
        const poller = rig.poller();
        assert.equal(poller.add(server, 1, 0), 0);
        assert.equal(poller.add(server, 2, 0), -EEXIST);
        assert.equal(poller.remove(server), 0);
        assert.equal(poller.remove(server), -ENOENT);
        assert.equal(poller.modify(server, 1, 0), -ENOENT);
        assert.equal(poller.add(9999, 1, 0), -EBADF);
      },
    );

    promise(backend, 'a wait for nothing takes its time and no less, and wait(0) takes none', (rig) => {
      const poller = rig.poller();
      const start = rig.kernel.monotonic();
      assert.equal(poller.wait(3), 0);
      assert.ok(rig.kernel.monotonic() - start >= 2.9);
      assert.equal(poller.wait(0), 0);
      assert.equal(poller.wait(0.25), 0);
    });

    promise(backend, 'a wait ends when something becomes ready', (rig) => {
      const [client, server] = rig.pair(family);
      const poller = rig.poller();
      poller.add(server, 7, 0);
      rig.send(client, 'x');
      const start = rig.kernel.monotonic();
      assert.equal(poller.wait(-1), 1);
      assert.equal(poller.token(0), 7);
      assert.ok(rig.kernel.monotonic() - start < 1000);
    });
  });
}
