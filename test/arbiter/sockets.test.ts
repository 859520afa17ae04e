// The arbiter's listening sockets, on the Linux kernel.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ListeningSockets } from '../../src/arbiter/sockets.ts';
import { EADDRINUSE, EAGAIN, EBADF } from '../../src/kernel/index.ts';
import { createLinuxKernel } from '../../src/kernel/linux/index.ts';

const kernel = createLinuxKernel();
const ANY_PORT = { family: 'inet', host: '127.0.0.1', port: 0 } as const;
const OPTIONS = { backlog: 128 };
const PID = 1000;

function request(target: Parameters<ListeningSockets['open']>[2]['target'], ordinal = 0) {
  return { target, options: OPTIONS, ordinal };
}

function portOf(fd: number): number {
  const address = kernel.localAddress(fd);
  return address?.family === 'inet' ? address.port : Number.NaN;
}

function withSockets(use: (sockets: ListeningSockets) => void): void {
  const sockets = new ListeningSockets(kernel, false);
  try {
    use(sockets);
  } finally {
    sockets.close();
  }
}

/** The worker `pid` has the slot for itself, and the ones before it have gone; they have listened elsewhere, too. */
function closeUnused(sockets: ListeningSockets, slot: number, pid: number): void {
  const close = sockets.stopUnused(slot, pid);
  assert.ok(close !== undefined);
  close();
}

/** Connects, and leaves the connection where it is. */
function connectTo(port: number): number {
  return kernel.connect({ family: 'inet', host: '127.0.0.1', port });
}

describe('listening sockets of an arbiter', () => {
  test('each slot has one of its own, at the same port, and the same whoever asks', () => {
    withSockets((sockets) => {
      const first = sockets.open(0, PID, request(ANY_PORT));
      const second = sockets.open(1, PID, request(ANY_PORT));
      assert.notEqual(first, second);
      assert.equal(portOf(first), portOf(second));
      assert.equal(sockets.open(0, PID, request(ANY_PORT)), first);
    });
  });

  test('a second port of the system’s choice is another one', () => {
    withSockets((sockets) => {
      const first = sockets.open(0, PID, request(ANY_PORT, 0));
      const second = sockets.open(0, PID, request(ANY_PORT, 1));
      assert.notEqual(portOf(first), portOf(second));
    });
  });

  test('a port that another arbiter listens on is taken', () => {
    withSockets((ours) => {
      withSockets((theirs) => {
        const port = portOf(theirs.open(0, PID, request(ANY_PORT)));
        assert.equal(ours.open(0, PID, request({ ...ANY_PORT, port })), -EADDRINUSE);
      });
    });
  });

  test('who connects while nobody accepts is still in the queue for the next', () => {
    withSockets((sockets) => {
      const fd = sockets.open(0, PID, request(ANY_PORT));
      const client = connectTo(portOf(fd));
      const again = sockets.open(0, PID, request(ANY_PORT));
      const accepted = kernel.accept(again);
      assert.ok(accepted >= 0);
      for (const each of [client, accepted]) kernel.close(each);
    });
  });

  test('a slot that is given up takes its socket with it, and the others stay', () => {
    withSockets((sockets) => {
      const first = sockets.open(0, PID, request(ANY_PORT));
      const second = sockets.open(1, PID, request(ANY_PORT));
      sockets.closeSlot(1);
      assert.equal(kernel.accept(second), -EBADF);
      assert.equal(kernel.accept(first), -EAGAIN);
    });
  });

  test('a unix socket is shared by all slots, and its file goes with the last stop', () => {
    const folder = mkdtempSync(join(tmpdir(), 'siskin-sockets-'));
    const path = join(folder, 'app.sock');
    withSockets((sockets) => {
      const target = { family: 'unix', path } as const;
      assert.equal(sockets.open(0, PID, request(target)), sockets.open(1, PID, request(target)));
      sockets.closeSlot(1);
      assert.ok(existsSync(path));
      sockets.stopListening();
      assert.ok(!existsSync(path));
    });
    rmSync(folder, { recursive: true });
  });

  test('a unix socket that is dropped stays for as long as some slot has a worker that wants it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'siskin-sockets-'));
    const path = join(folder, 'app.sock');
    withSockets((sockets) => {
      const target = { family: 'unix', path } as const;
      const fd = sockets.open(0, 1, request(target));
      assert.equal(sockets.open(1, 2, request(target)), fd);
      assert.equal(sockets.stopUnused(0, 3), undefined);
      const client = kernel.connect(target);
      const accepted = kernel.accept(fd);
      assert.ok(client >= 0 && accepted >= 0, 'old workers serve');
      const close = sockets.stopUnused(1, 4);
      assert.ok(!existsSync(path), 'nobody new comes');
      assert.equal(kernel.accept(fd), -EAGAIN, 'but who has come is still served');
      close!();
      assert.equal(kernel.accept(fd), -EBADF);
      for (const each of [client, accepted]) kernel.close(each);
    });
    rmSync(folder, { recursive: true });
  });

  test('what only a worker has asked for that never got its place is closed again', () => {
    withSockets((sockets) => {
      const kept = sockets.open(0, 1, request(ANY_PORT, 0));
      assert.equal(sockets.open(0, 2, request(ANY_PORT, 0)), kept);
      const added = sockets.open(0, 2, request(ANY_PORT, 1));
      sockets.withdraw(0, 2);
      assert.equal(kernel.accept(added), -EBADF);
      assert.equal(kernel.accept(kept), -EAGAIN);
    });
  });

  test('a unix socket goes with the last slot whose workers want it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'siskin-sockets-'));
    const path = join(folder, 'app.sock');
    withSockets((sockets) => {
      const fd = sockets.open(1, 1, request({ family: 'unix', path }));
      sockets.closeSlot(0);
      assert.equal(kernel.accept(fd), -EAGAIN);
      sockets.closeSlot(1);
      assert.equal(kernel.accept(fd), -EBADF);
      assert.ok(!existsSync(path));
    });
    rmSync(folder, { recursive: true });
  });

  test('an inherited one that is dropped is closed, unless somebody wants it again before', () => {
    withSockets((outer) => {
      const fd = outer.open(0, PID, request(ANY_PORT));
      const sockets = new ListeningSockets(kernel, false);
      const target = { family: 'fd', fd } as const;
      sockets.open(0, 1, request(target));
      const close = sockets.stopUnused(0, 2)!;
      assert.equal(sockets.open(0, 3, request(target)), fd);
      close();
      assert.equal(kernel.accept(fd), -EAGAIN);
      closeUnused(sockets, 0, 4);
      assert.equal(kernel.accept(fd), -EBADF);
    });
  });

  test('an inherited one is passed on', () => {
    withSockets((outer) => {
      const fd = outer.open(0, PID, request(ANY_PORT));
      const sockets = new ListeningSockets(kernel, false);
      assert.equal(sockets.open(0, PID, request({ family: 'fd', fd })), fd);
      assert.equal(sockets.open(1, PID, request({ family: 'fd', fd })), fd);
    });
  });

  test('new connections go where they are steered to, evenly, and a slot that has gone is not missed', () => {
    withSockets((sockets) => {
      const listeners = [0, 1, 2, 3].map((slot) => sockets.open(slot, PID, request(ANY_PORT)));
      const port = portOf(listeners[0]!);
      assert.deepEqual(
        connectMany(port, listeners, 40, () => sockets.steer([2])),
        [0, 0, 40, 0],
      );
      const [zero, one, two, three] = connectMany(port, listeners, 64, () => sockets.steer([0, 3]));
      assert.equal(zero! + three!, 64);
      assert.ok(zero! > 10 && three! > 10, `${zero} and ${three}`);
      assert.deepEqual([one, two], [0, 0]);
      // The kernel gives its number to another one.
      sockets.closeSlot(1);
      assert.deepEqual(connectMany(port, listeners, 40, () => sockets.steer([3]))[3], 40);
    });
  });

  test('what a new worker does not listen on any more is closed, once the old one has gone', () => {
    withSockets((sockets) => {
      const old = sockets.open(0, 1, request(ANY_PORT, 0));
      const kept = sockets.open(0, 1, request(ANY_PORT, 1));
      assert.equal(sockets.open(0, 2, request(ANY_PORT, 1)), kept);
      closeUnused(sockets, 0, 2);
      assert.equal(kernel.accept(old), -EBADF);
      assert.equal(kernel.accept(kept), -EAGAIN);
      assert.equal(sockets.stopUnused(0, 2), undefined);
    });
  });

  test('what several workers of a slot have asked for stays, whichever of them gets the place', () => {
    withSockets((sockets) => {
      const fd = sockets.open(0, 1, request(ANY_PORT));
      for (const pid of [2, 3]) assert.equal(sockets.open(0, pid, request(ANY_PORT)), fd);
      assert.equal(sockets.stopUnused(0, 2), undefined);
      assert.deepEqual(
        connectMany(portOf(fd), [fd], 3, () => {}),
        [3],
      );
    });
  });

  test('what nobody has wanted for a moment is opened anew for who wants it again', () => {
    withSockets((sockets) => {
      const first = sockets.open(0, 1, request(ANY_PORT, 0));
      assert.ok(first >= 0);
      sockets.open(0, 2, request(ANY_PORT, 1));
      assert.notEqual(sockets.stopUnused(0, 2), undefined);
      const again = sockets.open(0, 3, request(ANY_PORT, 0));
      assert.ok(again >= 0, String(again));
      assert.deepEqual(
        connectMany(portOf(again), [again], 2, () => {}),
        [2],
      );
    });
  });

  test('what was taken over is closed, too, when no worker wants it any more', () => {
    withSockets((sockets) => {
      const dropped = kernel.listen(ANY_PORT, OPTIONS);
      const address = kernel.localAddress(dropped)!;
      const text = {
        target: address,
        address,
        options: OPTIONS,
        shared: false,
        own: true,
        slots: [0],
      } as const;
      sockets.takeIn({ key: 'somewhere 0', ...text }, [dropped]);
      closeUnused(sockets, 0, PID);
      assert.equal(kernel.accept(dropped), -EBADF);
    });
  });

  test('one who has copies of them, and gives up, leaves them as they are', () => {
    withSockets((ours) => {
      const fd = ours.open(0, PID, request(ANY_PORT));
      const theirs = new ListeningSockets(kernel, false);
      for (const { text, descriptors } of ours.handOut()) theirs.takeIn(text, descriptors);
      // Another process would have descriptors of its own: this one is asked whether it may make them deaf.
      kernel.adopt(fd);
      theirs.stopListening();
      assert.deepEqual(
        connectMany(portOf(fd), [fd], 3, () => {}),
        [3],
      );
      theirs.own();
      theirs.stopListening();
      assert.deepEqual(
        connectMany(portOf(fd), [fd], 3, () => {}),
        [0],
      );
    });
  });

  test('another arbiter takes all of them over, queues and places included', () => {
    withSockets((ours) => {
      const listeners = [0, 1, 2].map((slot) => ours.open(slot, PID, request(ANY_PORT)));
      const port = portOf(listeners[0]!);
      const client = connectTo(port);
      const theirs = new ListeningSockets(kernel, false);
      // Another process would get copies of the descriptors.
      for (const { text, descriptors } of ours.handOut())
        theirs.takeIn(JSON.parse(JSON.stringify(text)), descriptors);
      assert.equal(theirs.slots, 3);
      assert.deepEqual(
        [0, 1, 2].map((slot) => theirs.open(slot, PID, request(ANY_PORT))),
        listeners,
      );
      assert.deepEqual(connectMany(port, listeners, 30, () => theirs.steer([1]))[1]! >= 30, true);
      kernel.close(client);
    });
  });
});

/** How many of `count` connections each listener accepts, after `prepare`. */
function connectMany(
  port: number,
  listeners: readonly number[],
  count: number,
  prepare: () => void,
): number[] {
  prepare();
  const clients = Array.from({ length: count }, () => connectTo(port));
  const counts = listeners.map((listener) => {
    for (let accepted = 0; ; accepted++) {
      const fd = kernel.accept(listener);
      if (fd < 0) return accepted;
      kernel.close(fd);
    }
  });
  for (const client of clients) kernel.close(client);
  return counts;
}
