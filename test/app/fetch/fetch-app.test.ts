// Handlers of every style as an App: what they are called with, what they may return, and what becomes of mistakes.

import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { type Fetcher, type FetchHandler, fetchApp } from '../../../src/app/fetch/fetch-app.ts';
import type { RequestInfo } from '../../../src/app/fetch/info.ts';
import { NativeResponse } from '../../../src/app/fetch/native.ts';
import { LightResponse } from '../../../src/app/fetch/response.ts';
import { createSimKernel } from '../../../src/kernel/sim/index.ts';
import { Loop } from '../../../src/loop/index.ts';
import { Cancelled, type Co, sleep, Task, until } from '../../../src/task/index.ts';
import { FakeExchange, type FakeRequest } from '../fake-exchange.ts';

const text = (body: string) => new LightResponse(body);

/** Has an app with this handler answer, to the end. */
async function ask(
  handler: FetchHandler | Fetcher,
  request: FakeRequest = {},
  options = {},
): Promise<FakeExchange> {
  const exchange = new FakeExchange(request);
  await (fetchApp(handler, options).handle(exchange) as Promise<void> | undefined);
  return exchange;
}

/** Runs a coroutine on a loop of its own to its end, with `during` called when it first waits. */
async function run(
  coroutine: Co<void>,
  during: (task: Task<void>) => unknown = () => {},
): Promise<{ error: unknown }> {
  const loop = new Loop(createSimKernel());
  const task = new Task(loop, coroutine);
  task.onDone(() => {});
  loop.turn(0);
  await during(task);
  while (!task.done) {
    await setImmediate();
    loop.turn(1);
  }
  return { error: task.error };
}

describe('a fetch app', () => {
  it('answers before it returns where the handler does', () => {
    const exchange = new FakeExchange();
    assert.equal(fetchApp(() => text('hi')).handle(exchange), undefined);
    assert.deepEqual([exchange.status, exchange.reason, exchange.text], [200, '', 'hi']);
    assert.equal(exchange.field('content-type'), 'text/plain;charset=UTF-8');
  });

  it('passes one frozen list for all texts, so that its rendering can be kept', () => {
    const [one, two] = [new FakeExchange(), new FakeExchange()];
    const app = fetchApp(() => text('hi'));
    app.handle(one);
    app.handle(two);
    assert.equal(one.fields, two.fields);
    assert.ok(Object.isFrozen(one.fields));
  });

  it('answers when a promise is kept', async () => {
    const exchange = await ask(async (request) => text(((await request.json()) as { a: string }).a), {
      method: 'POST',
      body: '{"a":"b"}',
    });
    assert.equal(exchange.text, 'b');
  });

  it('takes anything with a fetch method, and calls it as a method', async () => {
    class Router {
      greeting = 'hello';
      fetch() {
        return text(this.greeting);
      }
    }
    const router = new Router();
    const app = fetchApp(router);
    const first = new FakeExchange();
    app.handle(first);
    router.fetch = () => text('replaced');
    const second = new FakeExchange();
    app.handle(second);
    assert.deepEqual([first.text, second.text], ['hello', 'replaced']);
  });

  it('refuses what is no handler', () => {
    for (const handler of [undefined, null, {}, 'x', { fetch: 5 }]) {
      assert.throws(() => fetchApp(handler as never), TypeError);
    }
  });

  it('tells who is at the other end', async () => {
    let info: RequestInfo | undefined;
    await ask((_request, given) => {
      info = given;
      return text('');
    });
    const { remoteAddress, remotePort, localAddress, localPort, remoteAddr } = info!;
    assert.deepEqual(
      [remoteAddress, remotePort, localAddress, localPort],
      ['192.0.2.7', 50000, '192.0.2.1', 80],
    );
    assert.deepEqual(remoteAddr, { transport: 'tcp', hostname: '192.0.2.7', port: 50000 });
    assert.deepEqual(info!.requestIP({}), { address: '192.0.2.7', family: 'IPv4', port: 50000 });
    info!.passThroughOnException();
  });

  it('knows no address behind a unix socket', async () => {
    let found: unknown;
    const handler: FetchHandler = (request, info) => {
      found = info.requestIP(request);
      return text('');
    };
    await ask(handler, { peer: { address: '' } });
    assert.equal(found, null);
    await ask(handler, { peer: { address: '2001:db8::1' } });
    assert.deepEqual(found, { address: '2001:db8::1', family: 'IPv6', port: 50000 });
  });

  it('calls a handler of three parameters as a Worker’s, with the process’s environment', async () => {
    const seen: unknown[] = [];
    const worker = {
      fetch(_request: unknown, env: Record<string, string>, context: RequestInfo) {
        seen.push(env['PATH'], typeof context.waitUntil);
        return text('');
      },
    };
    await ask(worker);
    await ask(worker.fetch as unknown as FetchHandler);
    const expected = [process.env['PATH'], 'function'];
    assert.deepEqual(seen, [...expected, ...expected]);
  });

  it('gives the environment it was told to, to handlers of any shape', async () => {
    const seen: unknown[] = [];
    const hono = {
      fetch(_request: unknown, ...rest: unknown[]) {
        seen.push(rest[0]);
        return text('');
      },
    };
    await ask(hono, {}, { env: { KEY: 'v' } });
    const bare = (_request: unknown, env: unknown) => {
      seen.push(env);
      return text('');
    };
    await ask(bare, {}, { env: { KEY: 'w' } });
    assert.deepEqual(seen, [{ KEY: 'v' }, { KEY: 'w' }]);
  });

  it('lets through what a handler throws or rejects with', async () => {
    const error = new Error('mine');
    const thrower = fetchApp(() => {
      throw error;
    });
    assert.throws(() => thrower.handle(new FakeExchange()), error);
    await assert.rejects(
      ask(() => Promise.reject(error)),
      error,
    );
  });

  const wrong: Array<readonly [unknown, RegExp]> = [
    [undefined, /returned undefined.*every branch/],
    [null, /returned null/],
    ['text', /returned a string/],
    [5, /returned a number/],
    [{ status: 200 }, /returned a plain object/],
    [new Date(0), /returned an object of class Date/],
    [function named() {}, /returned the function named/],
    [LightResponse, /returned the function Response/],
    [LightResponse.error(), /Response\.error/],
    [NativeResponse.error(), /Response\.error/],
  ];
  for (const [value, message] of wrong) {
    it(`says what came back instead of a Response: ${message.source}`, async () => {
      const expected = { name: 'TypeError', code: 'ERR_NOT_A_RESPONSE', message };
      const exchange = new FakeExchange();
      assert.throws(() => fetchApp((() => value) as never).handle(exchange), expected);
      await assert.rejects(ask((async () => value) as never), expected);
      assert.equal(exchange.started, false);
    });
  }
});

describe('a generator handler', () => {
  it('runs as a coroutine', async () => {
    const exchange = new FakeExchange();
    const app = fetchApp(function* (request): Co<LightResponse> {
      yield* sleep(5);
      return text(yield* until(request.text()));
    });
    await run(app.handle(exchange) as Co<void>);
    assert.equal(exchange.text, '');
    assert.equal(exchange.status, 200);
  });

  it('is over when its stream is sent', async () => {
    const exchange = new FakeExchange();
    const app = fetchApp(function* (): Co<LightResponse> {
      yield* sleep(0);
      return new LightResponse(ReadableStream.from([Buffer.from('ab'), Buffer.from('cd')]));
    });
    const { error } = await run(app.handle(exchange) as Co<void>);
    assert.equal(error, undefined);
    assert.deepEqual([exchange.text, exchange.ended], ['abcd', true]);
  });

  it('is cancelled where it waits', async () => {
    const exchange = new FakeExchange();
    let cleaned = false;
    const app = fetchApp(function* (): Co<LightResponse> {
      try {
        yield* sleep(1e6);
        return text('late');
      } finally {
        cleaned = true;
      }
    });
    const { error } = await run(app.handle(exchange) as Co<void>, (running) => running.cancel());
    assert.ok(error instanceof Cancelled);
    assert.deepEqual([cleaned, exchange.started], [true, false]);
  });

  it('that returns no Response says so', async () => {
    const app = fetchApp(function* () {} as never);
    const { error } = await run(app.handle(new FakeExchange()) as Co<void>);
    assert.equal((error as { code: string }).code, 'ERR_NOT_A_RESPONSE');
  });
});

describe('waitUntil', () => {
  it('keeps the app unsettled until its promise has settled', async () => {
    const work = Promise.withResolvers<void>();
    const app = fetchApp((_request, { waitUntil }) => {
      waitUntil(work.promise);
      return text('');
    });
    app.handle(new FakeExchange());
    assert.equal(app.pending, 1);
    let settled = false;
    const settling = app.settled().then(() => (settled = true));
    await setImmediate();
    assert.equal(settled, false);
    work.resolve();
    await settling;
    assert.equal(app.pending, 0);
  });

  it('waits for what the work adds', async () => {
    const later = Promise.withResolvers<void>();
    let added = false;
    const app = fetchApp((_request, { waitUntil }) => {
      waitUntil(Promise.resolve().then(() => waitUntil(later.promise.then(() => (added = true)))));
      return text('');
    });
    app.handle(new FakeExchange());
    let settled = false;
    const settling = app.settled().then(() => {
      settled = true;
    });
    await setImmediate();
    assert.equal(settled, false);
    later.resolve();
    await settling;
    assert.ok(added);
  });

  it('tells of a rejection, and settles', async () => {
    const onError = mock.fn();
    const error = new Error('lost');
    const handler: FetchHandler = (_request, info) => {
      info.waitUntil(Promise.reject(error));
      return text('');
    };
    const app = fetchApp(handler, { onError });
    app.handle(new FakeExchange());
    await app.settled();
    assert.deepEqual(onError.mock.calls[0]!.arguments, [error]);
  });
});
