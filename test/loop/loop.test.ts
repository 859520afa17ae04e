// The loop that owns the thread, on the simulated kernel: what a turn does, in which order, and when `run` ends.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSimKernel } from '../../src/kernel/sim/index.ts';
import { Loop } from '../../src/loop/index.ts';
import { macrotask } from './macrotask.ts';
import { run, runnable } from './run.ts';

const ADDRESS = { family: 'inet', host: '127.0.0.1', port: 80 } as const;

describe('the ready queue', () => {
  test('runs things in the order in which they were scheduled, those scheduled meanwhile too', async () => {
    const order: number[] = [];
    await run((loop) => {
      loop.schedule(
        runnable(() => {
          order.push(1);
          loop.schedule(runnable(() => order.push(3)));
        }),
      );
      loop.schedule(runnable(() => order.push(2)));
    });
    assert.deepEqual(order, [1, 2, 3]);
  });

  test('a turn ends when its budget is spent, and the rest runs in the next, in order', async () => {
    const turns: number[] = [];
    const order: number[] = [];
    await run(
      (loop, kernel) => {
        for (let i = 0; i < 10; i++) {
          loop.schedule(
            runnable(() => {
              kernel.elapse(1);
              order.push(i);
              turns.push(loop.statistics().turns);
            }),
          );
        }
      },
      { budget: 3 },
    );
    assert.deepEqual(order, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.deepEqual(turns, [1, 1, 1, 2, 2, 2, 3, 3, 3, 4]);
  });

  test('a turn of light work ends in time, too, once heavy work comes', async () => {
    let heavyInFirstTurn = 0;
    await run(
      (loop, kernel) => {
        for (let i = 0; i < 100; i++) loop.schedule(runnable(() => kernel.elapse(0.001)));
        for (let i = 0; i < 30; i++) {
          loop.schedule(
            runnable(() => {
              kernel.elapse(1);
              if (loop.statistics().turns === 1) heavyInFirstTurn++;
            }),
          );
        }
      },
      { budget: 2 },
    );
    assert.ok(heavyInFirstTurn <= 9, `${heavyInFirstTurn} ms of work in a turn of 2 ms`);
  });

  test('timers and sockets have their turn although there is always something ready', async () => {
    let fired = false;
    let spins = 0;
    await run((loop, kernel) => {
      loop.setTimer(5, () => {
        fired = true;
      });
      const busy = runnable(() => {
        kernel.elapse(0.5);
        spins++;
        if (!fired) loop.schedule(busy);
      });
      loop.schedule(busy);
    });
    assert.ok(fired);
    assert.ok(spins <= 16, `the timer of 5 ms came after ${spins / 2} ms`);
  });

  test('promises and nextTicks of one task run before the next task starts', async () => {
    const order: string[] = [];
    await run((loop) => {
      for (const name of ['a', 'b']) {
        loop.schedule(
          runnable(() => {
            order.push(`${name} task`);
            process.nextTick(() => order.push(`${name} tick`));
            void Promise.resolve()
              .then(() => order.push(`${name} promise`))
              .then(() => order.push(`${name} chained`));
          }),
        );
      }
    });
    const ofA = ['a task', 'a tick', 'a promise', 'a chained'];
    assert.deepEqual(order, [...ofA, ...ofA.map((step) => step.replace('a', 'b'))]);
  });

  test('an error leaves the loop as it was, and the rest runs with the next run()', async () => {
    const order: number[] = [];
    await macrotask(() => {
      const loop = new Loop(createSimKernel());
      loop.schedule(runnable(() => order.push(1)));
      loop.schedule(
        runnable(() => {
          throw new Error('broken');
        }),
      );
      loop.schedule(runnable(() => order.push(2)));
      assert.throws(() => loop.run(), /broken/);
      assert.deepEqual(order, [1]);
      assert.equal(loop.statistics().ready, 1);
      loop.run();
    });
    assert.deepEqual(order, [1, 2]);
  });

  test('takes a hundred thousand things without slowing down', async () => {
    let ran = 0;
    await run(
      (loop, kernel) => {
        const work = runnable(() => {
          ran++;
          kernel.elapse(0.01);
        });
        for (let i = 0; i < 100_000; i++) loop.schedule(work);
      },
      { budget: 1 },
    );
    assert.equal(ran, 100_000);
  });
});

describe('the time', () => {
  test('stands still within a task and moves on for the next', async () => {
    const times: number[] = [];
    await run((loop, kernel) => {
      const start = loop.now();
      const work = runnable(() => {
        times.push(loop.now() - start);
        kernel.elapse(0.25);
        times.push(loop.now() - start);
      });
      loop.schedule(work);
      loop.schedule(work);
    });
    assert.deepEqual(times, [0, 0, 0.25, 0.25]);
  });

  test('of the first task is not that of the timers and promises before it', async () => {
    let error = Number.NaN;
    await run((loop, kernel) => {
      loop.setTimer(5, () => {
        kernel.elapse(3);
        void Promise.resolve().then(() => kernel.elapse(4));
        loop.schedule(
          runnable(() => {
            error = kernel.monotonic() - loop.now();
          }),
        );
      });
    });
    assert.equal(error, 0);
  });

  test('is that of the report where a descriptor is ready, however long the loop has waited for it', async () => {
    let error = Number.NaN;
    await run((loop, kernel) => {
      const listener = kernel.listen(ADDRESS, { backlog: 1 });
      const watch = loop.watch(listener, {
        onReady: () => {
          error = kernel.monotonic() - loop.now();
          watch.close();
        },
      });
      kernel.after(1000, () => void kernel.client(ADDRESS));
    });
    assert.equal(error, 0);
  });

  test('timers fire in the order of their deadlines, at them, and never early', async () => {
    const fired: [number, number][] = [];
    await run((loop) => {
      const start = loop.now();
      for (const delay of [30, 10, 20.5, 0, 86_400_000]) {
        loop.setTimer(delay, () => fired.push([delay, loop.now() - start]));
      }
    });
    assert.deepEqual(fired, [
      [0, 1],
      [10, 10],
      [20.5, 21],
      [30, 30],
      [86_400_000, 86_400_000],
    ]);
  });

  test('a timer counts from the moment it is set, however long the task has computed', async () => {
    let fired = 0;
    await run((loop, kernel) => {
      loop.schedule(
        runnable(() => {
          kernel.elapse(1000);
          const set = kernel.monotonic();
          loop.setTimer(50, () => {
            fired = kernel.monotonic() - set;
          });
        }),
      );
    });
    assert.equal(fired, 50);
  });

  test('a timer can be set anew from its own callback', async () => {
    const fired: number[] = [];
    await run((loop) => {
      const start = loop.now();
      const timer = loop.setTimer(10, () => {
        fired.push(loop.now() - start);
        if (fired.length < 3) loop.resetTimer(timer, 10);
      });
    });
    assert.deepEqual(fired, [10, 20, 30]);
  });

  test('what timers do is done, promises included, before the first task of the turn', async () => {
    const order: string[] = [];
    await run((loop) => {
      loop.setTimer(5, () => {
        void Promise.resolve().then(() => order.push('promise of a timer'));
        loop.schedule(runnable(() => order.push('task')));
      });
    });
    assert.deepEqual(order, ['promise of a timer', 'task']);
  });

  test('a promise that a timer resolves keeps the loop running for what it leads to', async () => {
    const order: string[] = [];
    await run((loop) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      void promise.then(() => loop.schedule(runnable(() => order.push('task'))));
      loop.setTimer(5, resolve);
    });
    assert.deepEqual(order, ['task']);
  });

  test('a delay that is no number is refused, and leaves nothing behind', async () => {
    await run((loop) => {
      const timer = loop.setTimer(1, () => {});
      assert.throws(() => loop.setTimer(Number.NaN, () => {}), /delay.*milliseconds.*NaN/);
      assert.throws(
        () => loop.resetTimer(timer, undefined as unknown as number),
        /delay.*milliseconds.*undefined/,
      );
      assert.equal(loop.statistics().timers, 1);
    });
  });

  test('a negative delay is none', async () => {
    let fired = false;
    await run((loop) => {
      loop.setTimer(-5, () => {
        fired = true;
      });
    });
    assert.ok(fired);
  });
});
