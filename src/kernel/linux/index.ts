// Linux: the contract over libc, through koffi. The only folder that imports koffi or holds a pointer.

import { randomFillSync } from 'node:crypto';
// Node's globals are getters: imported, a look at the clock costs a quarter less.
import { performance } from 'node:perf_hooks';
import type { Kernel } from '../kernel.ts';
import { resolve } from '../resolve.ts';
import * as files from './files.ts';
import * as listeners from './listeners.ts';
import { allocate } from './memory.ts';
import { createPoller } from './poller.ts';
import * as sockets from './sockets.ts';

export * from './channel.ts';
export { sendDatagram } from './datagram.ts';
export { steer } from './filter.ts';
export { reapOrphans } from './orphans.ts';
export { claim } from './own-listeners.ts';

/**
 * The kernel of this machine. Throws where koffi has no binary for the platform.
 *
 * @example
 * const kernel = createLinuxKernel();
 * const listener = kernel.listen({ family: 'inet', host: '127.0.0.1', port: 0 }, { backlog: 128 });
 */
export function createLinuxKernel(): Kernel {
  return {
    name: 'linux',
    monotonic: () => performance.now(),
    wallClock: () => Date.now(),
    random: (bytes) => void randomFillSync(bytes),
    allocate,
    ...listeners,
    ...sockets,
    ...files,
    resolve,
    createPoller,
  };
}
