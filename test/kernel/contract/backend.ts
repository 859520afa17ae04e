// What the contract suite needs of a backend besides its `Kernel`, and the rig that each test builds on it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Address,
  EAGAIN,
  errnoName,
  type InetAddress,
  type Kernel,
  type Poller,
  READABLE,
  WRITABLE,
} from '../../../src/kernel/index.ts';

export interface KernelBackend {
  readonly name: string;
  create(): Kernel;
  /** Lets everything that is on its way arrive. */
  settle(kernel: Kernel): void;
  /** A path at which there is no file yet. */
  unixPath(): string;
  /** Permission bits of the file at `path`; undefined where there is none. */
  fileMode(path: string): number | undefined;
  /** Puts a file that is no socket at `path`, in place of what is there. */
  createFile(path: string): void;
  /** A descriptor of a regular file with these contents. */
  openFile(kernel: Kernel, contents: Uint8Array): number;
}

export type Family = 'inet' | 'unix';

/** More than any test's report takes; one that does not come at all fails here. */
const PATIENCE_MS = 2000;
const TRIES = 20;
const BACKLOG = 16;

/** A kernel for one test, a poller for its waits, and every descriptor that it opened. */
export class Rig {
  readonly backend: KernelBackend;
  readonly kernel: Kernel;
  readonly #descriptors = new Set<number>();
  readonly #pollers: Poller[] = [];

  constructor(backend: KernelBackend) {
    this.backend = backend;
    this.kernel = backend.create();
  }

  /** Checks a descriptor or count, and closes it when the test ends where it is a descriptor. */
  own(fd: number): number {
    assert.ok(fd >= 0, `expected a descriptor, got ${errnoName(fd)}`);
    this.#descriptors.add(fd);
    return fd;
  }

  poller(): Poller {
    const poller = this.kernel.createPoller();
    this.#pollers.push(poller);
    return poller;
  }

  settle(): void {
    this.backend.settle(this.kernel);
  }

  address(family: Family): Address {
    return family === 'unix'
      ? { family, path: this.backend.unixPath() }
      : { family, host: '127.0.0.1', port: 0 };
  }

  /** A listener, and the address at which to connect to it. */
  listen(address: Address, backlog = BACKLOG): [listener: number, address: Address] {
    const listener = this.own(this.kernel.listen(address, { backlog }));
    return [listener, this.kernel.localAddress(listener)!];
  }

  /** A client of `address`, connected. */
  connect(address: Address): number {
    const client = this.own(this.kernel.connect(address));
    this.waitFor(client, WRITABLE);
    assert.ok(this.kernel.socketError(client) === 0);
    return client;
  }

  /** The next connection of `listener`. */
  accept(listener: number): number {
    this.waitFor(listener, READABLE);
    return this.own(this.kernel.accept(listener));
  }

  /** Both ends of a new connection. */
  pair(family: Family): [client: number, server: number] {
    const [listener, address] = this.listen(this.address(family));
    const client = this.connect(address);
    const server = this.accept(listener);
    this.close(listener);
    return [client, server];
  }

  close(fd: number, kind?: 'graceful' | 'reset'): void {
    this.#descriptors.delete(fd);
    assert.equal(this.kernel.close(fd, kind), 0);
  }

  /** Waits until `fd` is ready in one of these ways, and says in which ways it is. */
  waitFor(fd: number, flags: number): number {
    const poller = this.kernel.createPoller();
    assert.equal(poller.add(fd, fd, flags & WRITABLE), 0);
    try {
      return expectReport(poller, fd, flags);
    } finally {
      poller.close();
    }
  }

  send(fd: number, text: string): number {
    const bytes = Buffer.from(text, 'latin1');
    return this.kernel.send(fd, bytes, 0, bytes.length);
  }

  /** One `recv`, after everything has arrived: text, or the name of the errno, or '' for the peer's FIN. */
  recv(fd: number, length = 65536): string {
    this.settle();
    const bytes = Buffer.alloc(length);
    const count = this.kernel.recv(fd, bytes, 0, length);
    return count < 0 ? errnoName(count) : bytes.toString('latin1', 0, count);
  }

  /** Sends until the kernel takes no more, and says how much it took. */
  fill(fd: number): number {
    const bytes = new Uint8Array(65536).fill(120);
    let total = 0;
    // The peer's kernel takes some over while we write; only when it has stopped is everything full.
    for (let idle = 0; idle < 3; ) {
      const count = this.kernel.send(fd, bytes, 0, bytes.length);
      if (count > 0) {
        total += count;
        idle = 0;
      } else {
        assert.equal(errnoName(count), 'EAGAIN');
        this.settle();
        idle++;
      }
    }
    return total;
  }

  /** Receives and drops everything that is there. */
  drain(fd: number): number {
    const bytes = new Uint8Array(65536);
    let total = 0;
    for (let idle = 0; idle < 3; ) {
      const count = this.kernel.recv(fd, bytes, 0, bytes.length);
      if (count > 0) {
        total += count;
        idle = 0;
      } else if (count === -EAGAIN) {
        this.settle();
        idle++;
      } else return total;
    }
    return total;
  }

  finish(): void {
    for (const poller of this.#pollers) poller.close();
    for (const fd of this.#descriptors) this.kernel.close(fd);
  }
}

/** Waits for a report of `token` with any of `flags`, and returns all of its flags. A wait may end early and empty. */
export function expectReport(poller: Poller, token: number, flags: number): number {
  let empty = 0;
  for (let tries = 0; tries < TRIES && empty < 2; tries++) {
    const count = poller.wait(PATIENCE_MS);
    if (count === 0) empty++;
    for (let i = 0; i < count; i++) {
      if (poller.token(i) === token && (poller.flags(i) & flags) !== 0) return poller.flags(i);
    }
  }
  return assert.fail(`token ${token} was never reported with any of flags ${flags}`);
}

/** All that is reported without waiting, as `[token, flags]`, in the order of the tokens. */
export function reports(poller: Poller): [token: number, flags: number][] {
  const count = poller.wait(0);
  const found: [number, number][] = [];
  for (let i = 0; i < count; i++) found.push([poller.token(i), poller.flags(i)]);
  return found.sort((a, b) => a[0] - b[0]);
}

export function portOf(address: Address): number {
  return (address as InetAddress).port;
}

/** Registers one test with a rig of its own, taken down when it ends. */
export function promise(
  backend: KernelBackend,
  name: string,
  check: (rig: Rig) => void | Promise<void>,
): void {
  test(name, async () => {
    const rig = new Rig(backend);
    try {
      await check(rig);
    } finally {
      rig.finish();
    }
  });
}
