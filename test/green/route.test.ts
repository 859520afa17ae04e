// Limits of a route: how many at once, how long, and what becomes of a request whose client goes.

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, it } from 'node:test';
import { start } from '../../src/green/coroutine.ts';
import { greenFetch } from '../../src/green/fetch.ts';
import { type RouteOptions, route } from '../../src/green/route.ts';
import { twinOf } from '../../src/green/twin.ts';
import type { Loop } from '../../src/loop/index.ts';
import { Cancelled, type Co, DeadlineExceeded, sleep, spawn as spawnTask } from '../../src/task/index.ts';
import { atRoot, call, green, run, slow } from './simulate.ts';

/** A response of `node:http`, as far as a route looks at it. */
class FakeResponse extends EventEmitter {
  statusCode = 200;
  headersSent = false;
  writableFinished = false;
  destroyed = false;
  text = '';
  writeHead(): void {}
  setHeader(): void {}
  end(text: string): void {
    this.text = text;
    this.writableFinished = true;
  }
  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

/** Notes when it begins, waits, and how that ends; its cleanup waits too. */
function handler(seen: unknown[], milliseconds = 100): (...args: unknown[]) => string {
  return green(
    (..._args: unknown[]) => 'plain',
    function* (name: unknown): Co<string> {
      seen.push(`${String(name)} begins`);
      try {
        yield* sleep(milliseconds);
        seen.push(`${String(name)} ends`);
        return 'answer';
      } catch (error) {
        seen.push((error as Error).name);
        throw error;
      } finally {
        yield* sleep(10_000);
        seen.push('cleaned up');
      }
    },
  );
}

describe('a route’s limit', () => {
  const quick = (seen: unknown[]): ((name: string) => string) =>
    green(
      (name: string) => name,
      function* (name: string): Co<string> {
        seen.push(`+${name}`);
        yield* sleep(10);
        seen.push(`-${name}`);
        return name;
      },
    );

  it('has the others wait, first come first served', async () => {
    const seen: unknown[] = [];
    const limited = route({ limit: 2 }, quick(seen));
    const results = await atRoot(() => ['a', 'b', 'c', 'd'].map((name) => limited(name)));
    assert.deepEqual(await Promise.all(results), ['a', 'b', 'c', 'd']);
    assert.deepEqual(seen, ['+a', '+b', '-a', '-b', '+c', '+d', '-c', '-d']);
  });

  it('refuses who comes when its queue is full, with a status', async () => {
    const seen: unknown[] = [];
    const limited = route({ limit: 1, queue: 1 }, quick(seen));
    await atRoot(() => {
      void limited('a');
      void limited('b');
      assert.throws(() => limited('c'), {
        code: 'ERR_ROUTE_FULL',
        status: 503,
        message: /1 requests run in this route, and 1 wait/,
      });
    });
    assert.deepEqual(seen, ['+a', '-a', '+b', '-b']);
  });

  it('gives a place back when the handler throws, and holds it for an async handler', async () => {
    let running = 0;
    let most = 0;
    const failing = route(
      { limit: 1 },
      slow(() => {
        throw new RangeError('no');
      }),
    );
    await assert.rejects(
      run(() => call(failing, undefined)),
      RangeError,
    );
    await assert.rejects(
      run(() => call(failing, undefined)),
      RangeError,
    );
    const asynchronous = route({ limit: 1 }, async () => {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
    });
    await Promise.all(await atRoot(() => [1, 2, 3].map(() => asynchronous())));
    assert.equal(most, 1);
  });
});

describe('a route’s deadline', () => {
  it('is thrown where the handler waits; its cleanup is waited for, however long', async () => {
    const seen: unknown[] = [];
    const limited = route({ deadline: 50 }, handler(seen));
    await assert.rejects(
      run(() => call(limited, undefined, 'it')),
      (error: unknown) => error instanceof DeadlineExceeded && (error as { status?: number }).status === 503,
    );
    assert.deepEqual(seen, ['it begins', 'DeadlineExceeded', 'cleaned up']);
  });

  it('counts the time in the queue', async () => {
    const seen: unknown[] = [];
    const limited = route(
      { deadline: 150, limit: 1 },
      slow((name: string) => seen.push(name), 100),
    );
    const ends = await atRoot(() => ['a', 'b'].map((name) => Promise.allSettled([limited(name)])));
    const [[a], [b]] = (await Promise.all(ends)) as unknown as [[{ status: string }], [{ status: string }]];
    assert.deepEqual([a.status, b.status, seen], ['fulfilled', 'rejected', ['a']]);
  });

  it('says nothing to a handler that ends in time', async () => {
    const loops: Loop[] = [];
    const limited = route(
      { deadline: 5_000 },
      slow(() => 'in time', 100),
    );
    const [value] = await atRoot((loop) => {
      loops.push(loop);
      return [limited()];
    });
    assert.equal(await value, 'in time');
    assert.equal(loops[0]!.statistics().timers, 0);
  });

  it('is a 503 where nobody around the handler would answer', async () => {
    const response = new FakeResponse();
    const limited = route({ deadline: 50 }, handler([]));
    const server = new EventEmitter().on('request', limited);
    await atRoot(() => server.emit('request', 'it', response));
    assert.deepEqual([response.statusCode, response.text], [503, 'not done within 50 ms\n']);

    const begun = new FakeResponse();
    begun.headersSent = true;
    await atRoot(() => server.emit('request', 'it', begun));
    assert.equal(begun.destroyed, true);

    const request = new Request('http://localhost/');
    const [answer] = await atRoot(() => [greenFetch(limited)(request)]);
    assert.equal(((await answer) as Response).status, 503);
  });

  it('is an error for the framework that called the handler', async () => {
    const response = new FakeResponse();
    const limited = route({ deadline: 50 }, handler([]));
    await assert.rejects(
      run(function* framework() {
        return yield* call(limited, undefined, 'it', response);
      }),
      DeadlineExceeded,
    );
    assert.equal(response.text, '');
  });
});

describe('a handler whose client goes', () => {
  function leaving(options: RouteOptions): {
    seen: unknown[];
    response: FakeResponse;
    done: Promise<unknown>;
  } {
    const seen: unknown[] = [];
    const response = new FakeResponse();
    const limited = route(options, handler(seen, 100));
    const done = atRoot((loop) => {
      const server = new EventEmitter().on('request', limited);
      server.emit('request', 'it', response);
      loop.setTimer(50, () => response.destroy());
    });
    return { seen, response, done };
  }

  it('runs to its end', async () => {
    const { seen, done } = leaving({});
    await done;
    assert.deepEqual(seen, ['it begins', 'it ends', 'cleaned up']);
  });

  it('is told where it waits if the route asks for it; its cleanup is waited for', async () => {
    const { seen, response, done } = leaving({ cancel: 'client' });
    await done;
    assert.deepEqual(seen, ['it begins', 'Cancelled', 'cleaned up']);
    assert.equal(response.listenerCount('close'), 0);
  });

  it('is told nothing when it has gone with its answer', async () => {
    const seen: unknown[] = [];
    const response = new FakeResponse();
    const limited = route({ cancel: 'client' }, handler(seen, 100));
    await atRoot((loop) => {
      new EventEmitter().on('request', limited).emit('request', 'it', response);
      loop.setTimer(50, () => {
        response.end('early');
        response.destroy();
      });
    });
    assert.deepEqual(seen, ['it begins', 'it ends', 'cleaned up']);
  });

  it('is interrupted once: what it waits for in its cleanup comes, whatever happens meanwhile', async () => {
    const seen: unknown[] = [];
    const response = new FakeResponse();
    const limited = route({ cancel: 'client', deadline: 50 }, handler(seen, 100));
    await atRoot((loop) => {
      new EventEmitter().on('request', limited).emit('request', 'it', response);
      loop.setTimer(70, () => response.destroy());
    });
    assert.deepEqual(seen, ['it begins', 'DeadlineExceeded', 'cleaned up']);
  });

  it('is told by the signal of a fetch request, a framework’s too', async () => {
    for (const wrap of [
      (request: Request) => request,
      (request: Request) => ({ req: { raw: request } }),
      (request: Request) => ({ req: request }),
    ]) {
      const seen: unknown[] = [];
      const controller = new AbortController();
      const request = new Request('http://localhost/', { signal: controller.signal });
      const limited = route({ cancel: 'client' }, handler(seen));
      await atRoot((loop) => {
        start(
          twinOf(
            green(
              () => {},
              () => call(limited, undefined, wrap(request)) as Co<unknown>,
            ),
          )!.call(undefined),
        );
        loop.setTimer(50, () => controller.abort());
      }).catch(() => {});
      assert.equal(seen[1], 'Cancelled');
    }
  });

  it('is cancelled by the server, as a coroutine, in a fetch handler that asks for it', async () => {
    const seen: unknown[] = [];
    const limited = route({ cancel: 'client' }, handler(seen));
    const request = new Request('http://localhost/');
    await atRoot((loop) => {
      const coroutine = greenFetch(limited)(request) as Co<unknown>;
      const task = spawnTask(loop, coroutine);
      task.onDone(() => {});
      loop.setTimer(50, () => task.cancel());
    });
    assert.equal(seen[1], 'Cancelled');
  });

  it('is left to its cleanup when the server has cancelled it, whatever deadline passes then', async () => {
    const seen: unknown[] = [];
    const waiting = green(
      () => {},
      function* (): Co<void> {
        try {
          yield* sleep(1_000);
        } catch (error) {
          seen.push((error as Error).name);
          yield* sleep(100);
          seen.push('cleaned up');
        }
      },
    );
    const limited = route({ cancel: 'client', deadline: 70 }, waiting as () => void);
    await atRoot((loop) => {
      const task = spawnTask(loop, greenFetch(limited)(new Request('http://localhost/')) as Co<unknown>);
      task.onDone(() => {});
      loop.setTimer(50, () => task.cancel());
    });
    assert.deepEqual(seen, ['Cancelled', 'cleaned up']);
  });

  it('does not wait any more if it had gone before', async () => {
    const seen: unknown[] = [];
    const response = new FakeResponse();
    response.destroyed = true;
    const limited = route({ cancel: 'client' }, handler(seen));
    await assert.rejects(
      run(function* () {
        return yield* call(limited, undefined, 'it', response);
      }),
      Cancelled,
    );
    assert.deepEqual(seen, ['it begins', 'Cancelled', 'cleaned up']);
  });
});

describe('route', () => {
  it('looks as its handler', () => {
    const limited = route({ limit: 1 }, function four(_a: unknown, _b: unknown, _c: unknown, _d: unknown) {});
    assert.deepEqual([limited.name, limited.length], ['four', 4]);
  });

  it('says what is wrong with its options', () => {
    const fn = (): void => {};
    assert.throws(() => route({ limit: 0 }, fn), /limit must be a whole number, at least 1; got 0/);
    assert.throws(() => route({ queue: -1 }, fn), /queue must be a whole number, at least 0; got -1/);
    assert.throws(() => route({ deadline: Number.NaN }, fn), /deadline must be .* got NaN/);
    assert.throws(
      () => route({ cancel: 'always' as never }, fn),
      /cancel must be 'never' or 'client'; got always/,
    );
    assert.throws(() => route({}, 5 as never), /handler must be a function; got number/);
  });
});
