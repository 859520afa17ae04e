// Fetch handlers, green.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Pending, start } from '../../src/green/coroutine.ts';
import { greenFetch } from '../../src/green/fetch.ts';
import type { Co } from '../../src/task/index.ts';
import { atRoot, green, slow } from './simulate.ts';

describe('greenFetch', () => {
  it('returns the answer at once where the handler does not wait', async () => {
    const quick = green(
      () => 'plain',
      // biome-ignore lint/correctness/useYield: it does not wait.
      function* (this: unknown, request: string, info: string): Co<unknown> {
        return [this, request, info];
      } as never,
    );
    await atRoot(() =>
      assert.deepEqual(greenFetch(quick)('request', 'info'), [undefined, 'request', 'info']),
    );
  });

  it('returns a promise where it waits', async () => {
    const [answer] = await atRoot(() => [greenFetch(slow((request: string) => `answer to ${request}`))('a')]);
    assert.ok(answer instanceof Promise);
    assert.equal(await answer, 'answer to a');
  });

  it('rejects it with what the handler throws after it has waited', async () => {
    const failing = slow(() => {
      throw new RangeError('no');
    });
    const { rejected } = await atRoot(() => ({
      rejected: assert.rejects(greenFetch(failing)() as Promise<unknown>, RangeError),
    }));
    await rejected;
  });

  it('calls the fetch method of an object on it, the one it has at the time', async () => {
    const app = {
      name: 'app',
      fetch: slow(function (this: { name: string }) {
        return this.name;
      }),
    };
    const fetch = greenFetch(app);
    const [first] = await atRoot(() => [fetch()]);
    assert.equal(await first, 'app');
    app.fetch = (() => 'another') as never;
    assert.equal(fetch(), 'another');
  });

  it('calls a handler without a twin as it stands, and any within a coroutine', async () => {
    assert.equal(greenFetch(() => 'plain')(), 'plain');
    const waiting = slow(() => 'plain');
    const value = await atRoot(() =>
      start(
        // biome-ignore lint/correctness/useYield: it does not wait.
        (function* (): Co<unknown> {
          return greenFetch(waiting)();
        })(),
      ),
    );
    assert.equal(value instanceof Pending, false);
    assert.equal(value, 'plain');
  });

  it('has as many parameters as the handler, by which servers tell a Worker’s', () => {
    assert.equal(greenFetch((_request: unknown, _env: unknown, _context: unknown) => {}).length, 3);
    assert.equal(greenFetch({ fetch: function worker(_request: unknown) {} }).name, 'worker');
  });

  it('refuses what is no app', () => {
    for (const app of [null, undefined, 5, {}, { fetch: 1 }]) {
      assert.throws(() => greenFetch(app), /app must be a function \(request, info\)/);
    }
  });
});
