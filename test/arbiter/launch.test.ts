// How worker processes are started: what is refused before there is one.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { guardOf, heapFlags, launcher } from '../../src/arbiter/launch.ts';
import type { Exit } from '../../src/arbiter/launcher.ts';
import { type BindAddress, defaultSettings } from '../../src/config/index.ts';
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

describe('a green worker', () => {
  const GREEN = { workerClass: 'green', workers: 2 } as const;
  const MB = 1024 * 1024;

  test('has a young generation that holds what waits', () => {
    assert.deepEqual(
      heapFlags(GREEN, ['--import', 'x.js'], {}, () => 1024 * MB),
      ['--min-semi-space-size=32', '--max-semi-space-size=32'],
    );
    assert.deepEqual(heapFlags({ ...GREEN, workerClass: 'async' }, [], {}), []);
  });

  test('has the usual one where there is little memory for each', () => {
    assert.deepEqual(
      heapFlags(GREEN, [], {}, () => 1000 * MB),
      [],
    );
  });

  test('has the one that Node was told, by its flags or by NODE_OPTIONS', () => {
    assert.deepEqual(heapFlags(GREEN, ['--max-semi-space-size=8'], {}), []);
    assert.deepEqual(heapFlags(GREEN, ['--min_semi_space_size=8'], {}), []);
    assert.deepEqual(heapFlags(GREEN, [], { NODE_OPTIONS: '--max-semi-space-size=8' }), []);
  });
});

describe('a worker that is another user', () => {
  const asked = (target: object) =>
    guardOf({ ...defaultSettings(), bind: [{ family: 'unix', path: '/run/app.sock' }] })({
      type: 'listen',
      target: target as BindAddress,
      options: { backlog: 1 },
      ordinal: 0,
    })?.target;

  for (const target of [
    { family: 'inet', host: '127.0.0.1', port: 0 },
    { family: 'inet6', host: '::1', port: 1024 },
    { family: 'unix', path: '/run/app.sock' },
  ])
    test(`may have ${JSON.stringify(target)}`, () => assert.deepEqual(asked(target), target));

  for (const target of [
    { family: 'inet', host: '0.0.0.0', port: 443 },
    { family: 'unix', path: '/root/x.sock' },
    { family: 'unix', path: '/root/x.sock', port: 2000 },
    { family: 'fd', fd: 22, port: 2000 },
  ])
    test(`may not have ${JSON.stringify(target)}`, () => assert.equal(asked(target), undefined));
});
