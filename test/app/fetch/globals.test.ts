// The light classes in the place of the platform's: for an unchanged app, and for the platform's own `fetch`.

import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { fetchApp } from '../../../src/app/fetch/fetch-app.ts';
import { installFetchGlobals } from '../../../src/app/fetch/globals.ts';
import { LightHeaders } from '../../../src/app/fetch/headers.ts';
import { NativeHeaders, NativeRequest, NativeResponse } from '../../../src/app/fetch/native.ts';
import { LightRequest } from '../../../src/app/fetch/request.ts';
import { LightResponse } from '../../../src/app/fetch/response.ts';
import { FakeExchange, type FakeRequest } from '../fake-exchange.ts';

const NAMES = ['Headers', 'Request', 'Response', 'fetch'] as const;
const platform = () => NAMES.map((name) => Object.getOwnPropertyDescriptor(globalThis, name));

/** The request of an exchange, as an app sees it. */
const requestOf = (request: FakeRequest) => new LightRequest(new FakeExchange(request)) as unknown as Request;

describe('installFetchGlobals', () => {
  it('replaces the classes, and its undo brings the platform’s back', () => {
    const original = platform();
    const undo = installFetchGlobals();
    assert.equal(globalThis.Response, LightResponse);
    assert.equal(globalThis.Headers, LightHeaders);
    assert.notEqual(globalThis.Request, NativeRequest);
    assert.equal(new Request('http://a/').constructor, Request);
    undo();
    assert.deepEqual(platform(), original);
    assert.equal(new Request('http://a/').constructor, NativeRequest);
  });

  it('may be called again: the last undo counts', () => {
    const original = platform();
    const undo = [installFetchGlobals(), installFetchGlobals()];
    undo[0]!();
    undo[0]!();
    assert.equal(globalThis.Response, LightResponse);
    undo[1]!();
    assert.deepEqual(platform(), original);
  });

  it('leaves what somebody else has put in their place', () => {
    const original = Object.getOwnPropertyDescriptor(globalThis, 'fetch')!;
    const undo = installFetchGlobals();
    const mocked = async () => new Response('mock');
    globalThis.fetch = mocked;
    undo();
    assert.equal(globalThis.fetch, mocked);
    Object.defineProperty(globalThis, 'fetch', original);
  });
});

describe('with the light classes installed', () => {
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    if (request.url === '/gzip') response.setHeader('content-encoding', 'gzip');
    const seen = JSON.stringify({ method: request.method, headers: request.headers, body: body.toString() });
    response.setHeader('x-upstream', '1').end(request.url === '/gzip' ? gzipSync('unpacked') : seen);
  });
  let undo = () => {};
  let origin = '';

  before(async () => {
    undo = installFetchGlobals();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    origin = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    undo();
    server.close();
    server.closeAllConnections();
  });

  type Seen = { method: string; headers: IncomingMessage['headers']; body: string };
  const seenBy = async (response: Response) => (await response.json()) as Seen;

  it('instanceof holds both ways', async () => {
    const response = await fetch(`http://${origin}/`);
    assert.ok(response instanceof Response);
    assert.ok(response.headers instanceof Headers);
    assert.ok(new Response('x') instanceof NativeResponse);
    assert.ok(new Response('x').headers instanceof NativeHeaders);
    assert.ok(requestOf({}) instanceof Request);
    assert.ok(new Request('http://a/') instanceof NativeRequest);
    await response.body?.cancel();
  });

  it('a platform’s response can be rebuilt', async () => {
    const upstream = await fetch(`http://${origin}/`);
    const response = new Response(upstream.body, upstream);
    response.headers.set('x-b', '2');
    assert.equal(response.headers.get('x-upstream'), '1');
    assert.equal((await seenBy(response)).method, 'GET');
  });

  it('fetch sends a request on that has arrived', async () => {
    const request = requestOf({
      host: origin,
      method: 'POST',
      fields: ['x-a', '1', 'connection', 'close', 'content-length', '5'],
      body: 'hello',
    });
    const seen = await seenBy(await fetch(request));
    assert.deepEqual([seen.method, seen.headers['x-a'], seen.body], ['POST', '1', 'hello']);
    assert.equal(request.bodyUsed, true);
  });

  it('fetch sends a request on that is still arriving', async () => {
    const fields = ['transfer-encoding', 'chunked'];
    const seen = await seenBy(
      await fetch(requestOf({ host: origin, method: 'PUT', fields, pieces: ['hel', 'lo'] })),
    );
    assert.deepEqual(
      [seen.method, seen.body, seen.headers['transfer-encoding']],
      ['PUT', 'hello', 'chunked'],
    );
  });

  it('fetch rejects a request that was read', async () => {
    const request = requestOf({ host: origin, method: 'POST', body: 'x' });
    await request.text();
    await assert.rejects(fetch(request), TypeError);
  });

  it('fetch takes a light request, and an init that changes it', async () => {
    const headers = new Headers({ 'x-a': '2' });
    const fields = ['content-length', '4'];
    const request = requestOf({ host: origin, method: 'POST', fields, body: 'mine' });
    const seen = await seenBy(await fetch(request, { method: 'PUT', headers, body: 'other' }));
    assert.deepEqual([seen.method, seen.headers['x-a'], seen.body], ['PUT', '2', 'other']);
    assert.equal(await request.text(), 'mine');
  });

  it('fetch sends another body with a length of its own', async () => {
    const request = requestOf({
      host: origin,
      method: 'POST',
      fields: ['content-length', '4'],
      body: 'mine',
    });
    const seen = await seenBy(await fetch(request, { body: 'others' }));
    assert.deepEqual([seen.body, seen.headers['content-length']], ['others', '6']);
  });

  it('fetch takes all else as before', async () => {
    const form = new URLSearchParams({ a: '1' });
    const seen = await seenBy(await fetch(new URL(`http://${origin}/`), { method: 'POST', body: form }));
    assert.equal(seen.body, 'a=1');
    await assert.rejects(fetch('nonsense'), TypeError);
  });

  it('a request can be aimed elsewhere', async () => {
    const request = requestOf({ host: 'front', method: 'POST', fields: ['x-a', '1'], body: 'hello' });
    const seen = await seenBy(await fetch(new Request(`http://${origin}/`, request)));
    assert.deepEqual([seen.method, seen.headers['x-a'], seen.body], ['POST', '1', 'hello']);
  });

  it('the abort of a request reaches what was made of it', () => {
    const exchange = new FakeExchange();
    const request = new LightRequest(exchange) as unknown as Request;
    const copy = new Request(request);
    exchange.reset();
    assert.equal(copy.signal.aborted, true);
  });

  it('a handler may return what fetch returns', async () => {
    const exchange = new FakeExchange();
    await (fetchApp(() => fetch(`http://${origin}/`)).handle(exchange) as Promise<void>);
    assert.equal(exchange.status, 200);
    assert.equal(exchange.field('x-upstream'), '1');
    assert.equal(exchange.field('connection'), undefined);
    assert.equal(JSON.parse(exchange.text).method, 'GET');
  });

  it('what fetch has unpacked is not said to be packed', async () => {
    const exchange = new FakeExchange();
    await (fetchApp(() => fetch(`http://${origin}/gzip`)).handle(exchange) as Promise<void>);
    assert.equal(exchange.text, 'unpacked');
    assert.equal(exchange.field('content-encoding'), undefined);
    assert.equal(exchange.length, -1);
  });
});
