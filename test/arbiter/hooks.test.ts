// What a configuration's hooks may do to the arbiter, in simulated time.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sleep } from '../../src/task/index.ts';
import { withArbiter } from './simulated.ts';

describe('hooks', () => {
  test('are called when things happen', async () => {
    await withArbiter({ workers: 1, hooks: ALL, settings: { minUptime: 10 } }, function* (scene) {
      yield* sleep(300);
      assert.deepEqual(scene.calls, ['onStarting', 'preSpawn', 'whenReady']);
      scene.calls.length = 0;
      yield* scene.arbiter.command('reload').wait();
      yield* sleep(300);
      assert.deepEqual(scene.calls, ['onReload', 'preSpawn', 'hooks closed', 'childExit']);
      scene.calls.length = 0;
      scene.arbiter.command('stop');
      yield* sleep(500);
      assert.deepEqual(scene.calls, ['childExit', 'onExit', 'hooks closed']);
    });
  });

  test('before a worker may give it variables', async () => {
    const hooks = { preSpawn: async () => ({ env: { SLOT: 'zero' } }) };
    await withArbiter({ workers: 1, hooks }, function* (scene) {
      yield* sleep(200);
      assert.equal(scene.started[0]!.env['SLOT'], 'zero');
    });
  });

  test('that fail, or never end, are said and passed over', async () => {
    const hooks = {
      preSpawn: () => new Promise<undefined>(() => {}),
      whenReady: () => Promise.reject(new Error('broken')),
    };
    await withArbiter({ workers: 1, hooks }, function* (scene) {
      yield* sleep(9900);
      assert.equal(scene.started.length, 0);
      yield* sleep(500);
      assert.equal(scene.serving.length, 1);
      assert.equal(scene.said(/the hook preSpawn has not ended within 10 s/).length, 1);
      assert.equal(scene.said(/the hook whenReady failed: broken/).length, 1);
    });
  });

  test('that take too long are gone on without, that for the start, too', async () => {
    const hooks = { onStarting: () => new Promise<undefined>(() => {}) };
    await withArbiter({ workers: 1, hooks }, function* (scene) {
      yield* sleep(10_200);
      assert.equal(scene.said(/onStarting has not ended within 10 s: going on without it/).length, 1);
      assert.equal(scene.serving.length, 1);
    });
  });

  test('at the start that fail keep the server from starting', async () => {
    const hooks = { onStarting: () => Promise.reject(new Error('no licence')) };
    const status = await withArbiter({ workers: 1, hooks }, function* (scene) {
      yield* sleep(200);
      assert.equal(scene.started.length, 0);
      assert.equal(scene.said(/onStarting failed: no licence/).length, 1);
    });
    assert.equal(status, 1);
  });
});

const none = async (): Promise<undefined> => undefined;
const ALL = {
  onStarting: none,
  whenReady: none,
  preSpawn: none,
  childExit: none,
  onReload: none,
  onExit: none,
} as const;
