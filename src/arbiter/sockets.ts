// The listening sockets. They are the arbiter's, and outlive every worker: whoever connects while one is replaced waits in
// the kernel's queue. For TCP each slot has sockets of its own that share the port (SO_REUSEPORT), which spreads
// connections better, and wakes one worker for each; unix sockets and inherited ones are shared by all slots.

import { type BindAddress, formatBind } from '../config/index.ts';
import type { Address, Kernel, ListenOptions } from '../kernel/index.ts';
import { claim, steer } from '../kernel/linux/index.ts';
import type { ListenRequest } from '../protocol/index.ts';
import type { Sockets } from './launcher.ts';

/** One socket. */
interface Seat {
  readonly fd: number;
  /** Workers that have asked for it, by their slots; several may be in one for a while. */
  readonly users: Map<number, Set<number>>;
  /** Nobody comes any more: it is about to be closed. */
  unused: boolean;
}

/** The sockets at one address. */
interface Group {
  readonly key: string;
  /** As it was asked for. */
  readonly target: BindAddress;
  readonly address: Address;
  readonly options: ListenOptions;
  /** By slot; under `ALL` where they share one. */
  readonly seats: Map<number, Seat>;
  readonly shared: boolean;
  /** It was made here, or by an arbiter that has given it away: nobody else has it. */
  readonly own: boolean;
  /** Slots, as the kernel numbers their sockets. */
  readonly order: number[];
}

/** A group as a message: its sockets go along, one each, in this order. */
export interface GroupText {
  readonly key: string;
  readonly target: BindAddress;
  readonly address: Address;
  readonly options: ListenOptions;
  readonly shared: boolean;
  readonly own: boolean;
  readonly slots: readonly number[];
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
  open(slot: number, pid: number, request: Omit<ListenRequest, 'type'>): number {
    const { target, options } = request;
    const key = groupOf(request);
    const group = this.#groups.get(key);
    if (group === undefined) return this.#openFirst(key, slot, pid, target, options);
    const owner = group.shared ? ALL : slot;
    const known = group.seats.get(owner);
    if (known !== undefined && (!known.unused || !group.own)) {
      // An inherited one was not made deaf.
      known.unused = false;
      use(known, slot, pid);
      return known.fd;
    }
    if (known !== undefined) {
      // Somebody wants it again that is deaf already.
      this.#close(group, owner);
      return this.open(slot, pid, request);
    }
    const fd = this.#kernel.listen(group.address, { ...group.options, reusePort: true });
    if (fd >= 0) use(seat(group, slot, fd), slot, pid);
    return fd;
  }

  #openFirst(key: string, slot: number, pid: number, target: BindAddress, options: ListenOptions): number {
    const shared = target.family === 'unix' || target.family === 'fd';
    const reusePort = !shared && (this.#reusePort || 'first');
    const fd =
      target.family === 'fd'
        ? this.#kernel.adopt(target.fd)
        : this.#kernel.listen(target, { ...options, reusePort });
    if (fd < 0) return fd;
    const address = this.#kernel.localAddress(fd)!;
    const own = target.family !== 'fd';
    const group: Group = { key, target, address, options, shared, own, seats: new Map(), order: [] };
    use(seat(group, shared ? ALL : slot, fd), slot, pid);
    this.#groups.set(key, group);
    return fd;
  }

  /** Those of one slot alone. */
  *of(slot: number): Generator<readonly [group: string, fd: number]> {
    for (const { key, seats } of this.#groups.values()) {
      const found = seats.get(slot);
      if (found !== undefined) yield [key, found.fd];
    }
  }

  /** Where the kernel has no such programs, it goes on spreading by its hash, and nothing is lost but some time. */
  steer(slots: readonly number[]): void {
    for (const { shared, order, seats } of this.#groups.values()) {
      const places = slots.map((slot) => order.indexOf(slot)).filter((place) => place !== -1);
      if (!shared && order.length > 1 && places.length > 0) steer(seats.get(order[0]!)!.fd, places);
    }
  }

  stopListening(): void {
    for (const { seats } of this.#groups.values()) {
      for (const { fd } of seats.values()) this.#kernel.stopListening(fd);
    }
  }

  stopUnused(slot: number, pid: number): (() => void) | undefined {
    for (const [, , { users }] of this.#seatsOf(slot)) {
      // Who was here before needs none of them any more.
      if (users.get(slot)?.has(pid) === true) users.set(slot, new Set([pid]));
      else users.delete(slot);
    }
    const stopped = [...this.#seatsOf(slot)].filter(([, , { users, unused }]) => users.size === 0 && !unused);
    for (const [, , each] of stopped) {
      this.#kernel.stopListening(each.fd);
      each.unused = true;
    }
    if (stopped.length === 0) return undefined;
    return () => {
      for (const [group, owner, each] of stopped) {
        // Unless somebody has wanted it again.
        if (each.unused && group.seats.get(owner) === each) this.#close(group, owner);
      }
    };
  }

  /** What a worker in `slot` may have asked for, with whose it is: its slot's, or all slots'. */
  *#seatsOf(slot: number): Generator<readonly [Group, number, Seat]> {
    for (const group of this.#groups.values()) {
      const owner = group.shared ? ALL : slot;
      const found = group.seats.get(owner);
      if (found !== undefined) yield [group, owner, found];
    }
  }

  withdraw(slot: number, pid: number): void {
    for (const [group, owner, each] of [...this.#seatsOf(slot)]) {
      const pids = each.users.get(slot);
      if (pids?.delete(pid) === true && pids.size === 0) this.#leave(group, owner, each, slot);
    }
  }

  closeSlot(slot: number): void {
    for (const [group, owner, each] of [...this.#seatsOf(slot)]) {
      if (group.shared) this.#leave(group, owner, each, slot);
      else this.#close(group, owner);
    }
  }

  /** `slot` does not use it any more; who is the last to do so takes it along. */
  #leave(group: Group, owner: number, { fd, users }: Seat, slot: number): void {
    if (!users.delete(slot) || users.size > 0) return;
    // Removes the file of a unix socket.
    this.#kernel.stopListening(fd);
    this.#close(group, owner);
  }

  #close(group: Group, owner: number): void {
    this.#kernel.close(group.seats.get(owner)!.fd);
    group.seats.delete(owner);
    // So the kernel does it: the last one takes the place (net/core/sock_reuseport.c).
    const place = group.order.indexOf(owner);
    const last = group.order.pop()!;
    if (place < group.order.length) group.order[place] = last;
    if (group.seats.size === 0) this.#groups.delete(group.key);
  }

  close(): void {
    for (const { seats } of this.#groups.values())
      for (const { fd } of seats.values()) this.#kernel.close(fd);
    this.#groups.clear();
  }

  /** All groups with their descriptors, for another process that gets copies of them. */
  *handOut(): Generator<{ readonly text: GroupText; readonly descriptors: readonly number[] }> {
    for (const { key, target, address, options, shared, own, seats, order } of this.#groups.values()) {
      const descriptors = order.map((slot) => seats.get(slot)!.fd);
      yield { text: { key, target, address, options, shared, own, slots: order }, descriptors };
    }
  }

  /** Takes over a group that another process has handed out. */
  takeIn(
    { key, target, address, options, shared, own, slots }: GroupText,
    descriptors: readonly number[],
  ): void {
    const group: Group = { key, target, address, options, shared, own, seats: new Map(), order: [] };
    for (const [i, slot] of slots.entries()) seat(group, slot, descriptors[i]!);
    this.#groups.set(key, group);
  }

  /** The arbiter that they were taken over from has given them up: they are stopped, and files removed, by this one. */
  own(): void {
    for (const { own, address, seats } of this.#groups.values()) {
      if (own) for (const { fd } of seats.values()) claim(fd, address);
    }
  }

  get targets(): readonly BindAddress[] {
    return [...this.#groups.values()].map(({ target }) => target);
  }

  /** How many slots have sockets. */
  get slots(): number {
    const all = [...this.#groups.values()].flatMap(({ order }) => order);
    return Math.max(0, ...all) + (all.length === 0 ? 0 : 1);
  }
}

/** What all workers' requests for one address have in common. */
export function groupOf({ target, ordinal }: Pick<ListenRequest, 'target' | 'ordinal'>): string {
  return `${formatBind(target)} ${ordinal}`;
}

function seat(group: Group, owner: number, fd: number): Seat {
  const seat: Seat = { fd, users: new Map(), unused: false };
  group.seats.set(owner, seat);
  group.order.push(owner);
  return seat;
}

function use({ users }: Seat, slot: number, pid: number): void {
  const pids = users.get(slot);
  if (pids === undefined) users.set(slot, new Set([pid]));
  else pids.add(pid);
}
