// How the end of a worker is logged, in simulated time: what it was, and what somebody who reads of it looks for.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep } from '../../src/task/index.ts';
import { withArbiter } from './simulated.ts';

const ENDS: readonly [ends: { code?: number; signal?: NodeJS.Signals }, words: RegExp][] = [
  [
    { signal: 'SIGKILL' },
    /was killed \(SIGKILL\): by the system for want of memory, perhaps, or by somebody/,
  ],
  [{ signal: 'SIGSEGV' }, /crashed: segmentation fault \(SIGSEGV\), in native code as a rule/],
  [{ signal: 'SIGABRT' }, /aborted \(SIGABRT\): out of heap memory, .*--max-old-space-size/],
  [{ signal: 'SIGXCPU' }, /was ended by SIGXCPU/],
  [{ code: 0 }, /ended with status 0: by process\.exit\(\) in the app, or because somebody sent it SIGTERM/],
  [{ code: 1 }, /ended with status 1: an error that nobody caught, or process\.exit\(1\)/],
  [{ code: 134 }, /aborted \(status 134\): out of heap memory/],
  [{ code: 7 }, /ended with status 7/],
];

for (const [ends, words] of ENDS) {
  test(`a worker that ends with ${ends.signal ?? `status ${ends.code}`} is logged in words`, async () => {
    const script = [{ boots: 10, ends: { after: 5000, ...ends } }];
    await withArbiter({ workers: 1, script }, function* (scene) {
      yield* sleep(5500);
      const [pid] = scene.started.map((worker) => worker.pid);
      assert.equal(
        scene.said(new RegExp(`worker ${pid} ${words.source}.*: another takes its place`)).length,
        1,
      );
    });
  });
}
