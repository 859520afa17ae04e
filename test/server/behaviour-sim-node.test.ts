// The server's behaviour through the interface of node:http, on the simulated kernel.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { nodeApp } from '../../src/app/index.ts';
import { type Backend, request } from './behaviour/backend.ts';
import { nodeServer } from './behaviour/node-interface.ts';
import { openSite, simBackend } from './behaviour/sim.ts';
import { testServerBehaviour } from './behaviour/suite.ts';

const backend: Backend = {
  name: 'the simulated kernel, through (req, res)',
  capabilities: new Set([...simBackend.capabilities].filter((one) => one !== 'fetch')),
  staying: 'keep-alive',
  open: (handler, options) => Promise.resolve(openSite(nodeApp(nodeServer(handler)), options)),
};

testServerBehaviour(backend);

test('a program that has heard of its client’s leaving, and does not answer, keeps the connection for a moment', async () => {
  const heard: string[] = [];
  const app = createServer((_request, response) => void response.on('close', () => heard.push('close')));
  const site = openSite(nodeApp(app), {});
  const client = await site.connect();
  client.send(request('GET', '/')).end();
  await site.sleep(4_900);
  assert.deepEqual([heard, site.statistics().connections], [['close'], 1]);
  await site.sleep(200);
  assert.equal(site.statistics().connections, 0);
  await site.dispose();
});

test('an answer whose end nothing declares ends with the connection', async () => {
  const app = createServer((_request, response) => {
    response.setHeader('Transfer-Encoding', 'gzip');
    response.end('hello');
  });
  const site = openSite(nodeApp(app), {});
  const client = await site.connect();
  client.send(request('GET', '/')).send(request('GET', '/'));
  assert.equal(await client.ended(), 'fin');
  assert.equal(site.statistics().requests, 1);
  await site.dispose();
});
