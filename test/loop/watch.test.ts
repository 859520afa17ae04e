// Readiness: each report reaches the listener of the descriptor it is about, and no other, whatever the listeners do
// while the reports are handed out.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EBADF, type Kernel, type Poller, READABLE, WRITABLE } from '../../src/kernel/index.ts';
import { createSimKernel } from '../../src/kernel/sim/index.ts';
import { Loop } from '../../src/loop/index.ts';
import { macrotask } from './macrotask.ts';

const ADDRESS = { family: 'inet', host: '127.0.0.1', port: 80 } as const;

/** A poller whose reports the test makes up, by descriptor. */
class ScriptedPoller implements Poller {
  readonly tokens = new Map<number, number>();
  readonly calls: string[] = [];
  reports: (readonly [number, number])[] = [];
  waits = 0;
  failWith = 0;
  closed = 0;
  #current: (readonly [number, number])[] = [];

  add(fd: number, token: number): number {
    if (this.failWith < 0) return this.failWith;
    this.tokens.set(fd, token);
    return 0;
  }

  modify(fd: number, _token: number, interest: number): number {
    this.calls.push(`modify ${fd} ${interest}`);
    return 0;
  }

  remove(fd: number): number {
    this.calls.push(`remove ${fd}`);
    return 0;
  }

  /** A report for the watch that `fd` has at this moment, delivered by the next wait. */
  report(fd: number, flags: number): void {
    this.reports.push([this.tokens.get(fd)!, flags]);
  }

  wait(): number {
    this.waits++;
    this.#current = this.reports;
    this.reports = [];
    return this.#current.length;
  }

  token(index: number): number {
    return this.#current[index]![0];
  }

  flags(index: number): number {
    return this.#current[index]![1];
  }

  close(): void {
    this.closed++;
  }
}

function scripted(): { loop: Loop; poller: ScriptedPoller } {
  const poller = new ScriptedPoller();
  const kernel = { monotonic: () => 0, createPoller: () => poller } as unknown as Kernel;
  return { loop: new Loop(kernel), poller };
}

describe('a watch', () => {
  test('is told of what its descriptor reports', () => {
    const { loop, poller } = scripted();
    const heard: string[] = [];
    for (const fd of [5, 6]) loop.watch(fd, { onReady: (flags) => heard.push(`${fd}: ${flags}`) });
    poller.report(6, READABLE | WRITABLE);
    poller.report(5, READABLE);
    loop.turn(0);
    assert.deepEqual(heard, [`6: ${READABLE | WRITABLE}`, `5: ${READABLE}`]);
  });

  test('is told nothing once it is closed, though the report was on its way', () => {
    const { loop, poller } = scripted();
    const heard: string[] = [];
    const second = loop.watch(6, { onReady: () => heard.push('second') });
    loop.watch(5, {
      onReady: () => {
        heard.push('first');
        second.close();
      },
    });
    poller.report(5, READABLE);
    poller.report(6, READABLE);
    loop.turn(0);
    assert.deepEqual(heard, ['first']);
    assert.equal(loop.statistics().watches, 1);
  });

  test('does not hear what was meant for its predecessor on the same descriptor', () => {
    const { loop, poller } = scripted();
    const heard: string[] = [];
    const old = loop.watch(6, { onReady: () => heard.push('old') });
    loop.watch(5, {
      onReady: () => {
        old.close();
        loop.watch(6, { onReady: () => heard.push('new') });
      },
    });
    poller.report(5, READABLE);
    poller.report(6, READABLE);
    loop.turn(0);
    assert.deepEqual(heard, []);
    poller.report(6, READABLE);
    loop.turn(0);
    assert.deepEqual(heard, ['new']);
  });

  test('of a descriptor reused thousands of times has a token that differs from the one before', () => {
    const { loop, poller } = scripted();
    let previous = -1;
    for (let i = 0; i < 5000; i++) {
      const watch = loop.watch(7, { onReady: () => {} });
      assert.notEqual(watch.token, previous);
      assert.ok(watch.token >= 0 && watch.token < 2 ** 31, 'it fits the poller’s 32 bits');
      previous = watch.token;
      watch.close();
    }
    assert.equal(poller.tokens.size, 1);
  });

  test('that cannot be had says which descriptor, and leaves the table as it was', () => {
    const { loop, poller } = scripted();
    poller.failWith = -EBADF;
    for (let i = 0; i < 3; i++)
      assert.throws(() => loop.watch(9, { onReady: () => {} }), { code: 'EBADF', message: /fd 9/ });
    assert.equal(loop.statistics().watches, 0);
    poller.failWith = 0;
    const tokens = [1, 2, 3].map((fd) => loop.watch(fd, { onReady: () => {} }).token);
    assert.equal(new Set(tokens).size, 3);
    assert.equal(loop.statistics().watches, 3);
  });

  test('asks for WRITABLE once, and closes once', () => {
    const { loop, poller } = scripted();
    const watch = loop.watch(5, { onReady: () => {} });
    watch.wantWritable();
    watch.wantWritable();
    watch.close();
    watch.close();
    watch.wantWritable();
    assert.deepEqual(poller.calls, [`modify 5 ${WRITABLE}`, 'remove 5']);
    assert.equal(loop.statistics().watches, 0);
  });

  test('whose listener throws takes no report from the others', () => {
    const { loop, poller } = scripted();
    const heard: string[] = [];
    loop.watch(5, {
      onReady: () => {
        throw new Error('broken');
      },
    });
    loop.watch(6, { onReady: () => heard.push('six') });
    poller.report(5, READABLE);
    poller.report(6, READABLE);
    assert.throws(() => loop.turn(0), /broken/);
    assert.deepEqual(heard, []);
    assert.ok(loop.hasReadyWork, 'a guest has another turn for the rest');
    loop.turn(0);
    assert.deepEqual(heard, ['six']);
    assert.ok(!loop.hasReadyWork);
    loop.turn(0);
    assert.deepEqual(heard, ['six']);
  });

  test('leaves the poller alone once the loop is closed: its descriptor may be another’s by then', () => {
    const { loop, poller } = scripted();
    const watch = loop.watch(5, { onReady: () => {} });
    loop.close();
    loop.close();
    watch.wantWritable();
    watch.close();
    assert.equal(poller.closed, 1);
    assert.deepEqual(poller.calls, []);
  });
});

describe('edge-triggered readiness', () => {
  test('bytes and a FIN that nobody reads cost no turns', async () => {
    await macrotask(() => {
      const kernel = createSimKernel();
      const loop = new Loop(kernel);
      const listener = kernel.listen(ADDRESS, { backlog: 1 });
      let reports = 0;
      const accepting = loop.watch(listener, {
        onReady: () => {
          const fd = kernel.accept(listener);
          const watch = loop.watch(fd, { onReady: () => reports++ });
          loop.setTimer(10_000, () => {
            watch.close();
            accepting.close();
          });
        },
      });
      kernel.client(ADDRESS).send('GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n').shutdown();
      loop.run();
      assert.ok(reports >= 1 && reports <= 3, `${reports} reports`);
      const { turns } = loop.statistics();
      assert.ok(turns < 12, `${turns} turns in ten seconds in which nothing happens`);
    });
  });
});
