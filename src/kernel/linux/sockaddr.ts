// `Address` to and from the kernel's `struct sockaddr` (ip(7), ipv6(7), unix(7)).

import { isIPv4, isIPv6 } from 'node:net';
import type { Address } from '../address.ts';
import { AF_INET, AF_INET6, AF_UNIX } from './libc.ts';

/** Large enough for every family: sockaddr_un is the longest, 2 + 108 bytes. */
export const SOCKADDR_SIZE = 110;
const UNIX_PATH_MAX = 107;

/** `address` as bytes. Throws TypeError for what no socket address can hold. */
export function encodeAddress(address: Address): Buffer {
  if (address.family === 'unix') {
    const path = Buffer.from(address.path);
    if (path.length === 0 || path.length > UNIX_PATH_MAX || path.includes(0)) {
      throw new TypeError(
        `a unix socket's path has 1 to ${UNIX_PATH_MAX} bytes, none of them NUL; got ${path.length}: '${address.path}'`,
      );
    }
    const bytes = Buffer.alloc(2 + path.length + 1);
    bytes.writeUInt16LE(AF_UNIX, 0);
    path.copy(bytes, 2);
    return bytes;
  }
  if (!Number.isInteger(address.port) || address.port < 0 || address.port > 0xffff) {
    throw new TypeError(`a port is a whole number from 0 to 65535; got ${address.port}`);
  }
  if (address.family === 'inet') {
    if (!isIPv4(address.host)) throw new TypeError(`expected an IPv4 address, got '${address.host}'`);
    const bytes = Buffer.alloc(16);
    bytes.writeUInt16LE(AF_INET, 0);
    bytes.writeUInt16BE(address.port, 2);
    bytes.set(address.host.split('.').map(Number), 4);
    return bytes;
  }
  if (!isIPv6(address.host)) throw new TypeError(`expected an IPv6 address, got '${address.host}'`);
  const bytes = Buffer.alloc(28);
  bytes.writeUInt16LE(AF_INET6, 0);
  bytes.writeUInt16BE(address.port, 2);
  for (const [i, group] of ipv6Groups(address.host).entries()) bytes.writeUInt16BE(group, 8 + 2 * i);
  return bytes;
}

/** The eight 16-bit groups of an IPv6 address in any notation of RFC 4291, section 2.2. */
function ipv6Groups(host: string): number[] {
  const text = host.replace(/%.*$/, '').replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => {
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [head = '', tail] = text.split('::');
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const left = groups(head);
  if (tail === undefined) return left;
  const right = groups(tail);
  return [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
}

/** What getsockname or getpeername wrote: `length` bytes of `bytes`. */
export function decodeAddress(bytes: Buffer, length: number): Address | undefined {
  if (length < 2) return undefined;
  const family = bytes.readUInt16LE(0);
  if (family === AF_INET) {
    return {
      family: 'inet',
      host: `${bytes[4]}.${bytes[5]}.${bytes[6]}.${bytes[7]}`,
      port: bytes.readUInt16BE(2),
    };
  }
  if (family === AF_INET6) return { family: 'inet6', host: formatIPv6(bytes), port: bytes.readUInt16BE(2) };
  if (family === AF_UNIX) {
    const end = bytes.indexOf(0, 2);
    return { family: 'unix', path: bytes.toString('utf8', 2, end === -1 || end > length ? length : end) };
  }
  return undefined;
}

/** The canonical form of RFC 5952: the longest run of zero groups as `::`, IPv4-mapped addresses dotted. */
function formatIPv6(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(8 + 2 * i));
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `::ffff:${bytes[20]}.${bytes[21]}.${bytes[22]}.${bytes[23]}`;
  }
  let best = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > bestLength) {
      best = i;
      bestLength = end - i;
    }
    if (end > i) i = end;
  }
  const text = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  return best === -1 ? text(0, 8) : `${text(0, best)}::${text(best + bestLength, 8)}`;
}
