// Connecting: what succeeds, what fails and how, and that a client who gives up leaves nothing behind.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { connect, listen } from '../../src/net/index.ts';
import { all, type Co, deadline, race, scope, sleep } from '../../src/task/index.ts';
import { arrival, check, failureOf, type Network, networks, UNKNOWN_HOST } from './backend.ts';

for (const network of networks) describe(`connecting over ${network.name}`, () => connectTests(network));

function connectTests(network: Network): void {
  /** A port at which nobody listens. */
  function* freePort(): Co<number> {
    const listener = yield* listen(network.address());
    listener.close();
    yield* arrival();
    return listener.address.family === 'unix' ? 0 : listener.address.port;
  }

  check(network, 'a port at which nobody listens refuses', function* () {
    const port = yield* freePort();
    const error = yield* failureOf(connect({ family: 'inet', host: '127.0.0.1', port }));
    assert.equal(error.code, 'ECONNREFUSED');
    assert.equal((error as NodeJS.ErrnoException).syscall, 'connect');
    assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port}`));
  });

  check(network, 'a name with several addresses is tried until one answers', function* () {
    const listener = yield* listen(network.address());
    assert.ok(listener.address.family === 'inet');
    const [server, client] = yield* all([
      listener.accept(),
      connect({ host: 'two.test', port: listener.address.port }),
    ]);
    assert.deepEqual(client.remoteAddress, listener.address);
    server.close();
    client.close();
    listener.close();
  });

  check(network, 'a name none of whose addresses answers fails with the last error', function* () {
    const port = yield* freePort();
    assert.equal((yield* failureOf(connect({ host: 'two.test', port }))).code, 'ECONNREFUSED');
  });

  check(network, 'a host that nobody knows is an error with a code', function* () {
    const error = yield* failureOf(connect({ host: UNKNOWN_HOST, port: 80 }));
    assert.match(error.code ?? '', /^(ENOTFOUND|ENOENT)$/);
    assert.ok(error.message.includes(UNKNOWN_HOST));
  });

  check(network, 'a unix socket that does not exist is an error with a code', function* () {
    const error = yield* failureOf(connect({ family: 'unix', path: network.unixPath() }));
    assert.equal(error.code, 'ENOENT');
  });

  check(
    network,
    'a deadline ends a connect that nobody answers, and its descriptor is closed',
    function* (loop) {
      const { address, release } = network.deafAddress(loop);
      const error = yield* failureOf(deadline(30, connect(address)));
      release();
      assert.equal(error.code, 'ERR_DEADLINE_EXCEEDED');
    },
  );

  check(network, 'a connect that is cancelled at any moment leaves no descriptor', function* () {
    const listener = yield* listen(network.address());
    for (let i = 0; i < 20; i++) {
      yield* scope(function* (tasks) {
        const client = tasks.spawn(
          (function* (): Co<void> {
            const stream = yield* connect(listener.address);
            stream.close();
          })(),
        );
        for (let waits = 0; waits < i % 5; waits++) yield* sleep(0);
        client.cancel();
      });
    }
    listener.close();
  });

  check(network, 'a listener and a client that both give up leave nothing', function* () {
    const listener = yield* listen(network.address());
    yield* race([
      (function* (): Co<void> {
        for (;;) (yield* listener.accept()).close();
      })(),
      (function* (): Co<void> {
        for (let i = 0; i < 50; i++) (yield* connect(listener.address)).close(i % 2 ? 'reset' : 'graceful');
      })(),
    ]);
    listener.close();
  });
}
