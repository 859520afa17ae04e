// What the arbiter does with workers that boot, serve, fail, hang and end; in simulated time.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sleep } from '../../src/task/index.ts';
import { unreadable, withArbiter } from './simulated.ts';

const pids = (workers: readonly { pid: number }[]): number[] => workers.map(({ pid }) => pid);

describe('an arbiter', () => {
  test('fills every slot, and ends them all quickly when told to quit', async () => {
    const status = await withArbiter({ workers: 3 }, function* (scene) {
      yield* sleep(50);
      assert.equal(scene.started.length, 1, 'the first one shows whether the app loads');
      yield* sleep(200);
      assert.deepEqual(
        scene.serving.map(({ slot }) => slot),
        [0, 1, 2],
      );
      scene.arbiter.command('quit');
      yield* sleep(50);
      assert.equal(scene.alive.length, 0);
      assert.ok(scene.started.every(({ signals }) => signals.join() === 'SIGQUIT'));
    });
    assert.equal(status, 0);
  });

  test('stops gracefully: nobody new comes, then workers finish what they do', async () => {
    await withArbiter({ script: [{ boots: 10, drains: 5000 }] }, function* (scene) {
      yield* sleep(200);
      scene.arbiter.command('stop');
      yield* sleep(10);
      assert.equal(scene.socketCalls.at(-1), 'stopListening');
      assert.ok(
        scene.started.every(({ signals }) => signals.length === 0),
        'handshakes have their time',
      );
      yield* sleep(4000);
      assert.equal(scene.alive.length, 1);
      yield* sleep(1500);
      assert.equal(scene.alive.length, 0);
      assert.deepEqual(scene.socketCalls.slice(-2), ['stopListening', 'close']);
      assert.equal(scene.started.length, 2, 'nobody takes the place of who ends now');
    });
  });

  test('kills a worker that does not end within the graceful timeout', async () => {
    const script = [{ boots: 10, drains: Number.POSITIVE_INFINITY }];
    await withArbiter({ workers: 1, settings: { gracefulTimeout: 1000 }, script }, function* (scene) {
      yield* sleep(100);
      scene.arbiter.command('stop');
      yield* sleep(2900);
      assert.equal(scene.alive.length, 1);
      yield* sleep(300);
      assert.equal(scene.alive.length, 0);
      assert.deepEqual(scene.started[0]!.signals, ['SIGTERM', 'SIGKILL']);
      assert.equal(scene.said(/does not end: killed after gracefulTimeout/).length, 1);
    });
  });

  test('a second order to stop is one to hurry', async () => {
    const script = [{ boots: 10, drains: 20_000 }];
    await withArbiter({ workers: 1, script }, function* (scene) {
      yield* sleep(100);
      scene.arbiter.command('stop');
      yield* sleep(1000);
      scene.arbiter.command('stop');
      yield* sleep(50);
      assert.equal(scene.alive.length, 0);
      assert.equal(scene.said(/a second time: what is in flight is cut/).length, 1);
    });
  });

  test('to stop does not wait for long for one that is blocked while it loads', async () => {
    const script = [{ boots: 10 }, { drains: Number.POSITIVE_INFINITY }];
    await withArbiter({ workers: 2, script }, function* (scene) {
      yield* sleep(100);
      scene.arbiter.command('stop');
      yield* sleep(1900);
      assert.deepEqual(scene.started[1]!.signals, ['SIGTERM']);
      yield* sleep(200);
      assert.equal(scene.alive.length, 0);
      assert.equal(
        scene.said(/worker 101 does not end: killed after 2000 ms, as it serves nobody yet/).length,
        1,
      );
    });
  });

  test('replaces a worker that ends, at once if it has served a while', async () => {
    const script = [{ boots: 10, ends: { after: 5000, code: 1 } }];
    await withArbiter({ workers: 1, script }, function* (scene) {
      yield* sleep(5200);
      assert.deepEqual(pids(scene.serving), [101]);
      assert.equal(scene.said(/worker 100 ended with status 1.*another takes its place/).length, 1);
    });
  });

  test('replaces one that is killed from outside at once, however young', async () => {
    const killed = { boots: 10, ends: { after: 30, signal: 'SIGKILL' } } as const;
    await withArbiter({ workers: 1, script: Array(50).fill(killed) }, function* (scene) {
      yield* sleep(50 * 30 + 200);
      assert.equal(scene.started.length, 51);
      assert.equal(scene.serving.length, 1);
    });
  });

  test('backs off from a crash loop, says so, and tries again', async () => {
    const crash = { boots: 10, ends: { after: 20, code: 7 } } as const;
    await withArbiter({ workers: 1, script: Array(6).fill(crash) }, function* (scene) {
      yield* sleep(6 * 20 + 100 + 200 + 400 + 800 + 1600 - 10);
      assert.equal(scene.started.length, 6);
      assert.match(
        scene.said(/in a row/).at(-1)!,
        /ended with status 7: 5 times in a row; the next try is in 1600 ms/,
      );
      yield* sleep(3200 + 200);
      assert.equal(scene.serving.length, 1);
    });
  });

  test('backs off from a crash loop also where the app takes long to load', async () => {
    const crash = { boots: 5000, ends: { after: 5020, code: 7 } } as const;
    await withArbiter({ workers: 1, script: Array(4).fill(crash) }, function* (scene) {
      yield* sleep(4 * 5020 + 100 + 200 + 400 - 10);
      assert.equal(scene.started.length, 4);
      assert.match(scene.said(/in a row/).at(-1)!, /3 times in a row; the next try is in 400 ms/);
    });
  });

  test('ends with the status of the app where that fails at the first start', async () => {
    const script = [{ ends: { after: 50, code: 3 }, failure: 'app.ts did not load' }];
    const status = await withArbiter({ workers: 2, script }, function* (scene) {
      yield* sleep(500);
      assert.equal(scene.alive.length, 0);
      assert.equal(scene.started.length, 1, 'it has said so, and need not again');
    });
    assert.equal(status, 3);
  });

  test('kills an app that hangs while it loads', async () => {
    const status = await withArbiter(
      { workers: 1, settings: { bootTimeout: 2000 }, script: [{}] },
      function* (scene) {
        yield* sleep(1990);
        assert.equal(scene.alive.length, 1);
        yield* sleep(100);
        assert.equal(scene.alive.length, 0);
      },
    );
    assert.equal(status, 3);
  });

  test('says that a worker is deaf, kills it at the timeout, and replaces it', async () => {
    const script = [{ boots: 10, deafAfter: 5000 }];
    const settings = { stallWarning: 1000, timeout: 4000 };
    await withArbiter({ settings, script }, function* (scene) {
      yield* sleep(6700);
      assert.equal(scene.said(/is deaf/).length, 0, 'its watchdog may say so in more detail');
      yield* sleep(800);
      assert.equal(scene.said(/worker 100 is deaf/).length, 1);
      yield* sleep(1000);
      assert.ok(scene.started[0]!.alive);
      yield* sleep(1000);
      assert.deepEqual(scene.started[0]!.signals, ['SIGKILL']);
      assert.equal(scene.said(/worker 100 was deaf for \d+ ms \(timeout\) and was killed/).length, 1);
      assert.deepEqual(scene.serving.map(({ slot }) => slot).sort(), [0, 1]);
      assert.equal(scene.started.length, 3, 'the other one was left alone');
    });
  });

  test('tells what a blocked worker says of itself, and does not say it twice', async () => {
    const stalled = {
      type: 'stalled',
      ms: 1000,
      request: 'GET /loop',
      stack: ['at burn (app.ts:1:1)'],
    } as const;
    const script = [{ boots: 10, deafAfter: 5000, says: { after: 6000, report: stalled } }];
    await withArbiter({ workers: 1, settings: { timeout: 4000 }, script }, function* (scene) {
      yield* sleep(8000);
      assert.deepEqual(scene.said(/is deaf/), [
        'warn: worker 100 is deaf: its event loop is blocked, in GET /loop',
      ]);
      yield* sleep(2000);
      assert.match(scene.said(/was killed/).join(), /deaf for \d+ ms in GET \/loop \(timeout\)/);
    });
  });

  test('takes one worker more and one fewer; nobody is in the queue of the one that goes', async () => {
    await withArbiter({ workers: 1 }, function* (scene) {
      yield* sleep(200);
      scene.arbiter.command('more');
      yield* sleep(200);
      assert.deepEqual(pids(scene.serving), [100, 101]);
      scene.arbiter.command('fewer');
      yield* sleep(30);
      assert.deepEqual(scene.socketCalls.slice(-2), ['steer 0,1', 'steer 0']);
      assert.deepEqual(scene.started[1]!.signals, []);
      yield* sleep(200);
      assert.deepEqual(scene.started[1]!.signals, ['SIGTERM']);
      assert.deepEqual(scene.socketCalls.slice(-3), ['steer 0', 'closeSlot 1', 'steer 0']);
      scene.arbiter.command('fewer');
      yield* sleep(200);
      assert.deepEqual(pids(scene.serving), [100]);
      assert.equal(scene.said(/would be none/).length, 1);
    });
  });
});

describe('a reload', () => {
  test('ends an old worker only when a new one serves in its place, one after another', async () => {
    await withArbiter({ settings: { minUptime: 500 } }, function* (scene) {
      yield* sleep(200);
      scene.reread = () => ({ keepAliveTimeout: 1234 });
      scene.arbiter.command('reload');
      yield* sleep(550);
      assert.deepEqual(pids(scene.serving), [100, 101, 102]);
      assert.ok(scene.started.slice(0, 2).every(({ signals }) => signals.length === 0));
      yield* sleep(100);
      assert.deepEqual(scene.started[0]!.signals, ['SIGTERM']);
      assert.deepEqual(scene.started[1]!.signals, []);
      yield* sleep(700);
      assert.deepEqual(pids(scene.serving), [102, 103]);
      assert.ok(scene.serving.every(({ boot }) => boot.resolved.settings.keepAliveTimeout === 1234));
      assert.equal(scene.said(/reload: done/).length, 1);
    });
  });

  test('says what it has read and can not carry out', async () => {
    await withArbiter({ settings: { minUptime: 1 } }, function* (scene) {
      yield* sleep(200);
      scene.reread = () => ({ unixMode: 0o600, backlog: 5, keepAliveTimeout: 9 });
      const { ok, message } = yield* scene.arbiter.command('reload').wait();
      assert.deepEqual(
        [ok, message],
        [
          true,
          '2 workers are new; backlog, unixMode changed: that takes a new arbiter, by SIGUSR2 or a restart',
        ],
      );
      assert.equal(scene.said(/^warn: backlog, unixMode changed/).length, 1);
    });
  });

  for (const [name, failing, why] of [
    [
      'fails to boot',
      { ends: { after: 50, code: 3 }, failure: 'syntax error in app.ts' },
      /syntax error in app\.ts/,
    ],
    ['hangs', {}, /did not listen within 60000 ms/],
    ['fails in its first moments', { boots: 10, ends: { after: 200, code: 1 } }, /ended with status 1/],
  ] as const) {
    test(`to a version that ${name} leaves the old one serving, and says why`, async () => {
      await withArbiter({ script: [{ boots: 10 }, { boots: 10 }, failing] }, function* (scene) {
        yield* sleep(200);
        scene.reread = () => ({ keepAliveTimeout: 1234 });
        scene.arbiter.command('reload');
        yield* sleep(61_000);
        assert.deepEqual(pids(scene.serving), [100, 101]);
        assert.equal(scene.started.length, 3);
        assert.match(scene.said(/reload failed/).join(), why);
        // Who takes the place of another later is of the old version.
        scene.started[0]!.kill('SIGKILL');
        yield* sleep(300);
        assert.equal(scene.started[3]!.boot.resolved.settings.keepAliveTimeout, 75_000);
      });
    });
  }

  test('with settings that can not be read changes nothing', async () => {
    await withArbiter({}, function* (scene) {
      yield* sleep(200);
      scene.reread = unreadable;
      scene.arbiter.command('reload');
      yield* sleep(1000);
      assert.deepEqual(pids(scene.serving), [100, 101]);
      assert.match(scene.said(/reload failed/).join(), /everything stays as it is: [\s\S]*SISKIN_BIND/);
    });
  });

  test('is given up when the arbiter is told to stop', async () => {
    await withArbiter({ script: [{ boots: 10 }, { boots: 10 }, {}] }, function* (scene) {
      yield* sleep(200);
      scene.arbiter.command('reload');
      yield* sleep(100);
      scene.arbiter.command('stop');
      yield* sleep(500);
      assert.equal(scene.alive.length, 0);
      assert.deepEqual(scene.started[2]!.signals, ['SIGKILL']);
    });
  });

  test('that comes during another begins anew', async () => {
    await withArbiter({ workers: 1, script: [{ boots: 10 }, {}] }, function* (scene) {
      yield* sleep(200);
      scene.arbiter.command('reload');
      yield* sleep(100);
      scene.arbiter.command('reload');
      yield* sleep(2000);
      assert.deepEqual(pids(scene.serving), [102]);
      assert.deepEqual(scene.started[1]!.signals, ['SIGKILL']);
    });
  });

  test('goes on where a worker dies that was to be replaced', async () => {
    await withArbiter(
      { workers: 1, script: [{ boots: 10, ends: { after: 400, code: 1 } }] },
      function* (scene) {
        yield* sleep(200);
        scene.arbiter.command('reload');
        yield* sleep(3000);
        assert.equal(scene.serving.length, 1);
        assert.equal(scene.alive.length, 1);
      },
    );
  });
});

describe('a worker that has had its share', () => {
  /** Requests and memory grow by 1 and by 1 MB a millisecond. */
  const growing = { boots: 10, uses: (age: number) => ({ requests: age, resident: age * 1024 ** 2 }) };

  for (const [name, settings, pattern] of [
    ['requests', { maxRequests: 2000 }, /has had 2\d\d\d requests \(maxRequests\)/],
    ['memory', { maxMemory: 2000 * 1024 ** 2 }, /takes 2\d\d\d MB \(maxMemory\)/],
    ['age', { maxAge: 2000 }, /is 2 s old \(maxAge\)/],
  ] as const) {
    test(`of ${name} is replaced, one after another, each only when the next one serves`, async () => {
      const limits = { ...settings, minUptime: 300 };
      await withArbiter({ settings: limits, script: [growing, growing] }, function* (scene) {
        yield* sleep(1900);
        assert.equal(scene.started.length, 2);
        for (let i = 0; i < 300; i++) {
          yield* sleep(5);
          assert.ok(scene.serving.length >= 2);
          assert.ok(scene.alive.length <= 4);
        }
        assert.equal(scene.said(pattern).length, 2);
        assert.deepEqual(pids(scene.serving).sort(), [102, 103]);
      });
    });
  }

  test('has its limits from its first moment: the next one is replaced, too, that reaches them before it has proven itself', async () => {
    const greedy = { boots: 10, drains: 20, uses: (age: number) => ({ requests: age }) };
    const settings = { maxRequests: 500, minUptime: 2000 };
    await withArbiter({ workers: 1, settings, script: Array(9).fill(greedy) }, function* (scene) {
      yield* sleep(15_000);
      assert.ok(scene.said(/maxRequests/).length >= 4, scene.said(/maxRequests/).join('\n'));
    });
  });

  test('has more of them where there is jitter, each its own', async () => {
    const settings = { maxRequests: 1000, maxRequestsJitter: 4000, minUptime: 1 };
    await withArbiter({ workers: 4, settings, script: Array(4).fill(growing) }, function* (scene) {
      yield* sleep(5500);
      const counts = scene.said(/maxRequests/).map((line) => Number(/had (\d+)/.exec(line)![1]));
      assert.equal(counts.length, 4);
      assert.ok(new Set(counts).size > 2, counts.join());
    });
  });

  test('stays where the one for its place fails, and is tried again later', async () => {
    const script = [{ ...growing }, { ends: { after: 10, code: 3 }, failure: 'no longer loads' }];
    await withArbiter({ workers: 1, settings: { maxRequests: 1000 }, script }, function* (scene) {
      yield* sleep(5000);
      assert.deepEqual(pids(scene.serving), [100]);
      assert.match(scene.said(/stays for now/).join(), /no longer loads/);
      yield* sleep(8000);
      assert.deepEqual(pids(scene.serving), [102]);
    });
  });
});

describe('an arbiter that takes over', () => {
  const PROOF = { minUptime: 500 };

  test('has done so when all of its workers have proven themselves', async () => {
    await withArbiter({ settings: PROOF, inherited: 2 }, function* (scene) {
      yield* sleep(650);
      assert.ok(!scene.calls.includes('complete'));
      yield* sleep(150);
      assert.ok(scene.calls.includes('complete'));
    });
  });

  test('gives up where one of them fails in its first moments', async () => {
    const script = [{ boots: 10 }, { boots: 10, ends: { after: 300, code: 4 } }];
    const status = await withArbiter({ settings: PROOF, inherited: 2, script }, function* (scene) {
      yield* sleep(2000);
      assert.ok(!scene.calls.includes('complete'));
      assert.equal(scene.said(/ended in its first moments: the arbiter before this one goes on/).length, 1);
      assert.equal(scene.alive.length, 0);
    });
    assert.equal(status, 1);
  });
});
