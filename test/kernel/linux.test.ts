// The kernel's contract, over Linux itself, and what only a real process can show: flags of real descriptors.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { EINVAL, EOPNOTSUPP, type Kernel } from '../../src/kernel/index.ts';
import { testKernelContract } from './contract.ts';

const LINUX = new URL('../../src/kernel/linux/index.ts', import.meta.url).href;
const LIBC = new URL('../../src/kernel/linux/libc.ts', import.meta.url).href;
const O_CLOEXEC = 0o2000000;
const O_NONBLOCK = 0o4000;

const { create, reason } = await load();

if (create === undefined) {
  test(`the Linux kernel: left out, ${reason}`, { skip: true }, () => {});
} else {
  const folder = mkdtempSync(join(tmpdir(), 'siskin-kernel-'));
  let files = 0;
  after(() => rmSync(folder, { recursive: true }));
  const idle = create().createPoller();
  after(() => idle.close());

  testKernelContract({
    name: 'Linux',
    create,
    // Loopback delivers within the sending call or right after it; a millisecond is an age.
    settle: () => void idle.wait(1),
    unixPath: () => join(folder, `${files++}`),
    fileMode: (path) =>
      statSync(path, { throwIfNoEntry: false })?.mode === undefined ? undefined : statSync(path).mode & 0o777,
    createFile: (path) => {
      rmSync(path, { force: true });
      writeFileSync(path, 'precious');
      chmodSync(path, 0o644);
    },
    openFile: (_kernel, contents) => {
      const path = join(folder, `${files++}`);
      writeFileSync(path, contents);
      return openSync(path, 'r');
    },
  });

  describe('descriptors of the Linux kernel', () => {
    test('every one is close-on-exec and non-blocking', () => {
      const kernel = create();
      const listener = kernel.listen({ family: 'inet', host: '127.0.0.1', port: 0 }, { backlog: 1 });
      const local = kernel.listen({ family: 'unix', path: join(folder, 'flags') }, { backlog: 1 });
      const client = kernel.connect(kernel.localAddress(listener)!);
      const poller = kernel.createPoller();
      poller.add(listener, 0, 0);
      assert.equal(poller.wait(1000), 1);
      const server = kernel.accept(listener);
      for (const fd of [listener, local, client, server]) {
        assert.equal(flagsOf(fd) & (O_CLOEXEC | O_NONBLOCK), O_CLOEXEC | O_NONBLOCK);
      }
      poller.close();
      for (const fd of [listener, local, client, server]) kernel.close(fd);
    });

    test('the kernel asks silent peers on either side whether they are still there', () => {
      const kernel = create();
      const listener = kernel.listen({ family: 'inet', host: '127.0.0.1', port: 0 }, { backlog: 1 });
      const address = kernel.localAddress(listener)!;
      const client = kernel.connect(address);
      const poller = kernel.createPoller();
      poller.add(listener, 0, 0);
      assert.equal(poller.wait(1000), 1);
      const server = kernel.accept(listener);
      const port = 'port' in address ? address.port.toString(16).toUpperCase().padStart(4, '0') : '';
      // proc(5): `tr` before the colon of the sixth column is 2 while the keep-alive timer runs.
      const rows = readFileSync('/proc/net/tcp', 'utf8')
        .split('\n')
        .map((line) => line.trim().split(/\s+/))
        .filter(([, local, remote, state]) => state === '01' && `${local}${remote}`.includes(`:${port}`));
      assert.deepEqual(
        rows.map((row) => row[5]!.slice(0, 2)),
        ['02', '02'],
      );
      poller.close();
      for (const fd of [listener, client, server]) kernel.close(fd);
    });

    test('connections send small pieces at once, and the kernel takes little of what it cannot send', async () => {
      const kernel = create();
      const libc = (await import(LIBC)) as typeof import('../../src/kernel/linux/libc.ts');
      const inherited = libc.socket(libc.AF_INET, libc.SOCK_STREAM, 0);
      // Unbound, it listens on a port that the system chooses: ip(7).
      libc.listen(inherited, 1);
      const poller = kernel.createPoller();
      for (const listener of [
        kernel.listen({ family: 'inet', host: '127.0.0.1', port: 0 }, { backlog: 1 }),
        kernel.adopt(inherited),
      ]) {
        const client = kernel.connect(kernel.localAddress(listener)!);
        poller.add(listener, 0, 0);
        assert.equal(poller.wait(1000), 1);
        const server = kernel.accept(listener);
        for (const fd of [client, server]) {
          const option = (name: number): number => {
            const value = Buffer.alloc(4);
            const size = Buffer.from(new Int32Array([4]).buffer);
            assert.equal(libc.check(libc.getsockopt(fd, libc.IPPROTO_TCP, name, value, size)), 0);
            return value.readInt32LE(0);
          };
          assert.equal(option(libc.TCP_NODELAY), 1);
          assert.equal(option(libc.TCP_NOTSENT_LOWAT), 128 * 1024);
        }
        poller.remove(listener);
        for (const fd of [listener, client, server]) kernel.close(fd);
      }
      poller.close();
    });

    test("a poller's is close-on-exec too, and goes when it is closed", () => {
      const kernel = create();
      const before = pollersOf();
      const poller = kernel.createPoller();
      const own = pollersOf().filter((fd) => !before.includes(fd));
      assert.equal(own.length, 1);
      assert.equal(flagsOf(own[0]!) & O_CLOEXEC, O_CLOEXEC);
      poller.close();
      assert.deepEqual(pollersOf(), before);
    });

    test('one that is no listening socket of streams is not adopted, and keeps its flags', async () => {
      const kernel = create();
      const libc = (await import(LIBC)) as typeof import('../../src/kernel/linux/libc.ts');
      const sockets = [
        [libc.AF_INET, libc.SOCK_DGRAM, -EOPNOTSUPP],
        [libc.AF_UNIX, libc.SOCK_DGRAM, -EOPNOTSUPP],
        [libc.AF_UNIX, libc.SOCK_SEQPACKET, -EOPNOTSUPP],
        [libc.AF_INET, libc.SOCK_STREAM, -EINVAL],
        [libc.AF_UNIX, libc.SOCK_STREAM, -EINVAL],
      ] as const;
      for (const [family, type, expected] of sockets) {
        const fd = libc.socket(family, type, 0);
        assert.equal(kernel.adopt(fd), expected, `${family} ${type}`);
        assert.equal(flagsOf(fd) & (O_CLOEXEC | O_NONBLOCK), 0);
        kernel.close(fd);
      }
    });

    test('an inherited one becomes close-on-exec and non-blocking when it is adopted', () => {
      const kernel = create();
      const listener = kernel.listen({ family: 'inet', host: '127.0.0.1', port: 0 }, { backlog: 1 });
      const program = `
        import { readFileSync } from 'node:fs';
        import { createLinuxKernel } from ${JSON.stringify(LINUX)};
        import { F_SETFD, F_SETFL, fcntl } from ${JSON.stringify(LIBC)};
        const flags = () => Number.parseInt(/flags:\\s*(\\d+)/.exec(readFileSync('/proc/self/fdinfo/3', 'utf8'))[1], 8);
        const kernel = createLinuxKernel();
        // Node makes what it inherits close-on-exec when it starts; another parent's child would find it like this.
        fcntl(3, F_SETFD, 0);
        fcntl(3, F_SETFL, 0);
        const before = flags();
        const adopted = kernel.adopt(3);
        console.log(JSON.stringify({ before, adopted, after: flags(), address: kernel.localAddress(3) }));
      `;
      const child = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
        stdio: ['ignore', 'pipe', 'inherit', listener],
        encoding: 'utf8',
      });
      const seen = JSON.parse(child.stdout);
      assert.equal(seen.adopted, 3);
      assert.equal(seen.before & (O_CLOEXEC | O_NONBLOCK), 0);
      assert.equal(seen.after & (O_CLOEXEC | O_NONBLOCK), O_CLOEXEC | O_NONBLOCK);
      assert.deepEqual(seen.address, kernel.localAddress(listener));
      kernel.close(listener);
    });
  });
}

/** The backend, or why this machine cannot have it. */
async function load(): Promise<{ create?: () => Kernel; reason?: string }> {
  if (process.platform !== 'linux') return { reason: `this is ${process.platform}` };
  try {
    const { createLinuxKernel } = await import(LINUX);
    createLinuxKernel().createPoller().close();
    return { create: createLinuxKernel };
  } catch (error) {
    return {
      reason: `koffi has no binary for ${process.platform} ${process.arch}: ${(error as Error).message}`,
    };
  }
}

function flagsOf(fd: number): number {
  return Number.parseInt(/flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))![1]!, 8);
}

function pollersOf(): number[] {
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`) === 'anon_inode:[eventpoll]';
      } catch {
        return false;
      }
    });
}
