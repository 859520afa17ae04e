// The raw requests that the http layer is tested with, sent to a whole server: what is refused is answered and closed
// such that its client can read why, what is accepted reaches the app.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { type Backend, behaves, get, type Site } from './backend.ts';

interface Expectation {
  readonly maxBodyBytes?: number;
  readonly ends?: boolean;
  readonly requests: readonly { readonly method: string; readonly target: string; readonly body: string }[];
  readonly problem?: { readonly status: number };
}

const folder = new URL('../../http/fixtures/', import.meta.url);

function fixtures(kind: 'accept' | 'refuse'): { name: string; bytes: Buffer; expected: Expectation }[] {
  const names = readdirSync(folder).filter((file) => file.startsWith(kind) && file.endsWith('.http'));
  assert.ok(names.length > 40, `${names.length} fixtures`);
  return names.map((file) => ({
    name: file,
    bytes: readFileSync(new URL(file, folder)),
    expected: JSON.parse(readFileSync(new URL(file.replace('.http', '.json'), folder), 'utf8')),
  }));
}

/** Methods whose body the Fetch standard keeps from an app. */
const BODILESS = new Set(['GET', 'HEAD']);

export function fixtureTests(backend: Backend): void {
  behaves(
    backend,
    'what breaks the protocol is refused with its status, and the connection closed',
    async (open) => {
      const sites = new Map<number | undefined, Site>();
      for (const { name, bytes, expected } of fixtures('refuse')) {
        const { maxBodyBytes } = expected;
        const site =
          sites.get(maxBodyBytes) ??
          (await open(async (request) => new Response(await request.text()), {
            settings: maxBodyBytes === undefined ? {} : { limitRequestBody: maxBodyBytes },
          }));
        sites.set(maxBodyBytes, site);
        const client = await site.connect();
        client.send(bytes);
        if (expected.ends === true) client.end();
        // A request before the one that is refused is answered first.
        const whole = expected.requests.filter((request) => !('incomplete' in request));
        for (const { method } of whole) assert.equal((await client.answer(method)).status, 200, name);

        const answer = await client.answer();
        assert.equal(answer.status, expected.problem!.status, name);
        assert.equal(answer.get('connection'), 'close', name);
        assert.match(answer.text, new RegExp(`^${answer.status} .+: .+\n$`), name);
        assert.equal(await client.ended(), 'fin', name);
        await site.settle();
        assert.equal(client.sendFailed, false, name);
        client.close();
      }
    },
  );

  behaves(backend, 'what the RFC allows reaches the app, and the connection goes on', async (open) => {
    const seen: string[] = [];
    const site = await open(async (request) => {
      seen.push(request.method);
      return new Response(await request.text());
    });
    for (const { name, bytes, expected } of fixtures('accept')) {
      // Node closes on HTTP/1.0, whatever it asks for, where the app has set no length.
      if (!backend.capabilities.has('fetch') && bytes.includes(' HTTP/1.0')) continue;
      const client = await site.connect();
      client.send(bytes);
      for (const { method, body } of expected.requests) {
        const answer = await client.answer(method);
        // What an app is asked in a form that Fetch does not know is still answered.
        assert.equal(answer.status, 200, name);
        assert.equal(answer.body.toString('latin1'), BODILESS.has(method) ? '' : body, name);
        assert.equal(seen.shift()?.toUpperCase(), method.toUpperCase(), name);
      }
      client.send(get());
      if (client.ending === undefined && !client.raw.includes('Connection: close')) {
        assert.equal((await client.answer()).status, 200, name);
        seen.shift();
      }
      client.close();
    }
  });

  behaves(
    backend,
    'a client that is still sending when it is refused never sees its send fail',
    async (open) => {
      const site = await open(() => new Response('never'), { settings: { limitRequestBody: 1000 } });
      for (let i = 0; i < 20; i++) {
        const client = await site.connect();
        client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n`);
        for (let piece = 0; piece < 20; piece++) {
          client.send(Buffer.alloc(100_000, 'x'));
          if (piece % 4 === 0) await site.settle();
        }
        const answer = await client.answer('POST');
        assert.equal(answer.status, 413);
        client.end();
        assert.equal(await client.ended(), 'fin');
        assert.equal(client.sendFailed, false);
      }
    },
  );
}
