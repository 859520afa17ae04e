// Timeouts and limits that a program sets on its server, and changes while it listens.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { createServer, type Server } from '../../src/node/server.ts';

async function withServer(
  listener: RequestListener,
  use: (server: Server, say: (bytes: string) => Promise<string>) => Promise<void>,
): Promise<void> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    await use(server, (bytes) => {
      const socket = connect(port, '127.0.0.1');
      socket.write(bytes);
      return text(socket);
    });
  } finally {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
}

const HALF = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf';

describe('requestTimeout', () => {
  test('is the time for the body: 408, and the program hears of it', async () => {
    const heard = Promise.withResolvers<NodeJS.ErrnoException>();
    await withServer(
      (req) => req.resume().on('error', heard.resolve),
      async (server, say) => {
        server.requestTimeout = 100;
        assert.match(await say(HALF), /^HTTP\/1\.1 408 /);
        assert.equal((await heard.promise).code, 'ECONNRESET');
      },
    );
  });

  test('is over when the body has come', async () => {
    await withServer(
      (req, res) => req.resume().on('end', () => setTimeout(() => res.end('whole'), 150)),
      async (server, say) => {
        server.requestTimeout = 100;
        const answer = await say(
          'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab',
        );
        assert.match(answer, /^HTTP\/1\.1 200 [\s\S]*whole$/);
      },
    );
  });

  test('is kept by a body that has come, however late it is read', async () => {
    await withServer(
      (req, res) => setTimeout(() => void text(req).then((body) => res.end(`read ${body}`)), 250),
      async (server, say) => {
        server.requestTimeout = 100;
        const answer = await say(
          'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab',
        );
        assert.match(answer, /^HTTP\/1\.1 200 [\s\S]*read ab$/);
      },
    );
  });

  test('bounds the head too', async () => {
    await withServer(
      (_req, res) => res.end(),
      async (server, say) => {
        server.requestTimeout = 100;
        assert.match(await say('GET / HTTP/1.1\r\n'), /^HTTP\/1\.1 408 /);
      },
    );
  });
});

test('maxHeadersCount holds from the next connection on, and what it was where it is taken back', async () => {
  const fields = Array.from({ length: 20 }, (_, i) => `X-${i}: y\r\n`).join('');
  const request = `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${fields}\r\n`;
  await withServer(
    (_req, res) => res.end(),
    async (server, say) => {
      assert.match(await say(request), /^HTTP\/1\.1 200 /);
      server.maxHeadersCount = 10;
      assert.match(await say(request), /^HTTP\/1\.1 431 /);
      server.maxHeadersCount = null;
      assert.match(await say(request), /^HTTP\/1\.1 200 /);
    },
  );
});
