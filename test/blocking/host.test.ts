// Requests of threads that block, performed by the main thread.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { hostFetches } from '../../src/blocking/host.ts';
import { createKernel, Loop } from '../../src/loop/index.ts';

const BLOCKING = new URL('../../src/blocking/index.ts', import.meta.url).href;
const THREADS = 3;

describe('the main thread', () => {
  const paths: string[] = [];
  const sockets = new Set<unknown>();
  const server = createServer((request, response) => {
    paths.push(request.url!);
    sockets.add(request.socket);
    response.end(`answer to ${request.url}`);
  });
  let url: string;
  before(async () => {
    const loop = new Loop(createKernel());
    loop.attach();
    hostFetches(() => loop);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => server.close());

  it('performs the requests of several threads at once, which have no helper of their own', async () => {
    const script = `
      import { parentPort, threadId, workerData } from 'node:worker_threads';
      import { fetchSync, FETCH_CODES } from ${JSON.stringify(BLOCKING)};
      const texts = [1, 2].map((n) => fetchSync(\`\${workerData}/\${threadId}-\${n}\`).text());
      let code;
      try { fetchSync('http://127.0.0.1:1/'); } catch (error) { code = error.code; }
      parentPort.postMessage({ threadId, texts, code });`;
    const threads = Array.from(
      { length: THREADS },
      () => new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`), { workerData: url }),
    );
    const answers = await Promise.all(
      threads.map(async (thread) => {
        const exited = once(thread, 'exit');
        const [message] = await once(thread, 'message');
        await exited;
        return message as { threadId: number; texts: string[]; code: string };
      }),
    );
    for (const { threadId, texts, code } of answers) {
      assert.deepEqual(texts, [`answer to /${threadId}-1`, `answer to /${threadId}-2`]);
      assert.equal(code, 'ECONNREFUSED');
    }
    assert.equal(paths.length, 2 * THREADS);
    assert.ok(sockets.size <= THREADS, 'connections are kept');
  });
});
