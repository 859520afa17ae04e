// Host names, by way of the system's resolver: for the backends on real networks.

import { lookup } from 'node:dns/promises';
import type { Address } from './address.ts';
import { SystemError } from './errors.ts';

/** See `Kernel.resolve`. The error's `code` is the resolver's, e.g. ENOTFOUND. */
export async function resolve(host: string, port: number): Promise<readonly Address[]> {
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
