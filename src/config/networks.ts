// Sets of client addresses: which peers are proxies that may speak for the client (`forwardedAllowIps`). The settings
// hold them as the person wrote them, checked by `parseNetwork`; the server makes one `Networks` of them at start
// and asks it once a connection.

import { BlockList, isIP, isIPv4 } from 'node:net';
import { BadValue } from './errors.ts';

/** Stands for every peer of a unix socket, in a list of networks. */
export const UNIX_PEERS = 'unix';
/** Stands for every peer, in a list of networks. */
export const EVERYBODY = '*';

/** Checks one entry: an address, a CIDR block, `unix` or `*`. Returns it without white space. Throws {@link BadValue}. */
export function parseNetwork(text: string): string {
  const entry = text.trim();
  if (entry === UNIX_PEERS || entry === EVERYBODY || isIP(entry) !== 0) {
    if (entry.includes('%')) throw new BadValue('an IPv6 zone is not supported');
    return entry;
  }
  const slash = entry.indexOf('/');
  const address = slash === -1 ? entry : entry.slice(0, slash);
  if (isIP(address) === 0) throw new BadValue(`${address === '' ? 'it' : address} is not an IP address`);
  const prefix = entry.slice(slash + 1);
  const bits = isIPv4(address) ? 32 : 128;
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) {
    throw new BadValue(`its prefix length, ${prefix}, is not from 0 to ${bits}`);
  }
  return entry;
}

/**
 * A set of addresses.
 *
 * @example new Networks(['10.0.0.0/8', 'unix']).has('10.1.2.3') // true
 */
export class Networks {
  readonly #blocks = new BlockList();
  readonly #everybody: boolean;
  readonly #unix: boolean;
  /** The last address that was looked up: requests come from the same proxy again and again, and a look-up takes 0.4 µs. */
  #lastAddress = '';
  #lastAnswer = false;

  /** `entries` as `parseNetwork` returns them. */
  constructor(entries: readonly string[]) {
    this.#everybody = entries.includes(EVERYBODY);
    this.#unix = this.#everybody || entries.includes(UNIX_PEERS);
    for (const entry of entries) {
      if (entry === EVERYBODY || entry === UNIX_PEERS) continue;
      const [address, prefix] = entry.split('/') as [string, string?];
      // Not `isIPv6`: V8 takes 9 ms to compile its pattern, and each worker would wait for that at its start.
      const family = address.includes(':') ? 'ipv6' : 'ipv4';
      if (prefix === undefined) this.#blocks.addAddress(address, family);
      else this.#blocks.addSubnet(address, Number(prefix), family);
    }
  }

  /**
   * Whether `address` (numeric; '' for the peer of a unix socket) is in the set. An IPv4 address that arrived over an
   * IPv6 socket (`::ffff:10.0.0.1`) is the IPv4 address.
   */
  has(address: string): boolean {
    if (this.#everybody) return true;
    if (address === '') return this.#unix;
    if (address !== this.#lastAddress) {
      const family = isIP(address);
      this.#lastAnswer = family !== 0 && this.#blocks.check(address, family === 6 ? 'ipv6' : 'ipv4');
      this.#lastAddress = address;
    }
    return this.#lastAnswer;
  }
}
