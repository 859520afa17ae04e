// Numeric hosts: which are ours, which stand for all, and how IPv4 looks through an IPv6 socket.

import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import type { Address, InetAddress } from '../address.ts';

const UNIX_PATH_MAX = 107;

/** `address` in its canonical form. Throws TypeError for what no socket address can hold. */
export function checkAddress(address: Address): Address {
  if (address.family === 'unix') {
    const length = Buffer.byteLength(address.path);
    if (length === 0 || length > UNIX_PATH_MAX || address.path.includes('\0')) {
      throw new TypeError(
        `a unix socket's path has 1 to ${UNIX_PATH_MAX} bytes, none of them NUL; got ${length}`,
      );
    }
    return address;
  }
  const { family, host, port } = address;
  if (!Number.isInteger(port) || port < 0 || port > 0xffff) {
    throw new TypeError(`a port is a whole number from 0 to 65535; got ${port}`);
  }
  if (family === 'inet') {
    if (!isIPv4(host)) throw new TypeError(`expected an IPv4 address, got '${host}'`);
    return address;
  }
  if (!isIPv6(host)) throw new TypeError(`expected an IPv6 address, got '${host}'`);
  if (host === '::1' || host === '::') return address;
  return { family, host: new SocketAddress({ address: host, family: 'ipv6' }).address, port };
}

export function isLoopback(host: string): boolean {
  return host.startsWith('127.') || host === '::1' || host.startsWith('::ffff:127.');
}

export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** RFC 4291, section 2.5.5.2: how an IPv6 socket shows an IPv4 address. */
export function mapped(address: InetAddress): InetAddress {
  return { family: 'inet6', host: `::ffff:${address.host}`, port: address.port };
}

/** Where a listener may be bound to get connections to `address`, the most exact first. */
export function hostsOf(address: InetAddress): readonly string[] {
  if (address.family === 'inet') return [address.host, '0.0.0.0', '::'];
  return address.host.startsWith('::ffff:')
    ? [address.host, address.host.slice(7), '0.0.0.0', '::']
    : [address.host, '::'];
}
