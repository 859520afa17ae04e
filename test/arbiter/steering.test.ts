// Connections are kept away from workers that can't serve them, in simulated time.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sleep } from '../../src/task/index.ts';
import { withArbiter } from './simulated.ts';

describe('new connections', () => {
  test('go to workers that serve, and to no other', async () => {
    await withArbiter({ workers: 3 }, function* (scene) {
      yield* sleep(1000);
      assert.deepEqual(scene.socketCalls, ['steer 0', 'steer 0,1', 'steer 0,1,2']);
    });
  });

  test('go elsewhere while a worker is deaf, and another one serves what waits at it', async () => {
    const script = [{ boots: 10, deafAfter: 1000, hearsAfter: 3000 }];
    await withArbiter({ workers: 2, script }, function* (scene) {
      yield* sleep(1900);
      assert.equal(scene.socketCalls.at(-1), 'steer 1', 'sooner than the log warns');
      assert.deepEqual(scene.started[1]!.calls, ['lend 0']);
      assert.deepEqual(scene.said(/deaf/), []);
      yield* sleep(1700);
      assert.equal(scene.socketCalls.at(-1), 'steer 0,1');
      assert.deepEqual(scene.started[1]!.calls, ['lend 0', 'take back 0']);
    });
  });

  test('go elsewhere while a worker is replaced that has crashed', async () => {
    const script = [{ boots: 10, ends: { after: 5000, code: 1 } }];
    await withArbiter({ workers: 2, script }, function* (scene) {
      yield* sleep(5050);
      assert.equal(scene.socketCalls.at(-1), 'steer 1');
      assert.deepEqual(scene.started[1]!.calls, ['lend 0']);
      yield* sleep(100);
      assert.equal(scene.socketCalls.at(-1), 'steer 0,1');
      assert.deepEqual(scene.started[1]!.calls, ['lend 0', 'take back 0']);
    });
  });

  test('are served by yet another worker where the helper itself goes deaf', async () => {
    const script = [
      { boots: 10, deafAfter: 1000 },
      { boots: 10, deafAfter: 4000 },
    ];
    await withArbiter({ workers: 3, script }, function* (scene) {
      yield* sleep(2500);
      assert.deepEqual(scene.started[1]!.calls, ['lend 0']);
      yield* sleep(3500);
      assert.deepEqual(scene.started[1]!.calls, ['lend 0', 'take back 0']);
      assert.deepEqual(scene.started[2]!.calls.sort(), ['lend 0', 'lend 1']);
      assert.equal(scene.socketCalls.at(-1), 'steer 2');
    });
  });

  test('wait where nobody else is there', async () => {
    const script = [{ boots: 10, deafAfter: 1000, hearsAfter: 3000 }];
    await withArbiter({ workers: 1, script }, function* (scene) {
      yield* sleep(4000);
      assert.deepEqual(scene.socketCalls, ['steer 0']);
      assert.deepEqual(scene.started[0]!.calls, []);
    });
  });
});
