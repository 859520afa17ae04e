// `siskin/node`: where a server listens, and how it stops. Real sockets, since it is Node's own `listen` that reads the
// arguments.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { get, type IncomingMessage, Server as NodeServer, type RequestOptions } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { createServer, Server } from '../../src/node/index.ts';

async function ask(options: RequestOptions): Promise<{ response: IncomingMessage; body: string }> {
  const [response] = (await once(get({ agent: false, ...options }), 'response')) as [IncomingMessage];
  return { response, body: await text(response) };
}

function hello() {
  return createServer((_request, response) => void response.end('Hello!'));
}

describe('a server of siskin/node', () => {
  test('is a server of node:http, whose own listen it uses', () => {
    const server = hello();
    assert.ok(server instanceof Server);
    assert.ok(server instanceof NodeServer);
    assert.equal(server.listening, false);
    assert.equal(server.address(), null);
  });

  test('knows its port as soon as listen has returned', async () => {
    const server = hello().listen(0);
    const { port } = server.address() as AddressInfo;
    assert.ok(port > 0);
    assert.equal(server.listening, true);
    assert.equal((await ask({ port })).body, 'Hello!');
    server.close();
    assert.equal(server.listening, false);
    await once(server, 'close');
  });

  test('listens at a host, with a callback', async () => {
    const server = hello();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port, address, family } = server.address() as AddressInfo;
    assert.deepEqual([address, family], ['127.0.0.1', 'IPv4']);
    assert.equal((await ask({ host: '127.0.0.1', port })).body, 'Hello!');
    server.close();
    await once(server, 'close');
  });

  test('listens at a path', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'siskin-'));
    const path = join(folder, 'app.sock');
    const server = hello().listen({ path });
    await once(server, 'listening');
    assert.equal(server.address(), path);
    assert.equal((await ask({ socketPath: path })).body, 'Hello!');
    server.close();
    await once(server, 'close');
    rmSync(folder, { recursive: true });
  });

  test('reports a port that is taken as Node does, and can listen elsewhere then', async () => {
    const other = createTcpServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const server = hello().listen(port, '127.0.0.1');
    const [error] = (await once(server, 'error')) as [
      NodeJS.ErrnoException & { address: string; port: number },
    ];
    assert.deepEqual(
      {
        code: error.code,
        syscall: error.syscall,
        address: error.address,
        port: error.port,
        message: error.message,
      },
      {
        code: 'EADDRINUSE',
        syscall: 'listen',
        address: '127.0.0.1',
        port,
        message: `listen EADDRINUSE: address already in use 127.0.0.1:${port}`,
      },
    );
    assert.equal(server.listening, false);
    other.close();
    await once(other, 'close');
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
  });

  test('can listen again at its port, once it has closed', async () => {
    const server = hello().listen(0);
    const { port } = server.address() as AddressInfo;
    for (let i = 0; i < 3; i++) {
      server.close();
      await once(server, 'close');
      server.listen(port);
      await once(server, 'listening');
      assert.equal((await ask({ port })).body, 'Hello!');
    }
    server.close();
    await once(server, 'close');
  });

  test('closes what is idle when it is told to close, and lets what is in flight end', async () => {
    let finish: (() => void) | undefined;
    const server = createServer((_request, response) => {
      finish = () => response.end('last');
    }).listen(0);
    const { port } = server.address() as AddressInfo;
    const asked = ask({ port });
    await once(server, 'request');
    const closed = once(server, 'close');
    server.close();
    finish!();
    const { response, body } = await asked;
    assert.equal(body, 'last');
    assert.equal(response.headers.connection, 'close');
    await closed;
  });
});
