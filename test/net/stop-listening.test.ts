// How a Listener ends without losing anybody, over the simulated kernel, Linux's and Node's.

import assert from 'node:assert/strict';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import type { Address } from '../../src/kernel/index.ts';
import { connect, listen, SocketListener } from '../../src/net/index.ts';
import { all, scope, sleep } from '../../src/task/index.ts';
import { arrival, check, failureOf, type Network, networks, readText, runSimulated } from './backend.ts';

const PORT_80: Address = { family: 'inet', host: '127.0.0.1', port: 80 };

for (const network of networks) describe(`a listener that stops, over ${network.name}`, () => tests(network));

function tests(network: Network): void {
  const addresses = { TCP: network.address, 'a unix socket': () => unix(network) };

  for (const [name, address] of Object.entries(addresses)) {
    check(network, `gives out who is queued, then says that it is closed: ${name}`, function* () {
      const listener = yield* listen(address());
      const clients = yield* all(Array.from({ length: 30 }, () => connect(listener.address)));
      listener.stopListening();
      for (let i = 0; i < clients.length; i++) {
        const server = yield* listener.accept();
        yield* server.write('served');
        server.close();
      }
      for (const client of clients) {
        assert.equal(yield* readText(client, 6), 'served');
        client.close();
      }
      assert.equal((yield* failureOf(listener.accept())).code, 'ECANCELED');
      assert.equal(listener.tryAccept(), undefined);
    });

    check(network, `wakes who waits in accept when nobody comes: ${name}`, function* () {
      const listener = yield* listen(address());
      yield* scope(function* (tasks) {
        const failure = tasks.spawn(failureOf(listener.accept()));
        yield* arrival();
        listener.stopListening();
        listener.stopListening();
        assert.equal((yield* failure.join()).code, 'ECANCELED');
      });
      listener.close();
      listener.stopListening();
      assert.ok(['ECONNREFUSED', 'ENOENT'].includes((yield* failureOf(connect(listener.address))).code!));
    });

    check(network, `can be closed while it stops: ${name}`, function* () {
      const listener = yield* listen(address());
      const client = yield* connect(listener.address);
      listener.stopListening();
      listener.close();
      listener.close();
      assert.equal((yield* failureOf(listener.accept())).code, 'ECANCELED');
      client.close();
    });
  }

  check(network, "a unix socket's file is gone when its listener is closed", function* () {
    const address = unix(network);
    for (const end of ['stopListening', 'close'] as const) {
      const listener = yield* listen(address);
      listener[end]();
      yield* failureOf(listener.accept());
      assert.equal((yield* failureOf(connect(address))).code, 'ENOENT');
    }
  });
}

function unix(network: Network): Address {
  return { family: 'unix', path: network.unixPath() };
}

const [, linux, node] = networks;

describe('the file of a unix socket, over the Linux kernel', () => {
  check(linux!, 'stays where another one has taken its place', function* () {
    const address = unix(linux!);
    const { path } = address as Address & { family: 'unix' };
    const listener = yield* listen(address);
    rmSync(path);
    writeFileSync(path, 'precious');
    listener.close();
    assert.ok(existsSync(path));
  });

  check(linux!, 'stays where a successor listens at it', function* () {
    const address = unix(linux!);
    const first = yield* listen(address);
    first.stopListening();
    const second = yield* listen(address);
    yield* failureOf(first.accept());
    const [client, server] = yield* all([connect(address), second.accept()]);
    client.close();
    server.close();
    second.close();
  });

  check(linux!, 'stays where the descriptor was adopted: it belongs to who made it', function* ({ kernel }) {
    const address = unix(linux!);
    const { path } = address as Address & { family: 'unix' };
    const fd = kernel.listen(address, { backlog: 8 });
    const listener = yield* listen({ family: 'fd', fd });
    const client = yield* connect(address);
    listener.stopListening();
    (yield* listener.accept()).close();
    client.close();
    assert.equal((yield* failureOf(listener.accept())).code, 'ECANCELED');
    assert.ok(existsSync(path));
  });
});

describe('a listener that stops, over Node’s sockets', () => {
  check(node!, 'takes no more than its queue has room for, though clients never cease to come', function* () {
    const backlog = 8;
    const listener = yield* listen(node!.address(), { backlog });
    const { host, port } = listener.address as Address & { family: 'inet' };
    const clients: Socket[] = [];
    const dial = (): void => {
      if (clients.length < 1000) clients.push(createConnection({ host, port }, dial).on('error', () => {}));
    };
    for (let i = 0; i < 3; i++) dial();
    listener.stopListening();
    let accepted = 0;
    const failure = yield* failureOf(
      (function* () {
        for (; ; accepted++) (yield* listener.accept()).close();
      })(),
    );
    for (const client of clients) client.destroy();
    assert.equal(failure.code, 'ECANCELED');
    assert.ok(accepted <= backlog, `it took ${accepted}`);
  });
});

describe('a listener that stops, over the simulated kernel', () => {
  test('waits for handshakes under way, and for no later ones', () =>
    runSimulated({ latency: 20 }, function* (_loop, kernel) {
      const listener = yield* listen(PORT_80);
      const early = kernel.client(PORT_80);
      yield* sleep(21); // its SYN has come, and the answer is under way
      listener.stopListening();
      const late = kernel.client(PORT_80);
      const server = yield* listener.accept();
      yield* server.write('served');
      server.close();
      assert.equal((yield* failureOf(listener.accept())).code, 'ECANCELED');
      yield* sleep(100);
      assert.equal(early.text(), 'served');
      assert.equal(late.opened, false);

      // Its second try meets the successor.
      const successor = yield* listen(PORT_80);
      (yield* successor.accept()).close();
      yield* sleep(100);
      assert.equal(late.opened, true);
      successor.close();
    }));

  test('loses nobody while descriptors are short', () =>
    runSimulated({ descriptorLimit: 16 }, function* (_loop, kernel) {
      const listener = yield* listen(PORT_80);
      const files: number[] = [];
      for (let open = kernel.statistics().open; open + 3 < 16; open++)
        files.push(kernel.openFile(new Uint8Array(0)));
      const client = kernel.client(PORT_80);
      yield* scope(function* (tasks) {
        const accepting = tasks.spawn(listener.accept());
        yield* sleep(150);
        assert.ok((listener as SocketListener).statistics().shortages > 0);
        listener.stopListening();
        yield* sleep(1000);
        assert.ok(!accepting.done);
        kernel.close(files[0]!);
        const server = yield* accepting.join();
        yield* server.write('at last');
        server.close();
      });
      assert.equal((yield* failureOf(listener.accept())).code, 'ECANCELED');
      yield* arrival();
      assert.equal(client.text(), 'at last');
    }));

  test('ends when it is closed while descriptors are short', () =>
    runSimulated({ descriptorLimit: 16 }, function* (_loop, kernel) {
      const listener = yield* listen(PORT_80);
      for (let open = kernel.statistics().open; open + 3 < 16; open++) kernel.openFile(new Uint8Array(0));
      const client = kernel.client(PORT_80);
      yield* scope(function* (tasks) {
        const failure = tasks.spawn(failureOf(listener.accept()));
        yield* sleep(150);
        listener.close();
        assert.equal((yield* failure.join()).code, 'ECANCELED');
      });
      yield* arrival();
      assert.ok(client.error < 0);
    }));

  test('leaves an adopted socket to those that share it', () =>
    runSimulated({}, function* (loop, kernel) {
      const fd = kernel.listen(PORT_80, { backlog: 8 });
      const shared = kernel.duplicate(fd);
      const listener = SocketListener.adopt(loop, fd);
      listener.stopListening();
      assert.equal((yield* failureOf(listener.accept())).code, 'ECANCELED');
      const client = kernel.client(PORT_80);
      yield* arrival();
      assert.equal(client.opened, true);
      kernel.close(shared);
    }));
});
