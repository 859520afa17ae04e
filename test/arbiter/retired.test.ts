// An arbiter whose workers were told to finish and end (SIGWINCH), and what brings them back; in simulated time.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sleep } from '../../src/task/index.ts';
import { withArbiter } from './simulated.ts';

describe('a retired arbiter', () => {
  test('keeps its sockets, and a reload brings its workers back', async () => {
    await withArbiter({ workers: 2 }, function* (scene) {
      yield* sleep(300);
      yield* scene.arbiter.command('retire').wait();
      yield* sleep(5000);
      assert.equal(scene.alive.length, 0);
      assert.ok(!scene.socketCalls.some((call) => /stop|close/.test(call)));
      assert.deepEqual(yield* scene.arbiter.command('reload').wait(), {
        ok: true,
        message: '2 workers are new',
      });
      assert.deepEqual(
        scene.serving.map(({ slot }) => slot),
        [0, 1],
      );
      assert.deepEqual(scene.states, ['serving', 'retired', 'reloading', 'serving']);
    });
  });

  test('closes what nobody listens on any more when a reload has brought workers back', async () => {
    await withArbiter({ workers: 1 }, function* (scene) {
      yield* sleep(300);
      yield* scene.arbiter.command('retire').wait();
      scene.drops = true;
      yield* scene.arbiter.command('reload').wait();
      assert.deepEqual(
        scene.socketCalls.filter((call) => call.includes('Unused')),
        ['stopUnused 0 101', 'closeUnused 0'],
      );
    });
  });

  test('whose reload fails says that nobody serves, and how many do', async () => {
    const broken = Array(40).fill({ ends: { after: 20, code: 3 } } as const);
    const settings = { bootTimeout: 2000 };
    for (const [some, message] of [
      [
        [],
        /^no worker serves: each of the others did not serve .*, and is tried again with the settings from before/,
      ],
      [[{ boots: 10 }], /^only 1 of 2 workers serve: each of the others did not serve within 2000 ms/],
    ] as const) {
      const script = [{ boots: 10 }, { boots: 10 }, ...some, ...broken];
      await withArbiter({ workers: 2, settings, script }, function* (scene) {
        yield* sleep(100);
        yield* scene.arbiter.command('retire').wait();
        const outcome = yield* scene.arbiter.command('reload').wait();
        assert.equal(outcome.ok, false);
        assert.match(outcome.message, message);
        assert.deepEqual(scene.said(/old workers go on/), []);
      });
    }
  });

  test('says that a reload has failed where nobody comes to serve', async () => {
    const broken = { ends: { after: 20, code: 3 } } as const;
    const script = [{ boots: 10 }, ...Array(20).fill(broken)];
    await withArbiter({ workers: 1, settings: { bootTimeout: 2000 }, script }, function* (scene) {
      yield* sleep(100);
      yield* scene.arbiter.command('retire').wait();
      const { ok, message } = yield* scene.arbiter.command('reload').wait();
      assert.equal(ok, false);
      assert.match(message, /did not serve within 2000 ms/);
    });
  });

  test('serves again when it is told how many workers to have', async () => {
    await withArbiter({ workers: 2 }, function* (scene) {
      yield* sleep(300);
      yield* scene.arbiter.command('retire').wait();
      yield* scene.arbiter.command('more').wait();
      yield* sleep(200);
      assert.equal(scene.serving.length, 1);
      assert.equal(scene.arbiter.state, 'serving');
    });
  });
});
