// What only a process of its own can show: errors that nobody waits for, memory, and what garbage collection takes.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runScript } from '../loop/script.ts';

const SIM = new URL('../../src/kernel/sim/index.ts', import.meta.url).href;
/** A loop on simulated time, `l`, driven by `drive(then)` from a macrotask. */
const ON_SIM = `
  import { createSimKernel } from '${SIM}';
  const l = new loop.Loop(createSimKernel());
  const { spawn, sleep, scope, until, Channel, Signal, Cancelled } = task;
  const drive = (then = () => {}) => setImmediate(() => { l.run(); setImmediate(then); });
`;
const GC = { flags: ['--expose-gc'] } as const;

describe('an error that nobody waits for', { concurrency: true }, () => {
  test('is an unhandledRejection, once, and one that somebody waits for is none', async () => {
    const { code, lines } = await runScript(`${ON_SIM}
      process.on('unhandledRejection', (error) => console.log('unhandled', error.message));
      process.on('uncaughtException', (error) => console.log('uncaught', error.message));
      function* fail(message) { yield* sleep(1); throw new Error(message); }
      spawn(l, fail('of a task'));
      spawn(l, sleep(10)).cancel();
      spawn(l, (function* () {
        try { yield* spawn(l, fail('of a joined task')).join(); } catch {}
        try { yield* scope(function* (tasks) { tasks.spawn(fail('in a scope')); }); } catch {}
        try { yield* until(Promise.reject(new Error('of a promise'))); } catch {}
      })());
      // Its only joiner is cancelled before it fails.
      const left = spawn(l, (function* () { yield* sleep(20); throw new Error('of a task left alone'); })());
      const joiner = spawn(l, left.join());
      l.setTimer(5, () => joiner.cancel());
      // Nobody catches what awaiting it throws.
      spawn(l, fail('of an awaited task')).then(() => {});
      // A listener's own error keeps nobody else waiting.
      const heard = spawn(l, sleep(30));
      heard.onDone(() => { throw new Error('of a listener'); });
      spawn(l, (function* () { yield* heard.join(); console.log('the joiner goes on'); })());
      drive();
    `);
    assert.equal(code, 0);
    assert.deepEqual(lines, [
      'unhandled of a task',
      'unhandled of an awaited task',
      'unhandled of a task left alone',
      'unhandled of a listener',
      'the joiner goes on',
    ]);
  });

  test('ends a process that has no handler, with the coroutine’s stack', async () => {
    const { code, errors } = await runScript(`${ON_SIM}
      function* findUser() { yield* sleep(1); throw new Error('no such user'); }
      spawn(l, findUser());
      drive();
    `);
    assert.equal(code, 1);
    assert.match(errors, /no such user.*at findUser/s);
  });
});

describe('a task', { concurrency: true }, () => {
  test('that sleeps costs under a kilobyte of heap, measured at 100,000', async () => {
    const { lines, errors } = await runScript(
      `${ON_SIM}
      import { AsyncLocalStorage } from 'node:async_hooks';
      const count = 100_000;
      function* nap() { yield* sleep(1000); }
      const make = () => spawn(l, nap());
      for (let i = 0; i < 1000; i++) make();
      setImmediate(() => {
        l.run();
        const tasks = new Array(count).fill(null);
        gc();
        const before = process.memoryUsage().heapUsed;
        new AsyncLocalStorage().run({}, () => { for (let i = 0; i < count; i++) tasks[i] = make(); });
        while (l.hasReadyWork) l.turn(0);
        gc();
        console.log((process.memoryUsage().heapUsed - before) / count, l.statistics().timers);
        l.run();
        console.log(tasks.every((each) => each.done));
      });
      `,
      GC,
    );
    assert.equal(errors, '');
    const [bytes, timers] = lines[0]!.split(' ').map(Number);
    assert.equal(timers, 100_000);
    assert.ok(bytes! < 1000, `${bytes} bytes`);
    assert.equal(lines[1], 'true');
  });

  test('that is cancelled is kept by nothing it waited for', async () => {
    const { lines, errors } = await runScript(
      `${ON_SIM}
      const never = new Promise(() => {});
      const signal = new Signal();
      const channel = new Channel();
      const semaphore = new task.Semaphore(1);
      semaphore.tryAcquire();
      const other = spawn(l, until(never));
      const waits = {
        promise: () => until(never),
        signal: () => signal.wait(),
        receive: () => channel.receive(),
        send: () => channel.send({}),
        semaphore: () => semaphore.acquire(),
        join: () => other.join(),
        scope: () => scope(() => until(never)),
        sleep: () => sleep(1e9),
        deadline: () => task.deadline(1e9, until(never)),
      };
      function wait(name) {
        const held = { large: new Uint8Array(1000) };
        const waiting = spawn(l, (function* () {
          yield* waits[name]();
          return held;
        })());
        l.setTimer(1, () => waiting.cancel());
        return new WeakRef(held);
      }
      const weak = Object.keys(waits).map((name) => [name, wait(name)]);
      drive(() => {
        gc();
        console.log(weak.filter(([, ref]) => ref.deref() !== undefined).map(([name]) => name).join() || 'nothing is kept');
        console.log(never, signal, channel, semaphore, other.done);
      });
      `,
      GC,
    );
    assert.equal(errors, '');
    assert.equal(lines[0], 'nothing is kept');
  });

  test('that has cleaned up after its cancellation keeps the process no longer', async () => {
    const { code, lines } = await runScript(`
      const l = new loop.Loop(await kernel.createKernel());
      l.attach();
      const start = performance.now();
      const sleeping = task.spawn(l, task.sleep(3_600_000));
      setTimeout(() => sleeping.cancel(), 5);
      try { await sleeping; } catch (error) { console.log(error.name); }
      process.on('exit', () => console.log(performance.now() - start < task.CLEANUP_DEADLINE));
    `);
    assert.deepEqual({ code, lines }, { code: 0, lines: ['Cancelled', 'true'] });
  });
});
