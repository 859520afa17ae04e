// The contract's connections: bytes, ends, half-closes, resets, full buffers. The same over TCP and unix sockets but
// for a few facts, each named where it is tested.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { EAGAIN, EBADF, ECONNRESET, ENOTCONN, EPIPE, WRITABLE } from '../../../src/kernel/index.ts';
import { expectReport, type Family, type KernelBackend, promise, reports } from './backend.ts';

export function streamTests(backend: KernelBackend, family: Family): void {
  const tcp = family === 'inet';

  describe(`connections over ${tcp ? 'TCP' : 'unix sockets'}`, () => {
    promise(backend, 'bytes arrive whole and in order, in both directions', (rig) => {
      const [client, server] = rig.pair(family);
      assert.equal(rig.send(client, 'one '), 4);
      assert.equal(rig.send(client, 'two'), 3);
      assert.equal(rig.send(server, 'back'), 4);
      assert.equal(rig.recv(server), 'one two');
      assert.equal(rig.recv(client), 'back');
    });

    promise(backend, 'a longer stream arrives as it was sent', (rig) => {
      const [client, server] = rig.pair(family);
      const sent = new Uint8Array(300_000);
      for (let i = 0; i < sent.length; i++) sent[i] = (i * 31 + (i >> 8)) & 0xff;
      const received = new Uint8Array(sent.length);
      let from = 0;
      let to = 0;
      while (to < sent.length) {
        if (from < sent.length) from += Math.max(0, rig.kernel.send(client, sent, from, sent.length - from));
        rig.settle();
        const count = rig.kernel.recv(server, received, to, Math.min(7001, received.length - to));
        if (count !== -EAGAIN) to += count;
        assert.ok(count > 0 || count === -EAGAIN);
      }
      assert.deepEqual(received, sent);
    });

    promise(
      backend,
      'memory that the kernel allocated is received into and sent from at any place',
      (rig) => {
        const [client, server] = rig.pair(family);
        for (const size of [16, 100_000]) {
          const source = rig.kernel.allocate(size);
          const target = rig.kernel.allocate(size).fill('.');
          source.write('0123456789');
          for (const offset of [3, 0, 6]) {
            assert.equal(rig.kernel.send(client, source, offset, 4), 4);
            rig.settle();
            assert.equal(rig.kernel.recv(server, target, offset, 10 - offset), 4);
          }
          assert.equal(target.toString('latin1', 0, 10), '0123456789');
        }
      },
    );

    promise(backend, 'memory that was taken away is not written to', (rig) => {
      const [client, server] = rig.pair(family);
      const target = rig.kernel.allocate(100_000);
      rig.send(client, 'one');
      rig.settle();
      assert.equal(rig.kernel.recv(server, target, 0, 1), 1);
      structuredClone(target.buffer, { transfer: [target.buffer as ArrayBuffer] });
      assert.throws(() => rig.kernel.recv(server, target, 0, 1), RangeError);
    });

    promise(backend, 'recv and send touch only the part of the buffer that they were given', (rig) => {
      const [client, server] = rig.pair(family);
      const source = Buffer.from('0123456789');
      assert.equal(rig.kernel.send(client, source, 3, 4), 4);
      rig.settle();
      const target = Buffer.from('..........');
      assert.equal(rig.kernel.recv(server, target, 2, 3), 3);
      assert.equal(target.toString(), '..345.....');
      assert.equal(rig.kernel.recv(server, target, 9, 1), 1);
      assert.equal(target.toString(), '..345....6');
    });

    promise(backend, 'a range outside the buffer throws, and nothing is sent or received', (rig) => {
      const [client, server] = rig.pair(family);
      const bytes = new Uint8Array(10);
      rig.send(client, 'abc');
      rig.settle();
      for (const [offset, length] of [
        [0, 11],
        [10, 1],
        [-1, 1],
        [0, -1],
        [Number.NaN, 1],
        [0, Number.NaN],
      ] as const) {
        assert.throws(() => rig.kernel.recv(server, bytes, offset, length), RangeError);
        assert.throws(() => rig.kernel.send(server, bytes, offset, length), RangeError);
      }
      assert.equal(rig.recv(client), 'EAGAIN');
      assert.equal(rig.recv(server), 'abc');
    });

    promise(backend, 'recv says EAGAIN when there is nothing', (rig) => {
      const [client, server] = rig.pair(family);
      assert.equal(rig.recv(server), 'EAGAIN');
      rig.send(client, 'x');
      assert.equal(rig.recv(server), 'x');
      assert.equal(rig.recv(server), 'EAGAIN');
    });

    promise(
      backend,
      'after a shutdown the peer reads to the end, then 0 for ever, and can still send',
      (rig) => {
        const [client, server] = rig.pair(family);
        rig.send(client, 'last words');
        assert.equal(rig.kernel.shutdown(client), 0);
        assert.equal(rig.recv(server, 4), 'last');
        assert.equal(rig.recv(server), ' words');
        assert.equal(rig.recv(server), '');
        assert.equal(rig.recv(server), '');
        assert.equal(rig.send(server, 'answer'), 6);
        assert.equal(rig.recv(client), 'answer');
        assert.equal(rig.recv(client), 'EAGAIN');
      },
    );

    promise(backend, 'after its own shutdown a socket sends no more: EPIPE', (rig) => {
      const [client] = rig.pair(family);
      rig.kernel.shutdown(client);
      assert.equal(rig.send(client, 'x'), -EPIPE);
      assert.equal(rig.send(client, 'x'), -EPIPE);
    });

    promise(backend, 'after a close the peer reads what was sent, then 0', (rig) => {
      const [client, server] = rig.pair(family);
      rig.send(client, 'goodbye');
      rig.close(client);
      assert.equal(rig.recv(server), 'goodbye');
      assert.equal(rig.recv(server), '');
      assert.equal(rig.recv(server), '');
    });

    promise(backend, 'what is sent to a closed peer ends in EPIPE, and recv goes on saying 0', (rig) => {
      const [client, server] = rig.pair(family);
      rig.close(client);
      rig.settle();
      // Over TCP the first send is taken: only the peer's RST tells that nobody reads.
      assert.equal(rig.send(server, 'x'), tcp ? 1 : -EPIPE);
      rig.settle();
      assert.equal(rig.recv(server), '');
      assert.equal(rig.send(server, 'x'), -EPIPE);
      assert.equal(rig.send(server, 'x'), -EPIPE);
      assert.equal(rig.recv(server), '');
    });

    promise(
      backend,
      'closing with bytes unread resets: the peer gets ECONNRESET once, then 0 and EPIPE',
      (rig) => {
        const [client, server] = rig.pair(family);
        rig.send(server, 'never read');
        rig.settle();
        rig.close(client);
        assert.equal(rig.recv(server), 'ECONNRESET');
        assert.equal(rig.recv(server), '');
        assert.equal(rig.send(server, 'x'), -EPIPE);
      },
    );

    promise(backend, 'what arrived before a reset can still be read', (rig) => {
      const [client, server] = rig.pair(family);
      rig.send(server, 'never read');
      rig.settle();
      rig.send(client, 'answer');
      rig.settle();
      rig.close(client);
      assert.equal(rig.recv(server, 3), 'ans');
      assert.equal(rig.recv(server), 'wer');
      assert.equal(rig.recv(server), 'ECONNRESET');
      assert.equal(rig.recv(server), '');
    });

    if (tcp) {
      promise(backend, "close with 'reset' resets: ECONNRESET once on recv, then 0 and EPIPE", (rig) => {
        const [client, server] = rig.pair(family);
        rig.close(client, 'reset');
        assert.equal(rig.recv(server), 'ECONNRESET');
        assert.equal(rig.recv(server), '');
        assert.equal(rig.send(server, 'x'), -EPIPE);
      });

      promise(backend, 'a reset that a send meets first is ECONNRESET once, then EPIPE', (rig) => {
        const [client, server] = rig.pair(family);
        rig.close(client, 'reset');
        rig.settle();
        assert.equal(rig.send(server, 'x'), -ECONNRESET);
        assert.equal(rig.send(server, 'x'), -EPIPE);
        assert.equal(rig.recv(server), '');
      });

      promise(backend, 'a reset that socketError tells is told once', (rig) => {
        const [client, server] = rig.pair(family);
        rig.close(client, 'reset');
        rig.settle();
        assert.equal(rig.kernel.socketError(server), -ECONNRESET);
        assert.equal(rig.kernel.socketError(server), 0);
      });

      promise(
        backend,
        'a reset after the FIN was seen: recv goes on saying 0, socketError says EPIPE',
        (rig) => {
          const [client, server] = rig.pair(family);
          rig.send(server, 'unread');
          rig.settle();
          rig.kernel.shutdown(client);
          rig.settle();
          rig.close(client);
          assert.equal(rig.recv(server), '');
          assert.equal(rig.kernel.socketError(server), -EPIPE);
        },
      );

      promise(backend, 'a connection that is gone has no peer address', (rig) => {
        const [client, server] = rig.pair(family);
        rig.close(client, 'reset');
        rig.settle();
        assert.equal(rig.kernel.peerAddress(server), undefined);
        assert.notEqual(rig.kernel.localAddress(server), undefined);
      });

      promise(
        backend,
        'a connection that both sides have shut down is gone: shutdown says ENOTCONN',
        (rig) => {
          const [client, server] = rig.pair(family);
          rig.kernel.shutdown(client);
          rig.settle();
          rig.kernel.shutdown(server);
          rig.settle();
          assert.equal(rig.kernel.peerAddress(server), undefined);
          assert.equal(rig.kernel.peerAddress(client), undefined);
          assert.equal(rig.kernel.shutdown(server), -ENOTCONN);
        },
      );

      promise(backend, 'what is sent to a peer that closed makes its answer end in a reset', (rig) => {
        const [client, server] = rig.pair(family);
        rig.send(server, 'the answer');
        rig.close(server);
        rig.settle();
        assert.equal(rig.send(client, 'more of the request'), 19);
        rig.settle();
        assert.equal(rig.recv(client), 'the answer');
        assert.equal(rig.recv(client), '');
        assert.equal(rig.send(client, 'x'), -EPIPE);
      });
    } else {
      promise(backend, "close with 'reset' is an ordinary close: unix sockets know no RST", (rig) => {
        const [client, server] = rig.pair(family);
        rig.send(client, 'kept');
        rig.close(client, 'reset');
        assert.equal(rig.recv(server), 'kept');
        assert.equal(rig.recv(server), '');
      });
    }

    promise(
      backend,
      'a full connection takes fewer bytes, then EAGAIN, and is writable once the peer has read',
      (rig) => {
        const [client, server] = rig.pair(family);
        const poller = rig.poller();
        poller.add(client, 1, WRITABLE);
        expectReport(poller, 1, WRITABLE);
        const sent = rig.fill(client);
        assert.ok(sent > 1000);
        assert.equal(rig.send(client, 'x'), -EAGAIN);
        reports(poller);
        assert.deepEqual(reports(poller), []);
        assert.equal(rig.drain(server), sent);
        assert.equal(expectReport(poller, 1, WRITABLE), WRITABLE);
        assert.equal(rig.send(client, 'x'), 1);
      },
    );

    promise(backend, 'a FIN behind a full buffer comes after all of it', (rig) => {
      const [client, server] = rig.pair(family);
      const sent = rig.fill(client);
      rig.kernel.shutdown(client);
      rig.settle();
      assert.equal(rig.drain(server), sent);
      assert.equal(rig.recv(server), '');
    });

    promise(backend, 'sendfile sends from a position, and fewer bytes where the file ends', (rig) => {
      const [client, server] = rig.pair(family);
      const file = rig.own(backend.openFile(rig.kernel, Buffer.from('0123456789')));
      assert.equal(rig.kernel.sendfile(client, file, 2, 3), 3);
      assert.equal(rig.recv(server), '234');
      assert.equal(rig.kernel.sendfile(client, file, 7, 100), 3);
      assert.equal(rig.recv(server), '789');
      assert.equal(rig.kernel.sendfile(client, file, 10, 100), 0);
      assert.equal(rig.kernel.sendfile(client, file, 0, 1), 1);
      assert.equal(rig.recv(server), '0');
    });

    promise(backend, 'bytes that others follow arrive with those, in order', (rig) => {
      const [client, server] = rig.pair(family);
      const file = rig.own(backend.openFile(rig.kernel, Buffer.from('body')));
      const head = Buffer.from('head ');
      assert.equal(rig.kernel.send(client, head, 0, head.length, true), head.length);
      assert.equal(rig.kernel.sendfile(client, file, 0, 4), 4);
      assert.equal(rig.recv(server), 'head body');
    });

    promise(backend, 'sendfile to a full connection is EAGAIN, after a shutdown EPIPE', (rig) => {
      const [client] = rig.pair(family);
      const file = rig.own(backend.openFile(rig.kernel, new Uint8Array(100)));
      rig.fill(client);
      assert.equal(rig.kernel.sendfile(client, file, 0, 100), -EAGAIN);
      rig.kernel.shutdown(client);
      assert.equal(rig.kernel.sendfile(client, file, 0, 100), -EPIPE);
    });

    promise(backend, 'every call on a closed descriptor is EBADF', (rig) => {
      const [client] = rig.pair(family);
      rig.close(client);
      const file = rig.own(backend.openFile(rig.kernel, new Uint8Array(1)));
      const unused = 9999;
      const bytes = new Uint8Array(1);
      assert.equal(rig.kernel.recv(unused, bytes, 0, 1), -EBADF);
      assert.equal(rig.kernel.send(unused, bytes, 0, 1), -EBADF);
      assert.equal(rig.kernel.sendfile(unused, file, 0, 1), -EBADF);
      assert.equal(rig.kernel.shutdown(unused), -EBADF);
      assert.equal(rig.kernel.close(unused), -EBADF);
      assert.equal(rig.kernel.socketError(unused), -EBADF);
    });

    promise(backend, 'a listener neither receives nor sends', (rig) => {
      const [listener] = rig.listen(rig.address(family));
      // Where there is no connection, TCP and unix sockets have different words for it.
      assert.equal(rig.recv(listener), tcp ? 'ENOTCONN' : 'EINVAL');
      assert.equal(rig.send(listener, 'x'), tcp ? -EPIPE : -ENOTCONN);
    });
  });
}
