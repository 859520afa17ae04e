// What a Listener promises, over the simulated kernel, Linux's and Node's.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type InetAddress, SystemError } from '../../src/kernel/index.ts';
import { connect, listen, SocketListener, type Stream } from '../../src/net/index.ts';
import { all, type Co, currentTask, scope, sleep } from '../../src/task/index.ts';
import { arrival, check, failureOf, type Network, networks, readText, runSimulated } from './backend.ts';

for (const network of networks) describe(`a listener over ${network.name}`, () => listenerTests(network));

function listenerTests(network: Network): void {
  check(network, 'accepts every connection once', function* () {
    const listener = yield* listen(network.address());
    const [accepted, clients] = yield* all([
      (function* (): Co<Stream[]> {
        const streams: Stream[] = [];
        while (streams.length < 20) streams.push(yield* listener.accept());
        return streams;
      })(),
      all(Array.from({ length: 20 }, () => connect(listener.address))),
    ]);
    const ports = (streams: readonly Stream[], end: 'localAddress' | 'remoteAddress'): number[] =>
      streams.map((stream) => (stream[end] as InetAddress).port).sort((a, b) => a - b);
    assert.deepEqual(ports(accepted, 'remoteAddress'), ports(clients, 'localAddress'));
    assert.deepEqual(accepted[0]!.localAddress, listener.address);
    assert.deepEqual(clients[0]!.remoteAddress, listener.address);
    assert.equal(accepted[0]!.encrypted, false);
    for (const stream of [...accepted, ...clients]) stream.close();
    listener.close();
  });

  check(network, 'an accept that waits ends with an error when the listener is closed', function* () {
    const listener = yield* listen(network.address());
    yield* scope(function* (tasks) {
      const failure = tasks.spawn(failureOf(listener.accept()));
      yield* arrival();
      assert.ok(!failure.done);
      listener.close();
      listener.close();
      assert.equal((yield* failure.join()).code, 'ECANCELED');
    });
    assert.equal((yield* failureOf(listener.accept())).code, 'ECANCELED');
    assert.equal(listener.tryAccept(), undefined);
  });

  check(network, 'an accept that was cancelled loses no connection', function* () {
    const listener = yield* listen(network.address());
    yield* scope(function* (tasks) {
      const waiting = tasks.spawn(listener.accept());
      yield* arrival();
      waiting.cancel();
    });
    const [server, client] = yield* all([listener.accept(), connect(listener.address)]);
    server.close();
    client.close();
    listener.close();
  });

  check(network, 'tryAccept takes what is queued and does not wait', function* () {
    const listener = yield* listen(network.address());
    assert.equal(listener.tryAccept(), undefined);
    const clients = yield* all([connect(listener.address), connect(listener.address)]);
    yield* arrival();
    const accepted = [listener.tryAccept(), listener.tryAccept()];
    assert.equal(listener.tryAccept(), undefined);
    for (const stream of [...accepted, ...clients]) stream!.close();
    listener.close();
  });

  check(network, 'closing resets what was never accepted', function* () {
    const listener = yield* listen(network.address());
    const client = yield* connect(listener.address);
    yield* arrival();
    listener.close();
    assert.equal((yield* failureOf(client.read(new Uint8Array(1)))).code, 'ECONNRESET');
    client.close();
  });

  check(network, 'an address that is taken is refused with its code', function* () {
    const listener = yield* listen(network.address());
    assert.equal((yield* failureOf(listen(listener.address))).code, 'EADDRINUSE');
    listener.close();
  });

  check(network, 'once closed, its address is free', function* () {
    const first = yield* listen(network.address());
    first.close();
    yield* arrival();
    const second = yield* listen(first.address);
    assert.deepEqual(second.address, first.address);
    second.close();
  });

  check(network, 'listens at a unix socket', function* () {
    const path = network.unixPath();
    const listener = yield* listen({ family: 'unix', path });
    assert.deepEqual(listener.address, { family: 'unix', path });
    const [server, client] = yield* all([listener.accept(), connect({ family: 'unix', path })]);
    yield* client.write('hi');
    assert.equal(yield* readText(server, 2), 'hi');
    server.close();
    client.close();
    listener.close();
  });

  check(network, 'a unix socket that somebody listens on is not taken from them', function* () {
    const path = network.unixPath();
    const listener = yield* listen({ family: 'unix', path });
    assert.equal((yield* failureOf(listen({ family: 'unix', path }))).code, 'EADDRINUSE');
    const client = yield* connect({ family: 'unix', path });
    client.close();
    listener.close();
  });

  check(network, 'a unix socket that a killed process left behind is replaced', function* (loop) {
    const path = network.unixPath();
    network.abandon(loop, path);
    assert.equal((yield* failureOf(connect({ family: 'unix', path }))).code, 'ECONNREFUSED');
    const listener = yield* listen({ family: 'unix', path });
    const [server, client] = yield* all([listener.accept(), connect({ family: 'unix', path })]);
    server.close();
    client.close();
    listener.close();
  });

  check(network, 'a unix socket’s file goes with its listener', function* () {
    const path = network.unixPath();
    const listener = yield* listen({ family: 'unix', path });
    listener.close();
    yield* arrival();
    assert.equal((yield* failureOf(connect({ family: 'unix', path }))).code, 'ENOENT');
  });

  check(network, 'stopped, it hands out who has come already, and then closes', function* () {
    const listener = yield* listen(network.address());
    const clients = yield* all([connect(listener.address), connect(listener.address)]);
    listener.stopListening();
    listener.stopListening();
    const servers = [yield* listener.accept(), yield* listener.accept()];
    assert.equal((yield* failureOf(listener.accept())).code, 'ECANCELED');
    assert.equal((yield* failureOf(connect(listener.address))).code, 'ECONNREFUSED');
    for (const stream of [...clients, ...servers]) stream.close();
  });

  check(network, 'stopped while somebody waits to accept, it tells them', function* () {
    const listener = yield* listen(network.address());
    yield* scope(function* (tasks) {
      const failure = tasks.spawn(failureOf(listener.accept()));
      yield* arrival();
      listener.stopListening();
      assert.equal((yield* failure.join()).code, 'ECANCELED');
    });
  });

  check(network, 'adopts a listening descriptor that was inherited', function* (loop) {
    const listener = yield* listen({ family: 'fd', fd: network.inherited(loop) });
    const [server, client] = yield* all([listener.accept(), connect(listener.address)]);
    yield* server.write('hi');
    assert.equal(yield* readText(client, 2), 'hi');
    server.close();
    client.close();
    listener.close();
  });

  check(network, 'a descriptor that is not open is refused', function* () {
    const { code = '' } = yield* failureOf(listen({ family: 'fd', fd: 60_000 }));
    assert.match(code, /^(EBADF|EINVAL)$/);
  });
}

describe('a listener over the simulated kernel', () => {
  test('waits and goes on when descriptors run out', () =>
    runSimulated({ descriptorLimit: 16 }, function* (_loop, kernel) {
      const listener = yield* listen({ family: 'inet', host: '127.0.0.1', port: 80 });
      const files: number[] = [];
      for (let open = kernel.statistics().open; open + 3 < 16; open++)
        files.push(kernel.openFile(new Uint8Array(0)));
      const client = kernel.client(listener.address);
      yield* scope(function* (tasks) {
        const accepting = tasks.spawn(listener.accept());
        const { turns } = (yield* currentTask()).loop.statistics();
        yield* sleep(1000);
        assert.ok(!accepting.done);
        const { shortages } = (listener as SocketListener).statistics();
        assert.ok(shortages > 5 && shortages < 20, `${shortages} pauses in a second`);
        assert.ok((yield* currentTask()).loop.statistics().turns - turns < 60, 'the loop spins');
        kernel.close(files[0]!);
        const server = yield* accepting.join();
        yield* server.write('at last');
        server.close();
      });
      yield* arrival();
      assert.equal(client.text(), 'at last');
      listener.close();
    }));

  test('takes what is queued before it closes, though no news of it has come', () =>
    runSimulated({}, function* (_loop, kernel) {
      const listener = yield* listen({ family: 'inet', host: '127.0.0.1', port: 80 });
      assert.equal(listener.tryAccept(), undefined);
      const client = kernel.client(listener.address);
      // Time passes in which nobody polls, as while a handler computes.
      kernel.elapse(5);
      const server = listener.tryAccept();
      listener.close();
      assert.ok(server !== undefined);
      yield* server.write('served');
      server.close();
      yield* arrival();
      assert.equal(client.text(), 'served');
    }));

  test('goes on after an error of the network that accept hands over', () =>
    runSimulated({}, function* (_loop, kernel) {
      const EPROTO = 71;
      const listener = yield* listen({ family: 'inet', host: '127.0.0.1', port: 80 });
      const accept = kernel.accept.bind(kernel);
      let errors = 0;
      kernel.accept = (fd) => (errors++ === 0 ? -EPROTO : accept(fd));
      const client = kernel.client(listener.address);
      const server = yield* listener.accept();
      server.close();
      listener.close();
      yield* arrival();
      assert.ok(client.ended && errors >= 2);
    }));

  test('closes a connection that it cannot watch, and goes on', () =>
    runSimulated({}, function* (loop, kernel) {
      const ENOSPC = 28;
      const listener = yield* listen({ family: 'inet', host: '127.0.0.1', port: 80 });
      const watch = loop.watch.bind(loop);
      let refused = 0;
      loop.watch = (fd, told) => {
        if (refused++ === 0) throw new SystemError('epoll_ctl', -ENOSPC);
        return watch(fd, told);
      };
      const clients = [kernel.client(listener.address), kernel.client(listener.address)];
      const server = yield* listener.accept();
      yield* server.write('served');
      server.close();
      listener.close();
      yield* arrival();
      assert.deepEqual(clients.map((client) => client.text()).sort(), ['', 'served']);
      assert.ok(clients.every((client) => client.done));
    }));

  test('adopts nothing that is no socket', () =>
    runSimulated({}, function* (loop, kernel) {
      const file = kernel.openFile(new Uint8Array(0));
      assert.throws(() => SocketListener.adopt(loop, file), { code: 'ENOTSOCK' });
      yield* arrival();
    }));
});
