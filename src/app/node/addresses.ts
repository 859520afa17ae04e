// Addresses as `net.Socket` tells them: nothing of a unix socket's.

import type { Address } from '../../kernel/index.ts';

export function hostOf(address: Address | undefined): string | undefined {
  return address === undefined || address.family === 'unix' ? undefined : address.host;
}

export function portOf(address: Address | undefined): number | undefined {
  return address === undefined || address.family === 'unix' ? undefined : address.port;
}

export function familyOf(address: Address | undefined): string | undefined {
  if (address === undefined || address.family === 'unix') return undefined;
  return address.family === 'inet6' ? 'IPv6' : 'IPv4';
}
