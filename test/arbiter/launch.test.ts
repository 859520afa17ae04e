// How worker processes are started: what is refused before there is one.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { launcher } from '../../src/arbiter/launch.ts';
import type { Exit } from '../../src/arbiter/launcher.ts';
import { defaultSettings } from '../../src/config/index.ts';
import { createKernel } from '../../src/kernel/index.ts';
import { Loop } from '../../src/loop/index.ts';

const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('a worker', () => {
  test('is not started with more than it could keep in memory, and the reason says how much that is', async () => {
    const loop = new Loop(createKernel('linux'));
    loop.attach();
    const launch = launcher(loop, { open: () => -1, of: () => [], targets: [] });
    const boot = {
      specifier: 'app.ts',
      rest: ['x'.repeat(17 * 1024 * 1024)],
      resolved: { settings: defaultSettings(), origins: {} as never, warnings: [] },
    };
    const { error } = await new Promise<Exit>((resolve) => {
      const never = (): never => assert.fail();
      launch(0, { boot, cwd: '/', env: {} }, { onReport: never, onNonsense: never, onExit: resolve });
    });
    assert.match(
      String(error),
      /its settings and arguments have 178\d{5} bytes, and may have 16777216: shorten/,
    );
    loop.close();
  });
});
