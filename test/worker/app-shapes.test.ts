// Apps of other frameworks, told by what they have. The fakes have what the real ones have, and no more; the real ones
// are served in test/apps.

import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { test } from 'node:test';
import { type Listener, shapeOf } from '../../src/worker/app-shapes.ts';

const server = createServer();
const answer: Listener = (_request, response) => void response.end();

const FAKES: ReadonlyArray<readonly [shape: string, app: unknown]> = [
  ['http.Server', server],
  ['Koa app', { callback: () => answer, use() {}, listen() {} }],
  [
    'Express or connect app',
    Object.assign((_a: unknown, _b: unknown, _c: unknown) => {}, { handle() {}, use() {}, listen() {} }),
  ],
  ['router', Object.assign((_a: unknown, _b: unknown, _c: unknown) => {}, { handle() {}, use() {} })],
  ['Fastify instance', { ready: async () => {}, routing: answer, listen() {}, server }],
  [
    'Nest application',
    { getHttpAdapter: () => ({}), getHttpServer: () => server, init: async () => {}, use() {}, listen() {} },
  ],
  ['Polka app', { handler: answer, use() {}, listen() {} }],
  ['restify server', { server, use() {}, listen() {} }],
  ['hapi server', { initialize: async () => {}, route() {}, listener: server }],
  ['fetch object', { fetch() {}, use() {}, handle() {}, listen() {} }],
];

for (const [shape, app] of FAKES) {
  test(`a ${shape} is one`, () => {
    assert.equal(shapeOf(app, 'auto')?.name, shape);
    assert.equal(shapeOf(app, shape.startsWith('fetch') ? 'fetch' : 'node')?.name, shape);
  });
}

test('a Fastify instance is made ready, and served on its own server, where its upgrades are heard', async () => {
  let ready = false;
  const app = { ready: async () => void (ready = true), routing: answer, listen() {}, server };
  const made = await shapeOf(app, 'auto')!.prepare!(app);
  assert.equal(made.kind === 'server' && made.server, server);
  assert.equal(ready, true);
});

test('a Nest application is initialized, and so is the Fastify instance in it', async () => {
  const calls: string[] = [];
  const app = {
    init: async () => void calls.push('init'),
    getHttpAdapter: () => ({ getInstance: () => ({ ready: async () => void calls.push('ready') }) }),
    getHttpServer: () => server,
    close: async () => void calls.push('close'),
  };
  const made = await shapeOf(app, 'auto')!.prepare!(app);
  assert.ok(made.kind === 'server' && made.server === server);
  assert.deepEqual(calls, ['init', 'ready']);
  await made.release?.();
  assert.deepEqual(calls, ['init', 'ready', 'close']);
});

test('a Koa app is asked for its callback, and a Polka app for its handler', async () => {
  const koa = { callback: () => answer, use() {} };
  assert.deepEqual(await shapeOf(koa, 'auto')!.prepare!(koa), {
    kind: 'listener',
    listener: answer,
    passNext: false,
  });
  const called: unknown[] = [];
  const polka = { handler: (...given: unknown[]) => called.push(...given), use() {}, listen() {} };
  const made = await shapeOf(polka, 'auto')!.prepare!(polka);
  assert.ok(made.kind === 'listener');
  made.listener(1 as unknown as IncomingMessage, 2 as unknown as ServerResponse & { req: IncomingMessage });
  assert.deepEqual(called, [1, 2]);
});

test('an app that has made a server of another kind is refused', async () => {
  const app = {
    ready: async () => {},
    routing: answer,
    listen() {},
    server: new (await import('node:net')).Server(),
  };
  await assert.rejects(async () => shapeOf(app, 'auto')!.prepare!(app), /no TLS and no HTTP\/2/);
});
