// The programs of examples/, started as their first lines say, and what their readers would try.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Child, Siskin } from './command.ts';

const EXAMPLES = new URL('../../examples/', import.meta.url);

/** Serves `examples/NAME.ts` while `use` runs; then it must stop by itself, with nothing to complain of. */
function example(
  name: string,
  sentence: string,
  use: (url: string, siskin: Siskin) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
): void {
  test(`${name}: ${sentence}`, { timeout: 30_000 }, async () => {
    await using siskin = await Siskin.serve(`examples/${name}.ts`, [], env);
    await use(siskin.url, siskin);
    assert.equal(await siskin.stop(), 0);
    assert.equal(siskin.stderr, '');
  });
}

test('every example is tried here', () => {
  const names = readdirSync(EXAMPLES).filter((name) => name.endsWith('.ts'));
  assert.deepEqual(names.sort(), [
    'coroutine.ts',
    'embed.ts',
    'hello.ts',
    'hono.ts',
    'json-api.ts',
    'page.ts',
    'streaming.ts',
    'upload.ts',
  ]);
});

/** Waits until `condition` holds; the test's own deadline ends the wait. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await setTimeout(5);
}

const json = (method: string, body: unknown) => ({
  method,
  headers: { 'content-type': 'application/json' },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

example('hello', 'says so', async (url) => {
  assert.equal(await (await fetch(url)).text(), 'Hello, World!');
});

example('json-api', 'makes, shows, changes, lists and deletes', async (url) => {
  const made = await fetch(`${url}/tasks`, json('POST', { title: ' Feed the birds ' }));
  assert.deepEqual([made.status, made.headers.get('location')], [201, '/tasks/1']);
  assert.deepEqual(await made.json(), { id: 1, title: 'Feed the birds', done: false });
  await fetch(`${url}/tasks`, json('POST', { title: 'Sing', done: true }));

  const changed = await fetch(`${url}/tasks/1`, json('PATCH', { done: true }));
  assert.deepEqual(await changed.json(), { id: 1, title: 'Feed the birds', done: true });
  const listed = (await (await fetch(`${url}/tasks?done=true`)).json()) as { tasks: unknown[] };
  assert.equal(listed.tasks.length, 2);

  assert.equal((await fetch(`${url}/tasks/1`, { method: 'DELETE' })).status, 204);
  assert.equal((await fetch(`${url}/tasks/1`)).status, 404);
  const head = await fetch(`${url}/tasks`, { method: 'HEAD' });
  assert.deepEqual([head.status, await head.text()], [200, '']);
});

example('json-api', 'says what is wrong with a request', async (url) => {
  for (const [path, init, status, detail] of [
    ['/none', {}, 404, 'there is nothing at /none'],
    ['/tasks/9', {}, 404, 'there is no task 9'],
    ['/tasks', { method: 'PUT' }, 405, 'PUT is not for /tasks'],
    ['/tasks', { method: 'POST', body: 'a=1' }, 415, 'send application/json'],
    ['/tasks', json('POST', '{"title"'), 400, /^that is no JSON: /],
    ['/tasks', json('POST', [1]), 422, /^send an object/],
    ['/tasks', json('POST', {}), 422, 'a task needs a title'],
    ['/tasks', json('POST', { title: ' ' }), 422, /1 to 200 characters/],
    ['/tasks', json('POST', { title: 'a', done: 1 }), 422, 'done is true or false'],
    ['/tasks', json('POST', { title: 'a', dnoe: true }), 422, 'a task has no dnoe'],
  ] as const) {
    const answer = await fetch(url + path, init as RequestInit);
    const problem = (await answer.json()) as { status: number; detail: string };
    assert.deepEqual([answer.status, problem.status], [status, status], path);
    assert.equal(answer.headers.get('content-type'), 'application/problem+json');
    if (typeof detail === 'string') assert.equal(problem.detail, detail);
    else assert.match(problem.detail, detail);
    if (status === 405) assert.equal(answer.headers.get('allow'), 'GET, POST');
  }
});

example('streaming', 'sends events until its client goes', async (url) => {
  const counted = async () => ((await (await fetch(url)).json()) as { listeners: number }).listeners;
  const aborter = new AbortController();
  const answer = await fetch(`${url}/events?every=5`, { signal: aborter.signal });
  assert.equal(answer.headers.get('content-type'), 'text/event-stream');
  let seen = '';
  for await (const piece of answer.body!.pipeThrough(new TextDecoderStream())) {
    seen += piece;
    if (seen.split('\n\n').length > 3) break;
  }
  assert.match(seen, /^event: time\ndata: \d{4}-.*Z\n\nevent: time\n/);
  aborter.abort();
  await until(async () => (await counted()) === 0);
});

example('streaming', 'makes a download while it is read, and stops where its client does', async (url) => {
  const answer = await fetch(`${url}/numbers.csv?count=100000`);
  const lines = (await answer.text()).trimEnd().split('\n');
  assert.equal(lines.length, 100_001);
  assert.equal(lines.at(-1), '100000,10000000000');
  // A hundred million rows are not made for one who leaves after the first.
  const [response] = (await once(get(`${url}/numbers.csv?count=100000000`), 'response')) as [IncomingMessage];
  await once(response, 'data');
  response.destroy();
});

const folder = mkdtempSync(join(tmpdir(), 'siskin-upload-'));
test.after(() => rmSync(folder, { recursive: true }));

example(
  'upload',
  'stores what it is sent, and gives it back',
  async (url) => {
    const content = Buffer.alloc(3_000_000, 'content ');
    const stored = await fetch(`${url}/a.bin`, { method: 'PUT', body: content });
    assert.deepEqual([stored.status, await stored.text()], [201, 'a.bin: 3000000 bytes\n']);
    const back = await fetch(`${url}/a.bin`);
    assert.equal(back.headers.get('content-length'), '3000000');
    const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
    assert.equal(hash(await back.bytes()), hash(content));

    const empty = await fetch(`${url}/empty`, { method: 'PUT', body: new Uint8Array(0) });
    assert.equal(await empty.text(), 'empty: 0 bytes\n');
    for (const path of ['/none', '/.hidden', '/a%2fb', '/']) {
      assert.ok([400, 404].includes((await fetch(url + path)).status), path);
    }
    assert.equal((await fetch(`${url}/a.bin`, { method: 'DELETE' })).status, 405);
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.end('PUT /a.bin HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.match(await text(socket), /^HTTP\/1\.1 411 /);
    assert.deepEqual(readdirSync(folder).sort(), ['a.bin', 'empty']);
  },
  { UPLOADS: folder },
);

example(
  'upload',
  'leaves nothing of what is too large, or cut short',
  async (url) => {
    const before = readdirSync(folder);
    const declared = await fetch(`${url}/b`, { method: 'PUT', body: Buffer.alloc(2000) });
    assert.deepEqual([declared.status, await declared.text()], [413, 'At most 1000 bytes.\n']);
    const chunked = await fetch(`${url}/b`, {
      method: 'PUT',
      body: ReadableStream.from([new Uint8Array(900), new Uint8Array(900)]),
      duplex: 'half',
    });
    assert.deepEqual([chunked.status, await chunked.text()], [413, 'At most 1000 bytes.\n']);

    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('PUT /b HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\nhalf');
    await until(async () => readdirSync(folder).length > before.length);
    socket.resetAndDestroy();
    await until(async () => readdirSync(folder).length === before.length);
    assert.deepEqual(readdirSync(folder), before);
  },
  { UPLOADS: folder, UPLOAD_LIMIT: '1000' },
);

example('coroutine', 'waits for both, or for neither longer than asked', async (url, siskin) => {
  const whole = await fetch(`${url}/trip?to=Rome`);
  assert.deepEqual(await whole.json(), { place: 'Rome', seat: 'Rome 12A', weather: 'sun in Rome' });
  assert.doesNotMatch(siskin.stdout, /released/);

  const late = await fetch(`${url}/trip?to=Rome&payment=60000&patience=300`);
  assert.deepEqual(
    [late.status, await late.json()],
    [504, { place: 'Rome', error: 'no answer within 300 ms' }],
  );
  await siskin.printed(/^released Rome 12A$/m);
});

example('coroutine', 'undoes its first step when its connection is reset', async (url, siskin) => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write('GET /trip?to=Bergen&payment=60000&patience=60000 HTTP/1.1\r\nHost: a\r\n\r\n');
  await siskin.printed(/^reserved Bergen 12A$/m);
  socket.resetAndDestroy();
  await siskin.printed(/^released Bergen 12A$/m);
});

example('hono', 'is a Hono app', async (url) => {
  const first = await fetch(url);
  assert.equal(await first.text(), 'Visit 1 from 127.0.0.1\n');
  const [cookie = ''] = first.headers.getSetCookie();
  const second = await fetch(url, { headers: { cookie: cookie.split(';')[0]! } });
  assert.equal(await second.text(), 'Visit 2 from 127.0.0.1\n');

  const bird = await fetch(`${url}/birds/siskin`);
  const etag = bird.headers.get('etag')!;
  assert.equal(((await bird.json()) as { weight: number }).weight, 13);
  const again = await fetch(`${url}/birds/siskin`, { headers: { 'if-none-match': etag } });
  assert.equal(again.status, 304);
  assert.equal((await fetch(`${url}/birds/dodo`)).status, 404);
  assert.deepEqual(await (await fetch(`${url}/echo`, json('POST', { a: 1 }))).json(), { a: 1 });
  assert.match(await (await fetch(`${url}/countdown`)).text(), /data: 3\n[\s\S]*data: 1\n/);
});

example('page', 'has a page, its parts, and what they ask for', async (url) => {
  assert.match(await (await fetch(url)).text(), /<form method="post"/);
  assert.match((await fetch(`${url}/page.css`)).headers.get('content-type')!, /^text\/css/);
  assert.deepEqual(await (await fetch(`${url}/double`, json('POST', { number: 21 }))).json(), {
    doubled: 42,
  });
  const form = new FormData();
  form.set('name', '<script>');
  form.set('file', new File(['12345'], 'a.txt'));
  const greeting = await (await fetch(`${url}/greeting`, { method: 'POST', body: form })).text();
  assert.match(greeting, /Hello, &lt;script&gt;!.*5 bytes/);
  assert.match(await (await fetch(`${url}/ticks`)).text(), /data: tick 3 of 3\n\nevent: end/);
});

test('embed: serves, and stops without dropping a request', { timeout: 30_000 }, async () => {
  await using program = new Child(process.execPath, [fileURLToPath(new URL('embed.ts', EXAMPLES))]);
  const [, url] = await program.printed(/listening on (\S+)\n/);
  const agent = new Agent({ keepAlive: true });
  const ask = async (): Promise<[string, string | undefined]> => {
    const [response] = (await once(get(`${url}/x`, { agent }), 'response')) as [IncomingMessage];
    return [await text(response), response.headers.connection];
  };
  assert.deepEqual(await ask(), ['127.0.0.1 asks for /x, the 1. time\n', undefined]);
  program.process.kill('SIGTERM');
  // Its connection is told to close, by an answer.
  let last: [string, string | undefined];
  do last = await ask();
  while (last[1] !== 'close');
  agent.destroy();
  assert.equal(await program.ended(), 0);
  assert.match(program.stdout, /stopped after \d+ requests\n$/);
  assert.equal(program.stderr, '');
});
