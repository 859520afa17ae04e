// Linux: the contract over libc, through koffi. The only folder that imports koffi or holds a pointer.

import { randomFillSync } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import type { Address } from '../address.ts';
import { SystemError } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import * as listeners from './listeners.ts';
import { createPoller } from './poller.ts';
import * as sockets from './sockets.ts';

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
    ...listeners,
    ...sockets,
    resolve,
    createPoller,
  };
}

async function resolve(host: string, port: number): Promise<readonly Address[]> {
  try {
    const found = await lookup(host, { all: true });
    return found.map(({ address, family }) => ({
      family: family === 6 ? 'inet6' : 'inet',
      host: address,
      port,
    }));
  } catch (error) {
    const { errno, code } = error as NodeJS.ErrnoException;
    throw Object.assign(new SystemError('resolve', errno ?? 0, host), {
      code,
      message: `resolve ${host}: no address for this name (${code})`,
    });
  }
}
