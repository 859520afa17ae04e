// A server that has no descriptors left for new clients: they wait, and the log says why.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fetchApp } from '../../src/app/fetch/index.ts';
import { defaultSettings } from '../../src/config/index.ts';
import { listen } from '../../src/net/index.ts';
import { type Logger, Server } from '../../src/server/index.ts';
import { sleep } from '../../src/task/index.ts';
import { runSimulated } from '../net/backend.ts';

test('who comes when descriptors have run out waits, and the log says why, once in a while', () =>
  runSimulated({ descriptorLimit: 16 }, function* (loop, kernel) {
    const lines: string[] = [];
    const log: Logger = {
      debug() {},
      info() {},
      warn: (_fields, message) => void lines.push(message),
      error: (_fields, message) => void lines.push(message),
    };
    const listener = yield* listen({ family: 'inet', host: '127.0.0.1', port: 80 });
    const app = fetchApp(() => new Response('at last'));
    const server = new Server({ loop, app, settings: defaultSettings(), log }, [listener]);
    const files: number[] = [];
    for (let open = kernel.statistics().open; open < 16; open++)
      files.push(kernel.openFile(new Uint8Array(0)));
    const client = kernel.client(listener.address);
    client.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    yield* sleep(25_000);
    assert.equal(lines.length, 3, lines.join('\n'));
    assert.match(
      lines[0]!,
      /^new clients wait: accept: .*\(EMFILE\): raise "ulimit -n", or lower maxConnections$/,
    );
    assert.equal(client.text(), '');
    for (const file of files) kernel.close(file);
    yield* sleep(1000);
    assert.match(client.text(), /at last/);
    assert.equal(lines.length, 3);
    void server.close();
    yield* sleep(1000);
  }));
