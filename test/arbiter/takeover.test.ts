// An arbiter and the one that is to take over from it, where that one does not behave.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ListeningSockets } from '../../src/arbiter/sockets.ts';
import { successorLauncher } from '../../src/arbiter/takeover.ts';
import { createKernel } from '../../src/kernel/index.ts';
import { Loop } from '../../src/loop/index.ts';

const onLinux = process.platform === 'linux' ? describe : describe.skip;

/** Says that it is a process that there can't be (proc(5), pid_max), and ends when it is told something. */
const NEWCOMER = `
  const { readSync, writeSync } = require('node:fs');
  writeSync(3, JSON.stringify({ type: 'hello', pid: 2 ** 22 + 1 }));
  readSync(3, Buffer.alloc(1000));`;

onLinux('a new arbiter', () => {
  test('that has ended already can be stopped', async () => {
    const loop = new Loop(createKernel('linux'));
    loop.attach();
    const { argv } = process;
    process.argv = [argv[0]!, '-e', NEWCOMER];
    let stopped = false;
    try {
      const launch = successorLauncher(loop, new ListeningSockets(loop.kernel, false), process.cwd());
      await new Promise<void>((resolve) => {
        const successor = launch({
          onStart: () => {
            stopped = true;
            successor.stop();
          },
          onServing: () => {},
          onEnd: () => resolve(),
        });
      });
      assert.ok(stopped, 'while its channel was open');
    } finally {
      process.argv = argv;
      loop.close();
    }
  });
});
