// The simulated kernel: the contract's calls over the simulated network, with faults drawn at each, and what a test
// needs besides. `createSimKernel` in `index.ts` documents the options.

import type { Address } from '../address.ts';
import { EBADF, EINVAL, EMFILE, ENOENT, ENOTCONN, ENOTSOCK, EPERM, EPIPE, SystemError } from '../errors.ts';
import type { CloseKind, Kernel, ListenOptions, Poller } from '../kernel.ts';
import { acceptFrom, receiveFrom, sendTo } from './calls.ts';
import { type ClientEvents, type Pace, SimClient } from './client.ts';
import { Descriptors } from './descriptors.ts';
import { cachedOf, load, type OpenFile } from './files.ts';
import { checkAddress } from './hosts.ts';
import { Network } from './network.ts';
import { type PollerHost, SimPoller } from './poller.ts';
import type { Random } from './random.ts';
import type { Pollable } from './readiness.ts';
import type { StreamSocket } from './stream.ts';
import type { World } from './world.ts';

/** An open descriptor, for leak checks. */
export interface DescriptorInfo {
  readonly fd: number;
  readonly kind: 'stream' | 'listener' | 'file' | 'poller';
  readonly about: string;
}

export interface SimStatistics {
  /** Descriptors opened since the start, and open at this moment. */
  readonly opened: number;
  readonly open: number;
  readonly connections: number;
  readonly refusedConnections: number;
  readonly resets: number;
  readonly bytesSent: number;
  /** Faults that struck. */
  readonly faults: number;
  /** Calls and reports, the length of the trace. */
  readonly calls: number;
  /** Events of the network: arrivals, FINs, handshakes, steps of clients. */
  readonly events: number;
  /** A hash over every call with its result and time: equal for equal runs. */
  readonly fingerprint: number;
}

export class SimulatedKernel implements Kernel, PollerHost {
  readonly name = 'sim';
  /** Its files are its own. */
  readonly hasFiles = false;
  readonly world: World;
  readonly pollers: SimPoller[] = [];
  readonly #descriptors: Descriptors;
  readonly #network: Network;
  readonly #hosts: Map<string, readonly string[]>;
  readonly #bytes: Random;
  /** Listeners that `listen` made; others were adopted. */
  readonly #own = new Set<number>();
  #wallClockOffset: number;

  constructor(
    world: World,
    settings: {
      descriptorLimit: number;
      addresses: readonly string[];
      hosts: Readonly<Record<string, readonly string[]>>;
      wallClock: number;
      bytes: Random;
    },
  ) {
    this.world = world;
    this.#descriptors = new Descriptors(settings.descriptorLimit);
    this.#network = new Network(world, settings.addresses);
    this.#hosts = new Map(Object.entries(settings.hosts));
    this.#wallClockOffset = settings.wallClock - world.timeline.now;
    this.#bytes = settings.bytes;
  }

  monotonic(): number {
    return this.world.timeline.now;
  }

  wallClock(): number {
    return Math.floor(this.world.timeline.now + this.#wallClockOffset);
  }

  random(bytes: Uint8Array): void {
    this.#bytes.fill(bytes);
  }

  listen(address: Address, options: ListenOptions): number {
    const checked = checkAddress(address);
    if (this.#descriptors.full) return this.world.note('listen', 0, -EMFILE);
    const listener = this.#network.listen(checked, options);
    if (typeof listener === 'number') return this.world.note('listen', 0, listener);
    const fd = this.#descriptors.open(listener);
    this.#own.add(fd);
    return this.world.note('listen', 0, fd);
  }

  adopt(fd: number): number {
    const found = this.#descriptors.get(fd);
    if (found === undefined) return this.world.note('adopt', fd, -EBADF);
    if (found.kind === 'stream') return this.world.note('adopt', fd, -EINVAL);
    if (found.kind !== 'listener') return this.world.note('adopt', fd, -ENOTSOCK);
    this.#own.delete(fd);
    return this.world.note('adopt', fd, fd);
  }

  accept(fd: number): number {
    const { world } = this;
    const listener = this.#descriptors.get(fd);
    if (listener === undefined) return world.note('accept', fd, -EBADF);
    if (listener.kind === 'stream') return world.note('accept', fd, -EINVAL);
    if (listener.kind !== 'listener') return world.note('accept', fd, -ENOTSOCK);
    // The descriptor is taken first: a full table fails whether a connection waits or not.
    if (this.#descriptors.full) return world.note('accept', fd, -EMFILE);
    const found = acceptFrom(world, listener);
    return world.note('accept', fd, typeof found === 'number' ? found : this.#descriptors.open(found));
  }

  stopListening(fd: number): number {
    const listener = this.#descriptors.get(fd);
    const own = listener?.kind === 'listener' && this.#own.has(fd);
    if (own) this.#network.stopListening(listener);
    return this.world.note('stopListening', fd, own ? 0 : -EPERM);
  }

  connect(address: Address): number {
    const checked = checkAddress(address);
    if (this.#descriptors.full) return this.world.note('connect', 0, -EMFILE);
    const socket = this.#network.connect(checked, undefined);
    return this.world.note(
      'connect',
      0,
      typeof socket === 'number' ? socket : this.#descriptors.open(socket),
    );
  }

  socketError(fd: number): number {
    const socket = this.#descriptors.get(fd);
    if (socket?.kind === 'stream') return this.world.note('socketError', fd, socket.takeError());
    if (socket?.kind === 'listener') return 0;
    return socket === undefined ? -EBADF : -ENOTSOCK;
  }

  allocate(size: number): Buffer {
    return Buffer.alloc(size);
  }

  recv(fd: number, bytes: Uint8Array, offset: number, length: number): number {
    checkRange(bytes, offset, length);
    const socket = this.#stream(fd, ENOTCONN, EINVAL);
    const count =
      typeof socket === 'number' ? socket : receiveFrom(this.world, socket, bytes, offset, length);
    return this.world.note('recv', fd, count);
  }

  send(fd: number, bytes: Uint8Array, offset: number, length: number): number {
    checkRange(bytes, offset, length);
    return this.world.note('send', fd, this.#send(fd, bytes, offset, length));
  }

  sendfile(fd: number, file: number, position: number, length: number): number {
    const source = this.#descriptors.get(file);
    if (source === undefined) return this.world.note('sendfile', fd, -EBADF);
    if (source.kind !== 'file' || position < 0) return this.world.note('sendfile', fd, -EINVAL);
    const count = Math.max(0, Math.min(length, source.contents.length - position));
    return this.world.note('sendfile', fd, this.#send(fd, source.contents, position, count));
  }

  cached(file: number, position: number, length: number): number {
    return this.world.note('cached', file, cachedOf(this.world, this.#file(file), position, length));
  }

  readCached(file: number, position: number, bytes: Uint8Array, offset: number, length: number): number {
    checkRange(bytes, offset, length);
    const source = this.#file(file);
    const count = cachedOf(this.world, source, position, length);
    if (count > 0) bytes.set(source!.contents.subarray(position, position + count), offset);
    return this.world.note('readCached', file, count);
  }

  load(file: number, position: number, length: number, done: (count: number) => void): void {
    load(this.world, this.#file(file), position, length, done);
  }

  #file(fd: number): OpenFile | undefined {
    const found = this.#descriptors.get(fd);
    return found?.kind === 'file' ? found : undefined;
  }

  shutdown(fd: number): number {
    const socket = this.#stream(fd, 0, 0);
    return this.world.note('shutdown', fd, typeof socket === 'number' ? socket : socket.shutdown());
  }

  close(fd: number, kind: CloseKind = 'graceful'): number {
    const found = this.#descriptors.get(fd);
    if (found === undefined) return this.world.note('close', fd, -EBADF);
    for (const poller of this.pollers) {
      if (poller.watches[fd] !== undefined) {
        throw new Error(`close(${fd}): a poller still watches it; call remove(${fd}) first`);
      }
    }
    if (found.kind === 'file' && found.loading > 0) {
      throw new Error(`close(${fd}): the disk is still read for it; wait until load has called back`);
    }
    this.#own.delete(fd);
    this.#descriptors.close(fd);
    if (found.references === 0) {
      if (found.kind === 'stream') found.close(kind);
      else if (found.kind === 'listener') this.#network.unlisten(found);
    }
    return this.world.note('close', fd, 0);
  }

  localAddress(fd: number): Address | undefined {
    const socket = this.#descriptors.get(fd);
    return socket?.kind === 'stream' || socket?.kind === 'listener' ? socket.local : undefined;
  }

  /** Undefined for a connection that is not open, as on Linux: a TCP peer that is gone has no name any more. */
  peerAddress(fd: number): Address | undefined {
    const socket = this.#descriptors.get(fd);
    return socket?.kind === 'stream' ? socket.peer() : undefined;
  }

  resolve(host: string, port: number): Promise<readonly Address[]> {
    const literal = host.includes(':') || /^\d+\.\d+\.\d+\.\d+$/.test(host);
    const found = literal ? [host] : this.#hosts.get(host.toLowerCase());
    if (found === undefined || found.length === 0) {
      return Promise.reject(new SystemError('resolve', -ENOENT, host));
    }
    return Promise.resolve(
      found.map((each) => ({ family: each.includes(':') ? 'inet6' : 'inet', host: each, port })),
    );
  }

  createPoller(): Poller {
    if (this.#descriptors.full) throw new SystemError('epoll_create1', -EMFILE);
    const poller = new SimPoller(this, this.#descriptors.open({ kind: 'poller', references: 0 }));
    this.pollers.push(poller);
    return poller;
  }

  /** For {@link SimPoller}: what a descriptor refers to, or why it cannot be watched. */
  pollable(fd: number): Pollable | number {
    const found = this.#descriptors.get(fd);
    if (found === undefined) return -EBADF;
    return found.kind === 'stream' || found.kind === 'listener' ? found : -EPERM;
  }

  closePoller(poller: SimPoller): void {
    this.pollers.splice(this.pollers.indexOf(poller), 1);
    this.#descriptors.close(poller.fd);
  }

  /** A connection from a peer that the test drives. `from` is the address that the server sees. */
  client(address: Address, options: ClientEvents & { from?: Address; pace?: Pace } = {}): SimClient {
    const { world } = this;
    const socket = this.#network.connect(checkAddress(address), options.from);
    const slow = options.pace === undefined && world.strikes(world.faults.slowPeer);
    const pace = slow
      ? { bytes: 1 + world.random.below(64), every: 1 + world.random.below(20) }
      : options.pace;
    return new SimClient(world, socket, options, pace);
  }

  /** Lets `ms` of virtual time pass, as a handler that computes for so long would. Returns nothing: `wait` tells. */
  elapse(ms: number): void {
    this.world.timeline.advance(this.world.timeline.now + ms);
  }

  /** Calls `action` after `ms` of virtual time, while the program under test waits; that `wait` then returns. */
  after(ms: number, action: () => void): void {
    const { world } = this;
    const happen = (): void => {
      world.testRan = true;
      action();
    };
    world.timeline.schedule(world.timeline.now + ms, { happen }, 0, 0);
  }

  /** Sets the wall clock, as an administrator or NTP would; the monotonic clock goes on undisturbed. */
  setWallClock(ms: number): void {
    this.#wallClockOffset = ms - this.world.timeline.now;
  }

  /** What `resolve` answers for a name. No addresses: the name is unknown. */
  setHost(name: string, addresses: readonly string[]): void {
    this.#hosts.set(name.toLowerCase(), addresses);
  }

  /** Opens an in-memory regular file for `sendfile`. */
  openFile(contents: Uint8Array): number {
    return this.#descriptors.open({ kind: 'file', contents, loaded: 0, loading: 0, references: 0 });
  }

  /** Makes an open file shorter, as another program would. */
  truncateFile(fd: number, length: number): void {
    const file = this.#file(fd);
    if (file !== undefined) file.contents = file.contents.subarray(0, length);
  }

  /** Another descriptor of the same socket, as an arbiter or a child process holds one. */
  duplicate(fd: number): number {
    const found = this.#descriptors.get(fd);
    if (found === undefined) return -EBADF;
    return this.#descriptors.full ? -EMFILE : this.#descriptors.open(found);
  }

  /** Resets the connection of `fd` on both sides, as a router that forgot it would. */
  breakConnection(fd: number): void {
    const socket = this.#descriptors.get(fd);
    if (socket?.kind !== 'stream') throw new Error(`fd ${fd} is not a connection`);
    socket.breakConnection();
  }

  /** Permission bits of a unix socket's or other file; undefined where there is none. */
  fileMode(path: string): number | undefined {
    return this.#network.files.get(path)?.mode;
  }

  /** A file at `path` that is no socket. */
  createFile(path: string): void {
    this.#network.files.set(path, { mode: 0o644 });
  }

  openDescriptors(): readonly DescriptorInfo[] {
    return Array.from(this.#descriptors, ([fd, open]) => ({
      fd,
      kind: open.kind,
      about: open.kind === 'stream' || open.kind === 'listener' ? open.describe() : open.kind,
    }));
  }

  statistics(): SimStatistics {
    const { counters, fingerprint, timeline } = this.world;
    return {
      ...counters,
      opened: this.#descriptors.opened,
      open: this.openDescriptors().length,
      events: timeline.happened,
      fingerprint: fingerprint >>> 0,
    };
  }

  #send(fd: number, bytes: Uint8Array, offset: number, length: number): number {
    const socket = this.#stream(fd, EPIPE, ENOTCONN);
    return typeof socket === 'number' ? socket : sendTo(this.world, socket, bytes, offset, length);
  }

  /** The connection behind `fd`, or the errno of the call: a TCP and a unix listener have words of their own. */
  #stream(fd: number, ofListener: number, ofUnixListener: number): StreamSocket | number {
    const found = this.#descriptors.get(fd);
    if (found === undefined) return -EBADF;
    if (found.kind === 'stream') return found;
    if (found.kind !== 'listener') return -ENOTSOCK;
    return 0 - (found.local.family === 'unix' ? ofUnixListener : ofListener);
  }
}

function checkRange(bytes: Uint8Array, offset: number, length: number): void {
  if (!(offset >= 0 && length >= 0 && offset + length <= bytes.length)) {
    throw new RangeError(`bytes ${offset} to ${offset + length} are outside a buffer of ${bytes.length}`);
  }
}
