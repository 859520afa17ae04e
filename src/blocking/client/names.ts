// Addresses of hosts, remembered for a moment: a lookup waits for one of libuv's four threads, and a thousand requests to
// one API would stand in line there for the same answer.

import { isIPv4, isIPv6 } from 'node:net';
import type { Address } from '../../kernel/index.ts';
import type { Loop } from '../../loop/index.ts';
import { type Co, until } from '../../task/index.ts';

/** Names that are remembered at most; the oldest is forgotten first. */
const MOST_NAMES = 256;

interface Lookup {
  readonly promise: Promise<readonly Address[]>;
  readonly expires: number;
  /** The address that took a connection, where others before it did not. */
  preferred?: string;
}

export class Names {
  readonly #loop: Loop;
  readonly #lookups = new Map<string, Lookup>();

  constructor(loop: Loop) {
    this.#loop = loop;
  }

  /** Addresses of `host`, a name or an address as URLs have it, in the order to try them; remembered for `memory` ms. */
  *resolve(host: string, port: number, memory: number): Co<readonly Address[]> {
    if (isIPv4(host)) return [{ family: 'inet', host, port }];
    const inner = host.startsWith('[') ? host.slice(1, -1) : host;
    if (isIPv6(inner)) return [{ family: 'inet6', host: inner, port }];
    const lookup = this.#lookup(host, port, memory);
    const found = yield* until(lookup.promise);
    const addresses = found.map((address) => ({ ...address, port }) as Address);
    const first = addresses.findIndex((address) => hostOf(address) === lookup.preferred);
    if (first > 0) addresses.unshift(...addresses.splice(first, 1));
    return addresses;
  }

  /** `address` of `host` is to be tried first as long as it is remembered: `localhost` often has one at which nobody listens. */
  prefer(host: string, address: Address): void {
    const lookup = this.#lookups.get(host);
    if (lookup !== undefined) lookup.preferred = hostOf(address);
  }

  #lookup(host: string, port: number, memory: number): Lookup {
    const now = this.#loop.now();
    const known = this.#lookups.get(host);
    if (known !== undefined && now < known.expires) return known;
    const lookup: Lookup = { promise: this.#loop.kernel.resolve(host, port), expires: now + memory };
    this.#lookups.delete(host);
    this.#lookups.set(host, lookup);
    for (const oldest of this.#lookups.keys()) {
      if (this.#lookups.size <= MOST_NAMES) break;
      this.#lookups.delete(oldest);
    }
    lookup.promise.catch(() => {
      // Whoever waits for it is told; the next one asks anew.
      if (this.#lookups.get(host) === lookup) this.#lookups.delete(host);
    });
    return lookup;
  }
}

function hostOf(address: Address): string {
  return address.family === 'unix' ? address.path : address.host;
}
