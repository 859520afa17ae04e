// Where no kernel of ours can be had (macOS, Windows): clocks and randomness, and no descriptors. A loop on it runs as
// a guest of Node's only, and `net` makes its streams of Node's sockets.

import { randomFillSync } from 'node:crypto';
import { SystemError } from '../errors.ts';
import type { Attachment, Kernel, Poller } from '../kernel.ts';
import { resolve } from '../resolve.ts';

const ENOSYS = 38;
const unsupported = (): number => -ENOSYS;

export function createNodeKernel(): Kernel {
  return {
    name: 'node',
    monotonic: () => performance.now(),
    wallClock: () => Date.now(),
    random: (bytes) => void randomFillSync(bytes),
    allocate: (size) => Buffer.allocUnsafeSlow(size),
    listen: unsupported,
    adopt: unsupported,
    accept: unsupported,
    stopListening: unsupported,
    connect: unsupported,
    socketError: unsupported,
    recv: unsupported,
    send: unsupported,
    hasFiles: false,
    sendfile: unsupported,
    cached: unsupported,
    readCached: unsupported,
    load: (_file, _position, _length, done) => done(-ENOSYS),
    shutdown: unsupported,
    close: unsupported,
    localAddress: () => undefined,
    peerAddress: () => undefined,
    resolve,
    createPoller: () => new EmptyPoller(),
  };
}

/** Nothing to poll: Node's sockets wake their readers themselves. */
class EmptyPoller implements Poller {
  add(): number {
    return -ENOSYS;
  }

  modify(): number {
    return -ENOSYS;
  }

  remove(): number {
    return -ENOSYS;
  }

  wait(timeout: number): number {
    if (timeout !== 0) throw new SystemError('poll', -ENOSYS, 'this kernel can only be attached, not run');
    return 0;
  }

  token(): number {
    return 0;
  }

  flags(): number {
    return 0;
  }

  attach(): Attachment {
    return { ref() {}, unref() {}, close() {} };
  }

  close(): void {}
}
