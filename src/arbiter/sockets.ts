// The listening sockets. They are the arbiter's, and outlive every worker: whoever connects while one is replaced waits in
// the kernel's queue. For TCP each slot has sockets of its own that share the port (SO_REUSEPORT), which spreads
// connections better, and wakes one worker for each; unix sockets and inherited ones are shared by all slots.

import { type BindAddress, formatBind } from '../config/index.ts';
import type { Address, Kernel, ListenOptions } from '../kernel/index.ts';
import type { ListenRequest } from '../protocol/index.ts';
import type { Sockets } from './launcher.ts';

/** The sockets at one address. */
interface Group {
  readonly address: Address;
  readonly options: ListenOptions;
  /** By slot; under `ALL` where they share one. */
  readonly sockets: Map<number, number>;
  readonly shared: boolean;
}

const ALL = -1;

export class ListeningSockets implements Sockets {
  readonly #kernel: Kernel;
  readonly #reusePort: boolean;
  readonly #groups = new Map<string, Group>();

  /** `reusePort`: others may listen on the same ports. */
  constructor(kernel: Kernel, reusePort: boolean) {
    this.#kernel = kernel;
    this.#reusePort = reusePort;
  }

  /** The socket that a worker in `slot` asks for, opened where it is not yet: a descriptor, or a negative errno. */
  open(slot: number, { target, options, ordinal }: Omit<ListenRequest, 'type'>): number {
    const key = `${formatBind(target)} ${ordinal}`;
    const group = this.#groups.get(key);
    if (group === undefined) return this.#openFirst(key, slot, target, options);
    const known = group.sockets.get(group.shared ? ALL : slot);
    if (known !== undefined) return known;
    const fd = this.#kernel.listen(group.address, { ...group.options, reusePort: true });
    if (fd >= 0) group.sockets.set(slot, fd);
    return fd;
  }

  #openFirst(key: string, slot: number, target: BindAddress, options: ListenOptions): number {
    const shared = target.family === 'unix' || target.family === 'fd';
    const reusePort = !shared && (this.#reusePort || 'first');
    const fd =
      target.family === 'fd'
        ? this.#kernel.adopt(target.fd)
        : this.#kernel.listen(target, { ...options, reusePort });
    if (fd < 0) return fd;
    const address = this.#kernel.localAddress(fd)!;
    this.#groups.set(key, { address, options, shared, sockets: new Map([[shared ? ALL : slot, fd]]) });
    return fd;
  }

  stopListening(slot?: number): void {
    for (const { sockets } of this.#groups.values()) {
      for (const [owner, fd] of sockets) {
        if (slot === undefined || owner === slot) this.#kernel.stopListening(fd);
      }
    }
  }

  closeSlot(slot: number): void {
    for (const { sockets } of this.#groups.values()) {
      const fd = sockets.get(slot);
      if (fd === undefined) continue;
      sockets.delete(slot);
      this.#kernel.close(fd);
    }
  }

  close(): void {
    for (const { sockets } of this.#groups.values())
      for (const fd of sockets.values()) this.#kernel.close(fd);
    this.#groups.clear();
  }
}
