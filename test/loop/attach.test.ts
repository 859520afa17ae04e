// The loop as a guest of Node's: promises, timers and sockets of both share one thread, errors surface where Node's do,
// and the process lives exactly as long as there is something to wait for.

import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { connect } from 'node:net';
import { describe, mock, type TestContext, test } from 'node:test';
import { setImmediate as nextImmediate, setTimeout as wait } from 'node:timers/promises';
import {
  type Attachment,
  createKernel,
  type Kernel,
  PEER_CLOSED,
  type Poller,
  READABLE,
} from '../../src/kernel/index.ts';
import { Loop, type LoopOptions } from '../../src/loop/index.ts';

const LOOPBACK = { family: 'inet', host: '127.0.0.1', port: 0 } as const;
const linux = process.platform === 'linux';

/** A loop attached through a poller that never has reports, and what it did with its place in Node's loop. */
function attached(
  t: TestContext,
  options?: LoopOptions,
): { loop: Loop; calls: string[]; onReady: () => void } {
  const calls: string[] = [];
  let onReady = (): void => assert.fail('it was not attached');
  const poller: Poller = {
    add: () => 0,
    modify: () => 0,
    remove: () => 0,
    wait: () => 0,
    token: () => 0,
    flags: () => 0,
    close: () => {},
    attach(callback: () => void): Attachment {
      onReady = callback;
      const noted = (name: string) => () => void calls.push(name);
      return { ref: noted('ref'), unref: noted('unref'), close: noted('close') };
    },
  };
  const kernel = { monotonic: () => performance.now(), createPoller: () => poller } as unknown as Kernel;
  const loop = new Loop(kernel, options);
  loop.attach();
  t.after(() => loop.close());
  return { loop, calls, onReady };
}

describe('an attached loop', () => {
  test('has its turn after the poll callback, not in it', async (t) => {
    const { loop, onReady } = attached(t);
    let ran = false;
    loop.schedule({
      run: () => {
        ran = true;
      },
    });
    onReady();
    onReady();
    assert.equal(loop.statistics().turns, 0);
    assert.ok(!ran);
    await nextImmediate();
    assert.equal(loop.statistics().turns, 1);
    assert.ok(ran);
    await nextImmediate();
    assert.equal(loop.statistics().turns, 1);
  });

  test('runs what was scheduled and set before it was attached', async (t) => {
    const { loop } = attached(t);
    loop.detach();
    const order: string[] = [];
    const ran = new Promise<void>((resolve) => loop.schedule({ run: resolve }));
    const fired = new Promise<void>((resolve) => void loop.setTimer(0, resolve));
    void ran.then(() => order.push('task'));
    await nextImmediate();
    assert.deepEqual(order, []);
    loop.attach();
    await Promise.all([ran, fired]);
    assert.deepEqual(order, ['task']);
  });

  test('lets Node have a turn whenever its budget is spent', async (t) => {
    const { loop } = attached(t, { budget: 0 });
    const order: string[] = [];
    for (let i = 0; i < 3; i++) {
      loop.schedule({
        run: () => {
          order.push(`task ${i}`);
          setImmediate(() => order.push(`node ${i}`));
        },
      });
    }
    while (order.length < 6) await nextImmediate();
    assert.deepEqual(order.slice(0, 3), ['task 0', 'node 0', 'task 1']);
  });

  test('runs promises and nextTicks of one task before the next task', async (t) => {
    const { loop } = attached(t, { budget: Number.POSITIVE_INFINITY });
    const order: string[] = [];
    for (const name of ['a', 'b']) {
      loop.schedule({
        run: () => {
          order.push(`${name} task`);
          process.nextTick(() => order.push(`${name} tick`));
          void Promise.resolve().then(() => order.push(`${name} promise`));
        },
      });
    }
    await nextImmediate();
    assert.deepEqual(order, ['a task', 'a tick', 'a promise', 'b task', 'b tick', 'b promise']);
    assert.equal(loop.statistics().turns, 1);
  });

  test('runs in the context it was attached in, whoever schedules something or sets a timer', async (t) => {
    const store = new AsyncLocalStorage<string>();
    const { loop } = store.run('the attacher’s', () => attached(t));
    const seen: (string | undefined)[] = [];
    const note = (then: () => void) => () => {
      seen.push(store.getStore());
      then();
    };
    const ran = store.run('one request’s', () => {
      return new Promise<void>((resolve) => loop.schedule({ run: note(resolve) }));
    });
    await ran;
    const fired = store.run('another’s', () => {
      return new Promise<void>((resolve) => void loop.setTimer(0, note(resolve)));
    });
    await fired;
    assert.deepEqual(seen, ['the attacher’s', 'the attacher’s']);
  });

  test('asks Node for no timeout that is longer than Node can count', (t) => {
    const { loop } = attached(t);
    const setTimeout = mock.method(globalThis, 'setTimeout');
    try {
      loop.setTimer(Number.POSITIVE_INFINITY, () => {});
      loop.setTimer(100 * 24 * 60 * 60 * 1000, () => {});
      loop.setTimer(5, () => {});
      const delays = setTimeout.mock.calls.map((call) => call.arguments[1]!);
      assert.equal(delays.length, 2, 'the second is later than the first look at the wheel');
      for (const delay of delays) assert.ok(delay >= 1 && delay < 2 ** 31, `setTimeout(${delay})`);
    } finally {
      setTimeout.mock.restore();
    }
  });

  test('arms one timeout of Node’s for all its timers, and none for none', (t) => {
    const { loop } = attached(t);
    const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const active = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length - before;
    const timers = [50_000, 40_000, 60_000].map((delay) => loop.setTimer(delay, () => {}));
    assert.equal(active(), 1);
    for (const timer of timers) loop.cancelTimer(timer);
    assert.equal(active(), 0);
    loop.resetTimer(timers[0]!, 1000);
    assert.equal(active(), 1);
    loop.close();
    assert.equal(active(), 0);
  });

  test('keeps the process alive while something is watched', (t) => {
    const { loop, calls } = attached(t);
    const first = loop.watch(3, { onReady: () => {} });
    const second = loop.watch(4, { onReady: () => {} });
    first.close();
    second.close();
    assert.deepEqual(calls, ['unref', 'ref', 'unref']);
    loop.detach();
    loop.detach();
    assert.deepEqual(calls, ['unref', 'ref', 'unref', 'close']);
  });

  test('attaches once, and can’t be run', (t) => {
    const { loop, calls } = attached(t);
    loop.attach();
    assert.deepEqual(calls, ['unref']);
    assert.throws(() => loop.run(), /attached/);
  });
});

describe('an attached loop on real sockets', { skip: !linux }, () => {
  test('has no turn for bytes and a FIN that nobody reads', async (t) => {
    const { loop, kernel, port, accepted } = await listening(t);
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const fd = await accepted;
    let reports = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    const watch = loop.watch(fd, {
      onReady: (flags) => {
        reports++;
        if ((flags & PEER_CLOSED) !== 0) resolve();
      },
    });
    client.end('GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await promise;
    const { turns } = loop.statistics();
    for (let i = 0; i < 100; i++) await nextImmediate();
    await wait(20);
    assert.ok(loop.statistics().turns - turns <= 1, `${loop.statistics().turns - turns} turns`);
    assert.ok(reports <= 3);
    watch.close();
    kernel.close(fd);
    client.destroy();
  });

  test('tells the new owner of a descriptor’s number, not the old one', async (t) => {
    const { loop, kernel, address, port, accepted, next } = await listening(t);
    // Its end with a reset: the server's closes with bytes unread.
    const client = connect(port, '127.0.0.1').on('error', () => {});
    const fd = await accepted;
    const heard: string[] = [];
    const old = loop.watch(fd, { onReady: () => heard.push('old') });
    await new Promise<void>((resolve) => void client.write('hello', () => resolve()));
    old.close();
    kernel.close(fd);
    const reused = kernel.connect(address);
    assert.equal(reused, fd, 'the lowest free number is used again');
    const { promise, resolve } = Promise.withResolvers<void>();
    const watch = loop.watch(reused, {
      onReady: (flags) => {
        heard.push('new');
        if ((flags & READABLE) !== 0) resolve();
      },
    });
    const peer = await next();
    kernel.send(peer, Buffer.from('hello'), 0, 5);
    await promise;
    assert.ok(!heard.includes('old'));
    watch.close();
    for (const each of [reused, peer]) kernel.close(each);
    client.destroy();
  });

  test('can be detached and attached again', async (t) => {
    const { loop, kernel, port, accepted } = await listening(t);
    loop.detach();
    const client = connect(port, '127.0.0.1');
    await new Promise<void>((resolve) => client.once('connect', resolve));
    assert.equal(loop.statistics().turns, 0);
    loop.attach();
    kernel.close(await accepted);
    client.destroy();
  });
});

/** An attached loop that listens, and hands out what it accepts: the first connection, and then the `next`. */
async function listening(t: TestContext) {
  const kernel = await createKernel('linux');
  const loop = new Loop(kernel);
  const fd = kernel.listen(LOOPBACK, { backlog: 8 });
  const address = kernel.localAddress(fd);
  const queue: number[] = [];
  let waiting: ((fd: number) => void) | undefined;
  loop.watch(fd, {
    onReady: () => {
      for (let accepted = kernel.accept(fd); accepted >= 0; accepted = kernel.accept(fd)) {
        if (waiting === undefined) queue.push(accepted);
        else waiting(accepted);
        waiting = undefined;
      }
    },
  });
  const next = (): Promise<number> =>
    new Promise((resolve) => {
      if (queue.length > 0) resolve(queue.shift()!);
      else waiting = resolve;
    });
  loop.attach();
  t.after(() => {
    loop.close();
    kernel.close(fd);
  });
  const port = address?.family === 'inet' ? address.port : 0;
  return { loop, kernel, address: address!, port, accepted: next(), next };
}
