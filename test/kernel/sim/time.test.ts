// Virtual time: who moves it, where it stops, and how a simulation that would hang says so.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ETIMEDOUT, READABLE, WRITABLE } from '../../../src/kernel/index.ts';
import { createSimKernel, DeadlockError } from '../../../src/kernel/sim/index.ts';
import { Timeline } from '../../../src/kernel/sim/timeline.ts';

const ADDRESS = { family: 'inet', host: '127.0.0.1', port: 80 } as const;

describe('virtual time', () => {
  test('a wait with nothing to come ends exactly at its timeout, without waiting for real', () => {
    const kernel = createSimKernel();
    const poller = kernel.createPoller();
    const start = kernel.monotonic();
    assert.equal(poller.wait(3_600_000), 0);
    assert.equal(kernel.monotonic(), start + 3_600_000);
    assert.equal(poller.wait(0), 0);
    assert.equal(kernel.monotonic(), start + 3_600_000);
  });

  test('a wait jumps to the next arrival, and no further', () => {
    const kernel = createSimKernel({ latency: 10 });
    const listener = kernel.listen(ADDRESS, { backlog: 1 });
    const poller = kernel.createPoller();
    poller.add(listener, 1, 0);
    kernel.client(ADDRESS);
    const start = kernel.monotonic();
    assert.equal(poller.wait(1000), 1);
    // SYN, SYN/ACK and ACK: three times the latency.
    assert.equal(kernel.monotonic(), start + 30);
  });

  test('the wall clock goes with the monotonic one until it is set', () => {
    const kernel = createSimKernel({ wallClock: Date.UTC(2030, 0, 1) });
    kernel.elapse(1500);
    assert.equal(kernel.wallClock(), Date.UTC(2030, 0, 1, 0, 0, 1, 500));
    const before = kernel.monotonic();
    kernel.setWallClock(Date.UTC(2020, 0, 1));
    assert.equal(kernel.wallClock(), Date.UTC(2020, 0, 1));
    assert.equal(kernel.monotonic(), before);
  });

  test('elapse lets arrivals happen while the program computes', () => {
    const kernel = createSimKernel();
    const listener = kernel.listen(ADDRESS, { backlog: 1 });
    kernel.client(ADDRESS);
    assert.equal(kernel.accept(listener), -11);
    kernel.elapse(5);
    assert.ok(kernel.accept(listener) > 0);
  });

  test("a test's own action runs at its moment, and ends the wait", () => {
    const kernel = createSimKernel();
    const poller = kernel.createPoller();
    const start = kernel.monotonic();
    const ran: number[] = [];
    kernel.after(20, () => ran.push(kernel.monotonic() - start));
    kernel.after(10, () => ran.push(kernel.monotonic() - start));
    assert.equal(poller.wait(-1), 0);
    assert.deepEqual(ran, [10]);
    assert.equal(poller.wait(-1), 0);
    assert.deepEqual(ran, [10, 20]);
  });

  test('a wait that could never end throws, and names the sockets that wait', () => {
    const kernel = createSimKernel();
    const listener = kernel.listen(ADDRESS, { backlog: 1 });
    kernel.client(ADDRESS);
    const poller = kernel.createPoller();
    poller.add(listener, 0, 0);
    poller.wait(-1);
    poller.add(kernel.accept(listener), 17, WRITABLE);
    assert.equal(poller.wait(-1), 1);
    assert.throws(
      () => poller.wait(-1),
      (error) => {
        assert.ok(error instanceof DeadlockError);
        assert.match(error.message, /fd 3 \(token 0\) waits to read: listening on 127\.0\.0\.1:80, 0 queued/);
        assert.match(
          error.message,
          /\(token 17\) waits to read or write: 127\.0\.0\.1:80 to .*: 0 bytes to read/,
        );
        return true;
      },
    );
  });

  test('time does not pass over another poller of the same simulation', () => {
    const kernel = createSimKernel();
    const listener = kernel.listen(ADDRESS, { backlog: 1 });
    const server = kernel.createPoller();
    const other = kernel.createPoller();
    server.add(listener, 1, 0);
    kernel.client(ADDRESS);
    const start = kernel.monotonic();
    assert.equal(other.wait(1000), 0);
    assert.ok(kernel.monotonic() - start < 1);
    // The other loop has had its chance: whoever waits again does wait.
    assert.equal(other.wait(1000), 0);
    assert.ok(kernel.monotonic() - start >= 1000);
    assert.equal(server.wait(-1), 1);
    assert.equal(server.flags(0), READABLE);
  });

  test('an address of nobody is never answered: ETIMEDOUT after 127 seconds', () => {
    const kernel = createSimKernel();
    const client = kernel.connect({ family: 'inet', host: '192.0.2.1', port: 80 });
    const poller = kernel.createPoller();
    poller.add(client, 1, WRITABLE);
    const start = kernel.monotonic();
    assert.equal(poller.wait(-1), 1);
    assert.equal(Math.round((kernel.monotonic() - start) / 1000), 127);
    assert.equal(kernel.socketError(client), -ETIMEDOUT);
  });

  test('a SYN that found the queue full is sent again after a second', () => {
    const kernel = createSimKernel();
    const listener = kernel.listen(ADDRESS, { backlog: 0 });
    const clients = [kernel.client(ADDRESS), kernel.client(ADDRESS)];
    kernel.elapse(10);
    assert.deepEqual(
      clients.map((client) => client.opened),
      [true, false],
    );
    assert.ok(kernel.accept(listener) > 0);
    kernel.elapse(1000);
    assert.equal(clients[1]!.opened, true);
  });

  test('events happen in the order of their times, and of their scheduling within one time', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 200 }), (times) => {
        const timeline = new Timeline(0);
        const seen: [time: number, index: number][] = [];
        const actor = { happen: (_: number, index: number) => void seen.push([timeline.now, index]) };
        for (const [i, time] of times.entries()) timeline.schedule(time, actor, 0, i);
        timeline.advance(10);
        timeline.advance(20);
        const expected = times.map((time, i): [number, number] => [time, i]);
        assert.deepEqual(
          seen,
          expected.sort((a, b) => a[0] - b[0] || a[1] - b[1]),
        );
      }),
    );
  });
});
