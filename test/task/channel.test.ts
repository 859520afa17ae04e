// Channels: items arrive once and in order, whoever waits longest comes first, and nobody waits for ever.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Cancelled, Channel, ChannelClosed, type Co, scope, sleep, spawn } from '../../src/task/index.ts';
import { simulate, throws } from './simulate.ts';

function* sendAll(channel: Channel<number>, items: readonly number[]): Co<void> {
  for (const item of items) yield* channel.send(item);
}

function* receiveInto(channel: Channel<number>, received: number[]): Co<void> {
  received.push(yield* channel.receive());
}

describe('a channel', () => {
  for (const capacity of [0, 1, 3, Number.POSITIVE_INFINITY]) {
    test(`of capacity ${capacity} passes items on in order`, () =>
      simulate(function* () {
        const channel = new Channel<number>(capacity);
        const items = Array.from({ length: 20 }, (_, i) => i);
        const received: number[] = [];
        yield* scope(function* (tasks) {
          tasks.spawn(sendAll(channel, items));
          for (let i = 0; i < items.length; i++) yield* receiveInto(channel, received);
        });
        assert.deepEqual(received, items);
        assert.equal(channel.size, 0);
      }));
  }

  test('of capacity 0 lets send return once its item is received', () =>
    simulate(function* ({ loop, elapsed }) {
      const channel = new Channel<string>();
      const sender = spawn(loop, channel.send('x'));
      yield* sleep(10);
      assert.ok(!sender.done);
      assert.equal(yield* channel.receive(), 'x');
      yield* sender.join();
      assert.equal(elapsed(), 10);
    }));

  test('holds as many as its capacity, then send waits for room', () =>
    simulate(function* ({ loop }) {
      const channel = new Channel<number>(2);
      const sender = spawn(loop, sendAll(channel, [1, 2, 3]));
      yield* sleep(10);
      assert.equal(channel.size, 2);
      assert.ok(!sender.done);
      assert.equal(channel.tryReceive(), 1);
      yield* sender.join();
      assert.equal(channel.size, 2);
    }));

  test('can be used without waiting', () =>
    simulate(function* ({ loop }) {
      const channel = new Channel<number>(1);
      assert.equal(channel.tryReceive(), undefined);
      assert.equal(channel.trySend(1), true);
      assert.equal(channel.trySend(2), false);
      assert.equal(channel.tryReceive(), 1);
      const direct = new Channel<number>();
      assert.equal(direct.trySend(1), false, 'nobody is there to take it');
      const received: number[] = [];
      const receiver = spawn(loop, receiveInto(direct, received));
      yield* sleep(1);
      assert.equal(direct.trySend(2), true);
      assert.equal(direct.trySend(3), false, 'the receiver has what it waited for');
      yield* receiver.join();
      assert.deepEqual(received, [2]);
      const sender = spawn(loop, direct.send(4));
      yield* sleep(1);
      assert.equal(direct.tryReceive(), 4, 'a sender that waits has something');
      yield* sender.join();
    }));

  test('serves receivers in the order in which they came, though others try in between', () =>
    simulate(function* ({ loop }) {
      const channel = new Channel<number>();
      const order: string[] = [];
      function* receiver(name: string): Co<void> {
        order.push(`${name}${yield* channel.receive()}`);
      }
      const tasks = ['a', 'b'].map((name) => spawn(loop, receiver(name)));
      yield* sleep(1);
      assert.ok(channel.trySend(1));
      assert.equal(channel.tryReceive(), undefined, 'it is on its way to a');
      assert.ok(channel.trySend(2));
      for (const task of tasks) yield* task.join();
      assert.deepEqual(order, ['a1', 'b2']);
    }));

  test('takes the items of waiting senders in the order in which they came', () =>
    simulate(function* ({ loop }) {
      const channel = new Channel<number>(1);
      const senders = [1, 2, 3].map((item) => spawn(loop, channel.send(item)));
      yield* sleep(1);
      assert.equal(channel.tryReceive(), 1);
      assert.equal(channel.trySend(4), false, 'there is room for 2, which has waited');
      const received = [channel.tryReceive(), channel.tryReceive()];
      for (const sender of senders) yield* sender.join();
      assert.deepEqual(received, [2, 3]);
    }));

  test('carries undefined like any other value', () =>
    simulate(function* ({ loop }) {
      const channel = new Channel<undefined>();
      const sender = spawn(loop, channel.send(undefined));
      assert.equal(yield* channel.receive(), undefined);
      yield* sender.join();
      const receiver = spawn(loop, channel.receive());
      yield* sleep(1);
      channel.trySend(undefined);
      assert.equal(yield* receiver.join(), undefined);
    }));

  test('forgets a sender that is cancelled, and its item', () =>
    simulate(function* ({ loop }) {
      const channel = new Channel<number>();
      const first = spawn(loop, channel.send(1));
      const second = spawn(loop, channel.send(2));
      yield* sleep(1);
      first.cancel();
      yield* throws(first.join(), Cancelled);
      assert.equal(yield* channel.receive(), 2);
      yield* second.join();
      assert.equal(channel.tryReceive(), undefined);
    }));

  test('forgets a receiver that is cancelled', () =>
    simulate(function* ({ loop }) {
      const channel = new Channel<number>();
      const received: number[] = [];
      const [first, second] = [1, 2].map(() => spawn(loop, receiveInto(channel, received)));
      yield* sleep(1);
      first!.cancel();
      assert.ok(channel.trySend(7));
      yield* throws(first!.join(), Cancelled);
      yield* second!.join();
      assert.deepEqual(received, [7]);
      assert.equal(channel.trySend(8), false);
    }));

  test('whose receiver is cancelled with the item in hand gives it that item', () =>
    simulate(function* ({ loop }) {
      const channel = new Channel<number>();
      const received: number[] = [];
      const receiver = spawn(loop, receiveInto(channel, received));
      yield* sleep(1);
      assert.ok(channel.trySend(7));
      receiver.cancel();
      yield* receiver.join();
      assert.deepEqual(received, [7]);
    }));

  test('takes twenty thousand items, and as many who wait, without slowing down', () =>
    simulate(function* ({ loop }) {
      const count = 20_000;
      const channel = new Channel<number>(Number.POSITIVE_INFINITY);
      for (let i = 0; i < count; i++) channel.trySend(i);
      for (let i = 0; i < count; i++) assert.equal(channel.tryReceive(), i);
      const received: number[] = [];
      const direct = new Channel<number>();
      const receivers = Array.from({ length: count }, () => spawn(loop, receiveInto(direct, received)));
      yield* sleep(1);
      for (let i = 0; i < count; i++) assert.ok(direct.trySend(i));
      for (const receiver of receivers) yield* receiver.join();
      assert.equal(received.length, count);
      assert.ok(received.every((item, i) => item === i));
    }));

  test('has a capacity that is a number', () => {
    for (const capacity of [-1, 1.5, Number.NaN]) {
      assert.throws(() => new Channel(capacity), { name: 'RangeError', message: /whole number.*got/ });
    }
  });
});

describe('closing a channel', () => {
  test('lets what was sent be received, and then throws ChannelClosed', () =>
    simulate(function* () {
      const channel = new Channel<number>(2);
      yield* sendAll(channel, [1, 2]);
      channel.close();
      assert.ok(channel.closed);
      assert.equal(yield* channel.receive(), 1);
      assert.equal(yield* channel.receive(), 2);
      yield* throws(channel.receive(), (error) => {
        return error instanceof ChannelClosed && error.code === 'ERR_CHANNEL_CLOSED';
      });
      yield* throws(channel.send(3), (error) => error instanceof ChannelClosed);
      assert.throws(() => channel.trySend(3), ChannelClosed);
      assert.equal(channel.tryReceive(), undefined);
      channel.close();
    }));

  test('tells those who wait, on either side', () =>
    simulate(function* ({ loop }) {
      const channel = new Channel<number>();
      const closed = (error: unknown): boolean => error instanceof ChannelClosed;
      const receivers = [1, 2].map(() => spawn(loop, throws(channel.receive(), closed)));
      yield* sleep(1);
      channel.close();
      for (const task of receivers) yield* task.join();
      const full = new Channel<number>(1);
      full.trySend(1);
      const senders = [2, 3].map((item) => spawn(loop, throws(full.send(item), closed)));
      yield* sleep(1);
      full.close();
      for (const task of senders) yield* task.join();
      assert.equal(full.tryReceive(), 1);
      assert.equal(full.tryReceive(), undefined);
    }));
});

describe('any traffic over a channel', () => {
  const plan = fc.record({
    capacity: fc.oneof(fc.nat(3), fc.constant(Number.POSITIVE_INFINITY)),
    senders: fc.array(fc.record({ at: fc.nat(10), count: fc.nat(4), cancelAt: fc.nat(30) }), {
      maxLength: 5,
    }),
    receivers: fc.array(fc.record({ at: fc.nat(10), count: fc.nat(4), cancelAt: fc.nat(30) }), {
      maxLength: 5,
    }),
    closeAt: fc.nat(40),
  });

  test('delivers every item that was taken once, to each receiver in each sender’s order, and leaves nobody waiting', () =>
    fc.assert(
      fc.asyncProperty(plan, ({ capacity, senders, receivers, closeAt }) =>
        simulate(function* ({ loop }) {
          const channel = new Channel<[number, number]>(capacity);
          const sent: string[] = [];
          const received = receivers.map((): [number, number][] => []);
          const cancelling = (task: { cancel(): void }, at: number): void => {
            loop.setTimer(at, () => task.cancel());
          };
          const tasks = [
            ...senders.map(({ at, count, cancelAt }, id) => {
              const task = spawn(
                loop,
                (function* (): Co<void> {
                  yield* sleep(at);
                  for (let i = 0; i < count; i++) {
                    yield* channel.send([id, i]);
                    sent.push(`${id}.${i}`);
                  }
                })(),
              );
              cancelling(task, cancelAt);
              return task;
            }),
            ...receivers.map(({ at, count, cancelAt }, id) => {
              const task = spawn(
                loop,
                (function* (): Co<void> {
                  yield* sleep(at);
                  for (let i = 0; i < count; i++) received[id]!.push(yield* channel.receive());
                })(),
              );
              cancelling(task, cancelAt);
              return task;
            }),
          ];
          for (const task of tasks) task.onDone(() => {});
          yield* sleep(closeAt);
          channel.close();
          yield* sleep(50);
          for (const task of tasks) {
            assert.ok(task.done);
            const { error } = task;
            assert.ok(error === undefined || error instanceof Cancelled || error instanceof ChannelClosed);
          }
          const left: [number, number][] = [];
          for (let item = channel.tryReceive(); item !== undefined; item = channel.tryReceive())
            left.push(item);
          const names = [...received.flat(), ...left].map(([id, i]) => `${id}.${i}`);
          assert.deepEqual(names.sort(), sent.sort());
          for (const items of [...received, left]) {
            for (let id = 0; id < senders.length; id++) {
              const own = items.filter(([sender]) => sender === id).map(([, i]) => i);
              assert.deepEqual(
                own,
                own.toSorted((a, b) => a - b),
              );
            }
          }
        }),
      ),
      { numRuns: 200, seed: 3 },
    ));
});
