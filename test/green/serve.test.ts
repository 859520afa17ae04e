// `siskin serve --worker-class green`: unchanged, synchronous apps of every framework serve several requests at once. Their
// handlers call an API that answers only when so many ask at the same time: nobody gets an answer from an app that blocks.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { symlinkSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Child, siskin, withRegister, withSiskin } from '../cli/child.ts';
import { GREEN } from '../cli/program.ts';
import { temporaryFolder } from '../folder.ts';

const { place } = temporaryFolder('green-served');

const TOGETHER = 4;
const APPS = fileURLToPath(new URL('../apps/green/', import.meta.url));
const TIMEOUT = { timeout: 60_000 };

/** The API: each path answers all at once, when as many have come. */
class Meetings {
  readonly #waiting = new Map<string, ServerResponse[]>();
  readonly #server: Server = createServer((request, response) => {
    const waiting = [...(this.#waiting.get(request.url!) ?? []), response];
    this.#waiting.set(request.url!, waiting);
    if (waiting.length < TOGETHER) return;
    this.#waiting.delete(request.url!);
    for (const each of waiting) each.end('met');
  });

  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const meetings = new Meetings();
let api: string;
before(async () => {
  api = await meetings.open();
});
after(() => meetings.close());

function serve(app: string, use: (url: string, child: Child) => Promise<void>): Promise<void> {
  const args = [`${APPS}${app}`, '--worker-class', 'green', '--no-arbiter', '--keep-alive-grace', '10ms'];
  return withSiskin([...args, '--bind', '127.0.0.1:0'], { cwd: APPS, env: { API: api } }, async (child) =>
    use(await child.url(), child),
  );
}

/** What so many clients get at the same time. */
async function together(
  url: string,
  init?: RequestInit,
): Promise<{ status: number; body: string; headers: Headers }> {
  const answers = await Promise.all(
    Array.from({ length: TOGETHER }, async () => {
      const response = await fetch(url, { ...init, signal: AbortSignal.timeout(20_000) });
      return { status: response.status, body: await response.text(), headers: response.headers };
    }),
  );
  for (const { body } of answers) assert.equal(body, answers[0]!.body);
  return answers[0]!;
}

describe('served green, handlers wait side by side', () => {
  test(
    'in Express 4 and 5, behind middleware that is not green, in parameters, errors and error handlers',
    TIMEOUT,
    () =>
      serve('frameworks.js', async (url) => {
        for (const prefix of ['express', 'express4']) {
          const got = await together(`${url}/${prefix}/meet`);
          assert.deepEqual(JSON.parse(got.body), { said: 'met', body: {}, steps: ['before', 'met'] }, prefix);
          const body = JSON.stringify({ a: 1 });
          const posted = await together(`${url}/${prefix}/meet`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body,
          });
          assert.deepEqual(JSON.parse(posted.body).body, { a: 1 }, prefix);
          assert.equal((await together(`${url}/${prefix}/items/7`)).body, '7 met');
          const failed = await together(`${url}/${prefix}/throws`);
          assert.equal(failed.status, 500);
          assert.equal(failed.body, 'RangeError: thrown behind a wait, met');
        }
        for (const prefix of ['connect', 'koa', 'plain']) {
          const { status, body, headers } = await together(`${url}/${prefix}/meet`);
          assert.equal(status, 200);
          assert.equal(body, prefix === 'plain' ? 'a met, b met' : 'met', prefix);
          if (prefix === 'koa') assert.equal(headers.get('x-behind'), 'yes');
        }
      }),
  );

  test('in Hono', TIMEOUT, () =>
    serve('hono.js', async (url) => {
      assert.equal((await together(`${url}/hono/meet`)).body, 'met');
    }),
  );

  // Package managers that link packages have their users write such a path.
  const link = place('green-by-a-link.mjs');
  symlinkSync(fileURLToPath(GREEN), link);
  for (const [way, preload] of [
    ['siskin/green', GREEN],
    ['a link to it', link],
  ] as const) {
    test(`in a program that Node runs with ${way}`, TIMEOUT, () =>
      withRegister(
        [`${APPS}frameworks.js`],
        { cwd: APPS, env: { API: api, SISKIN_LOG_LEVEL: 'info' } },
        async (child) => {
          const port = await child.printed(/listening on [^ ]*:(\d+)/, 'stderr');
          assert.equal((await together(`http://127.0.0.1:${port}/plain/meet`)).body, 'a met, b met');
        },
        preload,
      ),
    );
  }
});

describe('served green, what cannot suspend', () => {
  test('blocks, and is reported with the frame that could not', TIMEOUT, () =>
    serve('blocked.js', async (url, child) => {
      assert.equal(await (await fetch(`${url}/getter`)).text(), 'hashed');
      const line = await child.printed(/^(.*blocked all requests.*)$/m, 'stderr');
      const { level, api: name, frame, stack } = JSON.parse(line);
      assert.deepEqual([level, name], ['warn', 'crypto.pbkdf2Sync']);
      assert.match(JSON.stringify(frame), /password/);
      assert.match(stack, /blocked\.js:13/);
    }),
  );

  test('and what cannot be parsed runs as it is, with a line in the log', TIMEOUT, () =>
    serve('refused.js', async (url, child) => {
      assert.equal(await (await fetch(url)).text(), 'served');
      await child.printed(/refused\.js runs as it is, and blocks where it waits/, 'stderr');
    }),
  );
});

test('a driver that is not there ends the start, in words', TIMEOUT, async () => {
  const args = ['serve', 'hono.js', '--worker-class', 'green', '--green-driver', 'nonsense', '--no-arbiter'];
  const { status, stderr } = await siskin([...args, '--bind', '127.0.0.1:0'], { cwd: APPS });
  assert.equal(status, 1);
  assert.match(stderr, /^siskin: there is no driver nonsense\. There are pg-native, sync-fetch/);
  assert.doesNotMatch(stderr, /\n {4}at /);
});
