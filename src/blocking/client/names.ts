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
    const found = yield* until(this.#lookup(host, port, memory));
    return found.map((address) => ({ ...address, port }) as Address);
  }

  #lookup(host: string, port: number, memory: number): Promise<readonly Address[]> {
    const now = this.#loop.now();
    const known = this.#lookups.get(host);
    if (known !== undefined && now < known.expires) return known.promise;
    const lookup = { promise: this.#loop.kernel.resolve(host, port), expires: now + memory };
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
    return lookup.promise;
  }
}
