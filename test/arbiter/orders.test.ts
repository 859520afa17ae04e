// What the arbiter does when it is told to, in simulated time.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stacksOf, statusOf } from '../../src/arbiter/status.ts';
import { sleep } from '../../src/task/index.ts';
import { unreadable, withArbiter } from './simulated.ts';

const pids = (workers: readonly { pid: number }[]): number[] => workers.map(({ pid }) => pid);

describe('an arbiter that is told', () => {
  test('how many workers to have has that many, and says so', async () => {
    await withArbiter({ workers: 1 }, function* (scene) {
      yield* sleep(200);
      const more = yield* scene.arbiter.command({ workers: 4 }).wait();
      assert.deepEqual(more, { ok: true, message: '4 workers' });
      yield* sleep(200);
      assert.equal(scene.serving.length, 4);
      const fewer = yield* scene.arbiter.command({ workers: 2 }).wait();
      assert.deepEqual(fewer, { ok: true, message: '2 workers' });
      assert.deepEqual(pids(scene.serving), [100, 101]);
      assert.deepEqual(
        scene.socketCalls.filter((call) => call.startsWith('close')),
        ['closeSlot 2', 'closeSlot 3'],
      );
      const none = yield* scene.arbiter.command({ workers: 0 }).wait();
      assert.deepEqual(none, { ok: false, message: '2 workers' });
    });
  });

  test('how many workers to have before the first one serves has that many', async () => {
    await withArbiter({ workers: 4 }, function* (scene) {
      yield* sleep(50);
      scene.arbiter.command({ workers: 2 });
      yield* sleep(500);
      assert.equal(scene.serving.length, 2);
    });
  });

  test('to have one more and one fewer at the same time has as many as before', async () => {
    await withArbiter({ workers: 2 }, function* (scene) {
      yield* sleep(300);
      for (const command of ['more', 'fewer', 'fewer', 'more'] as const) scene.arbiter.command(command);
      yield* sleep(500);
      assert.equal(scene.arbiter.crew.slots.length, 2);
      assert.equal(scene.serving.length, 2);
    });
  });

  test('to reload says what has come of it', async () => {
    const good = { boots: 10 };
    const script = [good, good, good, good, { ends: { after: 20, code: 3 }, failure: 'no such file' }];
    await withArbiter({ workers: 2, settings: { minUptime: 10 }, script }, function* (scene) {
      yield* sleep(200);
      assert.deepEqual(yield* scene.arbiter.command('reload').wait(), {
        ok: true,
        message: '2 workers are new',
      });
      const { ok, message } = yield* scene.arbiter.command('reload').wait();
      assert.equal(ok, false);
      assert.match(message, /go on serving \(0 of 2 workers are new\): the new one failed: no such file/);
      const first = scene.arbiter.command('reload');
      scene.arbiter.command('reload');
      assert.deepEqual(yield* first.wait(), { ok: false, message: 'something else was asked for meanwhile' });
      assert.deepEqual(scene.states.slice(0, 4), ['serving', 'reloading', 'serving', 'reloading']);
    });
  });

  test('to reload has as many workers as the new settings want, if these have changed', async () => {
    await withArbiter({ workers: 2, settings: { minUptime: 10 } }, function* (scene) {
      yield* sleep(300);
      yield* scene.arbiter.command({ workers: 3 }).wait();
      yield* scene.arbiter.command('reload').wait();
      assert.equal(scene.arbiter.crew.slots.length, 3, 'nobody has said anything new');
      scene.reread = () => ({ workers: 1 });
      yield* scene.arbiter.command('reload').wait();
      assert.equal(scene.arbiter.crew.slots.length, 1);
    });
  });

  test('to reload lets so many old workers end at a time, and no more', async () => {
    const old = { boots: 10, drains: 5000 };
    const settings = { minUptime: 10, maxUnavailable: 2 };
    await withArbiter({ workers: 4, settings, script: Array(4).fill(old) }, function* (scene) {
      yield* sleep(300);
      scene.arbiter.command('reload');
      const ending = (): number =>
        scene.started.filter(({ alive, signals }) => alive && signals.length > 0).length;
      yield* sleep(3000);
      assert.equal(ending(), 2);
      assert.equal(scene.started.length, 6, 'nobody boots who could not take a place');
      yield* sleep(5000);
      assert.equal(ending(), 2);
      yield* sleep(5000);
      assert.equal(ending(), 0);
      assert.equal(scene.serving.length, 4);
    });
  });

  test('to reload closes what only new workers have listened on that fail', async () => {
    const script = [{ boots: 10 }, { boots: 10, ends: { after: 50, code: 1 } }];
    await withArbiter({ workers: 1, script }, function* (scene) {
      yield* sleep(300);
      assert.equal((yield* scene.arbiter.command('reload').wait()).ok, false);
      yield* sleep(10);
      assert.deepEqual(
        scene.socketCalls.filter((call) => !call.startsWith('steer')),
        ['withdraw 0 101'],
      );
    });
  });

  test('to reload closes what only old workers have listened on, once each of them has gone', async () => {
    const settings = { minUptime: 10 };
    await withArbiter({ workers: 2, settings }, function* (scene) {
      yield* sleep(300);
      scene.drops = true;
      yield* scene.arbiter.command('reload').wait();
      yield* sleep(300);
      assert.deepEqual(
        scene.socketCalls.filter((call) => call.includes('Unused')),
        ['stopUnused 0 102', 'closeUnused 0', 'stopUnused 1 103', 'closeUnused 1'],
      );
    });
  });

  test('to open log files anew does so, and tells its workers', async () => {
    await withArbiter({ workers: 2 }, function* (scene) {
      yield* sleep(300);
      assert.equal((yield* scene.arbiter.command('reopen').wait()).ok, true);
      assert.deepEqual(scene.calls, ['reopen logs']);
      assert.ok(scene.started.every(({ calls }) => calls.join() === 'reopen'));
      scene.logsOpen = false;
      const { ok, message } = yield* scene.arbiter.command('reopen').wait();
      assert.deepEqual(
        [ok, message],
        [false, 'a log file could not be opened, and the old one stays: see the log'],
      );
    });
  });

  test('who asks hears what the workers do, and where they are', async () => {
    const busy = {
      boots: 10,
      stack: ['at work (app.ts:1:1)'],
      uses: () => ({ requests: 7, resident: 1024 }),
    };
    await withArbiter({ workers: 2, script: [busy] }, function* (scene) {
      yield* sleep(1000);
      const facts = { version: '1.2.3', uptime: () => 1000, addresses: () => ['http://127.0.0.1:8000'] };
      const status = statusOf(scene.arbiter, facts);
      assert.equal(status.state, 'serving');
      assert.deepEqual(
        status.workers.map(({ slot, pid, state, requests, restarts }) => [
          slot,
          pid,
          state,
          requests,
          restarts,
        ]),
        [
          [0, 100, 'serving', 7, 0],
          [1, 101, 'serving', 0, 0],
        ],
      );
      const stacks = yield* stacksOf(scene.arbiter);
      assert.deepEqual(stacks, [{ pid: 100, stack: ['at work (app.ts:1:1)'] }, { pid: 101 }]);
    });
  });
});

describe('a successor', () => {
  test('that serves lets this one finish and end, with its sockets untouched', async () => {
    const status = await withArbiter(
      { workers: 2, script: Array(2).fill({ boots: 10, drains: 3000 }) },
      function* (scene) {
        yield* sleep(300);
        const outcome = scene.arbiter.command('take over');
        yield* sleep(2000);
        assert.equal(scene.serving.length, 2);
        scene.successor!.onServing();
        yield* sleep(100);
        assert.deepEqual(scene.calls, ['resign']);
        assert.ok(scene.started.every(({ signals }) => signals.join() === 'SIGTERM'));
        assert.deepEqual(yield* outcome.wait(), { ok: true, message: '4711 has taken over' });
        yield* sleep(4000);
        assert.ok(!scene.socketCalls.includes('stopListening'));
      },
    );
    assert.equal(status, 0);
  });

  test('that fails leaves everything as it is, and another one may try', async () => {
    await withArbiter({ workers: 1 }, function* (scene) {
      yield* sleep(200);
      const outcome = scene.arbiter.command('take over');
      yield* sleep(100);
      const second = yield* scene.arbiter.command('take over').wait();
      assert.deepEqual(second, { ok: false, message: 'another one takes over already' });
      scene.successor!.onEnd('has ended');
      const { ok, message } = yield* outcome.wait();
      assert.equal(ok, false);
      assert.match(message, /everything stays as it is: the new arbiter has ended/);
      assert.deepEqual(scene.started[0]!.signals, []);
      scene.successor = undefined;
      scene.arbiter.command('take over');
      yield* sleep(10);
      assert.notEqual(scene.successor, undefined);
    });
  });

  test('is stopped where this one is told to stop meanwhile', async () => {
    await withArbiter({ workers: 1 }, function* (scene) {
      yield* sleep(200);
      scene.arbiter.command('take over');
      yield* sleep(10);
      scene.arbiter.command('stop');
      yield* sleep(500);
      assert.deepEqual(scene.calls.slice(0, 1), ['stop successor']);
    });
  });
});

describe('a restart, for development', () => {
  test('ends old workers at once, and starts new ones when everything is read', async () => {
    await withArbiter({ workers: 2 }, function* (scene) {
      yield* sleep(300);
      scene.reread = () => ({ keepAliveTimeout: 1234 });
      yield* scene.arbiter.command('restart').wait();
      assert.ok(scene.started.slice(0, 2).every(({ signals }) => signals.join() === 'SIGTERM'));
      yield* sleep(300);
      assert.deepEqual(pids(scene.serving), [102, 103]);
      assert.equal(scene.started[3]!.boot.resolved.settings.keepAliveTimeout, 1234);
      assert.deepEqual(scene.said(/takes its place/), []);
    });
  });

  test('does not wait for the next try of a worker that has failed', async () => {
    const crash = { boots: 10, ends: { after: 20, code: 1 } } as const;
    await withArbiter({ workers: 1, script: Array(8).fill(crash) }, function* (scene) {
      yield* sleep(15_000);
      assert.match(scene.said(/next try/).at(-1)!, /8 times in a row; the next try is in 12800 ms/);
      scene.arbiter.command('restart');
      yield* sleep(200);
      assert.equal(scene.serving.length, 1);
    });
  });

  test('goes on with what there was where the new settings can not be used', async () => {
    await withArbiter({ workers: 1 }, function* (scene) {
      yield* sleep(200);
      scene.reread = unreadable;
      const { ok } = yield* scene.arbiter.command('restart').wait();
      assert.equal(ok, false);
      yield* sleep(200);
      assert.deepEqual(pids(scene.serving), [101]);
    });
  });
});

describe('a worker that dies while a reload replaces it', () => {
  test('leaves one worker in its place, though a hook is waited for before each', async () => {
    let calls = 0;
    const hooks = {
      // The third is the reload's, the fourth that of the worker that takes the dead one's place.
      preSpawn: () =>
        new Promise<undefined>((resolve) => ++calls && queueMicrotask(() => resolve(undefined))),
    };
    const script = [{ boots: 10, ends: { after: 450, code: 1 } }];
    await withArbiter({ workers: 2, hooks, settings: { minUptime: 100 }, script }, function* (scene) {
      yield* sleep(300);
      yield* scene.arbiter.command('reload').wait();
      yield* sleep(500);
      assert.deepEqual(scene.serving.map(({ slot }) => slot).sort(), [0, 1]);
    });
  });
});
