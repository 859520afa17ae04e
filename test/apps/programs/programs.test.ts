// The programs of this folder, started as their users start them, on Node's server and on Siskin: the same pages, the
// same uploads, the same messages, and an end that loses nobody.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { multipart } from '../multipart.ts';
import { type Answer, fieldOf, statusOf } from '../node/answer.ts';
import { get, post, postJson } from '../node/ask.ts';
import { closeFrame, frame, handshake } from '../node/frame.ts';
import type { Script } from '../node/site.ts';
import { compare, ENVIRONMENT, SISKIN } from '../node/twins.ts';

interface Running {
  readonly child: ChildProcess;
  readonly port: number;
  /** All that it printed. */
  readonly lines: string[];
}

async function start(program: string, execArgv: readonly string[]): Promise<Running> {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const child = spawn(process.execPath, [...execArgv, path], {
    env: { ...ENVIRONMENT, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  after(() => child.kill('SIGKILL'));
  const lines: string[] = [];
  const reader = createInterface(child.stdout);
  reader.on('line', (line) => lines.push(line));
  await Promise.race([once(reader, 'line'), once(reader, 'close')]);
  const port = Number(/:(\d+)\/?$/.exec(lines[0] ?? '')?.[1]);
  assert.ok(port > 0, `${program} did not say where it listens: ${lines}`);
  return { child, port, lines };
}

/** A test: the program does the same for the script on both servers, and ends the same way when it is told to. */
function runs<T>(program: string, name: string, script: Script, expected: (got: T) => void): void {
  test(`${program} ${name}`, { timeout: 20_000 }, async () => {
    const programs = await Promise.all([start(program, []), start(program, SISKIN)]);
    const ports = programs.map(({ port }) => port);
    await compare<T>(ports, script, expected);
    const ends = await Promise.all(
      programs.map(async ({ child, port, lines }) => {
        const exit = once(child, 'exit');
        child.kill('SIGTERM');
        const [code, signal] = await exit;
        return { code, signal, lines: lines.map((line) => line.replace(`${port}`, 'PORT')) };
      }),
    );
    assert.deepEqual(ends[1], ends[0]);
  });
}

const statuses = (answers: readonly Answer[]) => answers.map(statusOf).join(' ');

runs(
  'chat/server.js',
  'serves its page, takes a picture, and passes messages on',
  async ({ open, ask }) => {
    const pages = await ask(
      get('/'),
      get('/client.js'),
      get('/style.css'),
      get('/nothing'),
      get('/messages'),
    );
    const talker = await open();
    talker.send(handshake('/chat'));
    await talker.until((text) => text.includes('present'));
    const listener = await open();
    listener.send(handshake('/chat'));
    await listener.until((text) => text.includes('present'));
    talker.send(frame('text', JSON.stringify({ from: 'Ada', text: 'hello' })));
    await listener.until((text) => text.includes('hello'));
    const { type, body } = multipart([
      { name: 'from', body: 'Ada' },
      { name: 'picture', filename: 'a bird.png', type: 'image/png', body: Buffer.alloc(100_000, 'png') },
    ]);
    const uploads = await ask(post('/uploads', body, { 'Content-Type': type }), postJson('/uploads', {}));
    await listener.until((text) => text.includes('picture'));
    const [picture, messages] = await ask(get(fieldOf(uploads[0]!, 'location')!), get('/messages'));
    listener.send(closeFrame(1000));
    await listener.ended();
    // The picture was made a moment ago, on each side in its own.
    return [...pages, ...uploads, messages, picture?.statusLine, picture?.body, listener.take()];
  },
  (got: unknown[]) => assert.equal(statuses(got.slice(0, 8) as Answer[]), '200 200 200 404 200 201 400 200'),
);

runs(
  'tasks/server.ts',
  'keeps tasks for who is logged in',
  async ({ ask }) => {
    const before = await ask(
      get('/'),
      get('/health'),
      get('/tasks'),
      postJson('/login', { name: '' }),
      postJson('/login', { name: 'Ada' }),
    );
    const Cookie = fieldOf(before.at(-1)!, 'set-cookie')!.split(';')[0]!;
    const json = (method: string, path: string, value: unknown) => ({
      ...postJson(path, value, { Cookie }),
      method,
    });
    return [
      ...before,
      ...(await ask(
        json('POST', '/tasks', { title: 'Feed the birds' }),
        json('POST', '/tasks', { title: 'Clean the "house"' }),
        json('POST', '/tasks', { name: 'wrong' }),
        json('PATCH', '/tasks/1', { done: true }),
        get('/tasks?done=true', { Cookie }),
        get('/tasks/2', { Cookie }),
        get('/tasks/x', { Cookie }),
        get('/tasks/export.csv', { Cookie }),
        { method: 'DELETE', path: '/tasks/1', headers: { Cookie } },
        { method: 'DELETE', path: '/tasks/1', headers: { Cookie } },
        { method: 'POST', path: '/logout', headers: { Cookie } },
      )),
    ];
  },
  (answers: Answer[]) =>
    assert.equal(statuses(answers), '200 200 401 400 200 201 201 400 200 200 200 400 200 204 404 204'),
);

runs(
  'shop/main.js',
  'sells what there is, and tells who listens',
  async ({ open, ask }) => {
    const before = await ask(
      get('/products'),
      get('/products/seeds'),
      get('/products/gold'),
      postJson('/orders', {}),
    );
    const listener = await open();
    listener.send(
      'GET /products/changes HTTP/1.1\r\nHost: shop.example\r\nAccept: text/event-stream\r\n\r\n',
    );
    await listener.until((text) => text.includes('\r\n\r\n'));
    const key = { 'X-API-Key': 'secret' };
    const orders = await ask(
      postJson('/orders', { name: 'seeds', count: 3 }, key),
      postJson('/orders', { name: 'house' }, key),
      postJson('/orders', { name: 'house' }, key),
      postJson('/orders', { name: 'seeds', count: 'many' }, key),
      get('/products'),
    );
    await listener.until((text) => text.includes('house'));
    return [...before, ...orders, listener.take()];
  },
  (got: unknown[]) =>
    assert.equal(statuses(got.slice(0, 9) as Answer[]), '200 200 404 401 201 201 409 400 200'),
);
