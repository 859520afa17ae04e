// The file of a unix socket on Linux: its mode, and what may be in its place.

import assert from 'node:assert/strict';
import { chmodSync, fstatSync, linkSync, lstatSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { EADDRINUSE, EBADF, type Kernel, SystemError } from '../../src/kernel/index.ts';
import { temporaryFolder } from '../folder.ts';

const LINUX = '../../src/kernel/linux/index.ts';
const FILES = '../../src/kernel/linux/socket-file.ts';
const ADDRESSES = '../../src/kernel/linux/sockaddr.ts';
const NOT_OPEN = 9999;
const onLinux = process.platform === 'linux' ? describe : describe.skip;
const { directory: folder } = temporaryFolder('socket-file');

let count = 0;
const freshPath = (): string => join(folder, String(count++));
const modeOf = (path: string): number => lstatSync(path).mode & 0o777;

onLinux("a unix socket's file", async () => {
  const { createLinuxKernel } = (await import(LINUX)) as { createLinuxKernel: () => Kernel };
  const { bindFile, completeMode } = (await import(
    FILES
  )) as typeof import('../../src/kernel/linux/socket-file.ts');
  const { encodeAddress } = (await import(ADDRESSES)) as typeof import('../../src/kernel/linux/sockaddr.ts');
  const kernel = createLinuxKernel();

  function withListener(mode: number, use: (path: string, fd: number) => void): void {
    const path = freshPath();
    const fd = kernel.listen({ family: 'unix', path }, { backlog: 1, mode });
    assert.ok(fd >= 0, new SystemError('listen', fd).message);
    try {
      use(path, fd);
    } finally {
      kernel.close(fd);
    }
  }

  test('has exactly the mode that was asked for, whatever the umask', () => {
    const before = process.umask();
    try {
      for (const umask of [0o022, 0o077, 0o777, 0]) {
        process.umask(umask);
        for (const mode of [0o600, 0o660, 0o666, 0o777, 0]) {
          withListener(mode, (path) => assert.equal(modeOf(path), mode, `${umask} ${mode}`));
        }
        assert.equal(process.umask(), umask, 'which stays as it is');
      }
    } finally {
      process.umask(before);
    }
  });

  test('is never wider than that, not even for a moment: bind takes the mode of the socket', () => {
    withListener(0o600, (_path, fd) => assert.equal(fstatSync(fd).mode & 0o777, 0o600));
  });

  test('gets no mode where a link is in its place, and what that leads to stays as it is', () => {
    const precious = freshPath();
    writeFileSync(precious, 'precious');
    chmodSync(precious, 0o640);
    const link = freshPath();
    symlinkSync(precious, link);
    assert.equal(completeMode(link, 0o666), -EADDRINUSE);
    assert.equal(completeMode(precious, 0o666), -EADDRINUSE);
    assert.equal(modeOf(precious), 0o640);
    withListener(0o600, (path) => {
      const alias = freshPath();
      symlinkSync(path, alias);
      assert.equal(completeMode(alias, 0o666), -EADDRINUSE);
      const name = freshPath();
      linkSync(path, name);
      assert.equal(completeMode(name, 0o666), -EADDRINUSE, 'another name of a socket');
      assert.equal(modeOf(path), 0o600);
    });
  });

  test('that can not be made, or given its mode, is a negative errno and no exception', () => {
    const path = freshPath();
    assert.equal(bindFile(NOT_OPEN, path, encodeAddress({ family: 'unix', path }), 0o600), -EBADF);
    const file = freshPath();
    writeFileSync(file, '');
    const below = { family: 'unix', path: join(file, 'below a file') } as const;
    const fd = kernel.listen(below, { backlog: 1, mode: 0o600 });
    assert.match(new SystemError('listen', fd).message, /not a directory \(ENOTDIR\)/);
  });
});
