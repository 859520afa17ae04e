// Clients that take nothing of long answers: what they cost the server, and what the others feel of it.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { type Backend, behaves, get } from './behaviour/backend.ts';
import { simBackend } from './behaviour/sim.ts';
import { timedFetchBackend } from './behaviour/timed-sockets.ts';

/** Most of a page waits in the server: a kernel's buffers hold some 4 MB. */
const PAGE_SIZE = 16 * 1024 ** 2;
const PAGE = 'x'.repeat(PAGE_SIZE);
/** Characters of one to four bytes, so that no filling of a buffer ends where a character does. */
const TEXT = 'aé€😀'.repeat(60_000);

for (const backend of [simBackend, timedFetchBackend('linux'), timedFetchBackend('node')]) {
  describe(`clients that read slowly, on ${backend.name}`, () => tests(backend));
}

function tests(backend: Backend): void {
  behaves(backend, 'a string longer than any buffer arrives whole, whatever its characters', async (open) => {
    const site = await open(() => new Response(TEXT));
    const client = await site.connect();
    client.pause().send(get());
    await site.settle();
    client.resume();
    assert.equal((await client.answer()).text, TEXT);
    const second = await site.connect();
    assert.equal((await second.ask(get())).text, TEXT);
  });

  behaves(
    backend,
    'where memory is used up, who has stalled longest makes room for the next request',
    async (open) => {
      const site = await open((request) => new Response(request.url.endsWith('/page') ? PAGE : 'small'), {
        settings: { maxBuffered: PAGE_SIZE },
      });
      const [first, second] = [await site.connect(), await site.connect()];
      first.pause().send(get('/page'));
      await site.sleep(100);
      second.pause().send(get('/page'));
      const other = await site.connect();
      await site.sleep(1000);
      // Nobody has stalled for long enough to be given up.
      assert.equal((await other.ask(get())).status, 503);
      await site.sleep(2000);
      const next = await site.connect();
      assert.equal((await next.ask(get())).text, 'small');
      await site.settle();
      first.resume();
      second.resume();
      assert.equal(await first.ended(), 'reset');
      assert.equal((await second.answer()).body.length, PAGE_SIZE);
      assert.equal(site.statistics().buffered, 0);
    },
    { needs: 'virtual time' },
  );
}
