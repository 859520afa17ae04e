// Who listens where, and the handshake between a client and a listener. One machine with its loopback and whatever
// addresses it is given; clients may come from anywhere.

import type { Address, InetAddress } from '../address.ts';
import { EADDRINUSE, EADDRNOTAVAIL, EAGAIN, ECONNREFUSED, ENOENT } from '../errors.ts';
import type { ListenOptions } from '../kernel.ts';
import { hostsOf, isLoopback, isWildcard, mapped } from './hosts.ts';
import { ListenSocket } from './listener.ts';
import { Pipe } from './pipe.ts';
import { CONNECTING, StreamSocket } from './stream.ts';
import type { Actor } from './timeline.ts';
import type { World } from './world.ts';

const SYN = 0;
const SYN_ACK = 1;
const ACK = 2;
/** tcp_syn_retries: seven SYNs, after 0, 1, 3, 7 ... 63 s; nobody answered when 127 s are over. */
const SYN_TRIES = 7;
const FIRST_EPHEMERAL_PORT = 32768;
const LAST_EPHEMERAL_PORT = 60999;
const DEFAULT_UNIX_MODE = 0o755;
const UNNAMED: Address = { family: 'unix', path: '' };

interface UnixFile {
  mode: number;
  /** Missing for a file that is no socket. */
  listener?: ListenSocket;
}

export class Network {
  readonly files = new Map<string, UnixFile>();
  readonly #world: World;
  readonly #ports = new Map<number, ListenSocket[]>();
  readonly #addresses: ReadonlySet<string>;
  #nextPort = FIRST_EPHEMERAL_PORT;

  constructor(world: World, addresses: readonly string[]) {
    this.#world = world;
    this.#addresses = new Set(addresses);
  }

  listen(address: Address, options: ListenOptions): ListenSocket | number {
    const local = address.family === 'unix' ? address : this.#bind(address, options);
    if (typeof local === 'number') return local;
    const listener = new ListenSocket(
      this.#world,
      local,
      options.backlog,
      options.reusePort === true,
      options.ipv6Only === true,
    );
    if (local.family === 'unix') {
      const file = this.files.get(local.path);
      if (file !== undefined && (file.listener === undefined || !file.listener.closed)) return -EADDRINUSE;
      this.files.set(local.path, { mode: options.mode ?? DEFAULT_UNIX_MODE, listener });
    } else {
      const others = this.#ports.get(local.port);
      if (others === undefined) this.#ports.set(local.port, [listener]);
      else others.push(listener);
    }
    return listener;
  }

  /** What has begun goes on; see the contract. */
  stopListening(listener: ListenSocket): void {
    const { local } = listener;
    listener.deaf = true;
    if (local.family === 'unix' && this.files.get(local.path)?.listener === listener)
      this.files.delete(local.path);
  }

  /** The file of a unix socket outlives its listener, as on Linux. */
  unlisten(listener: ListenSocket): void {
    listener.close();
    if (listener.local.family === 'unix') return;
    const sharing = this.#ports.get(listener.local.port)!;
    sharing.splice(sharing.indexOf(listener), 1);
    if (sharing.length === 0) this.#ports.delete(listener.local.port);
  }

  /** A new client socket, on its way to `address`; or the errno of a unix connect, which is decided at once. */
  connect(address: Address, from: Address | undefined): StreamSocket | number {
    if (address.family === 'unix') return this.#connectUnix(address);
    const remote = isWildcard(address.host)
      ? { ...address, host: address.family === 'inet' ? '127.0.0.1' : '::1' }
      : address;
    const local = from ?? { family: remote.family, host: remote.host, port: this.#ephemeralPort() };
    const { toServer, toClient } = this.#pipes(false);
    const client = new StreamSocket(this.#world, toClient, toServer, local, remote);
    const handshake = new Handshake(this.#world, this, client, remote);
    this.#world.timeline.schedule(this.#world.timeline.now + this.#world.delay(), handshake, SYN, 1);
    return client;
  }

  /** The listener that a connection to `address` reaches: the most exact one, or one of those that share the port. */
  route(address: InetAddress): ListenSocket | undefined {
    const listeners = this.#ports.get(address.port);
    if (listeners === undefined) return undefined;
    for (const host of hostsOf(address)) {
      const found = listeners.filter(
        (one) =>
          (one.local as InetAddress).host === host &&
          (address.family === 'inet6' || host !== '::' || !one.ipv6Only),
      );
      if (found.length > 0) return found[found.length === 1 ? 0 : this.#world.random.below(found.length)];
    }
    return undefined;
  }

  isReachable(host: string): boolean {
    return isLoopback(host) || isWildcard(host) || this.#addresses.has(host);
  }

  /** The server's end of `client`'s connection. */
  answer(client: StreamSocket, listener: ListenSocket): StreamSocket {
    this.#world.counters.connections++;
    const both = listener.local.family === 'inet6' && client.remote.family === 'inet';
    const local = both ? mapped(client.remote) : client.remote;
    const remote = both ? mapped(client.local as InetAddress) : client.local;
    return new StreamSocket(this.#world, client.output, client.input, local, remote);
  }

  #connectUnix(address: Address & { family: 'unix' }): StreamSocket | number {
    const file = this.files.get(address.path);
    if (file === undefined) return -ENOENT;
    const { listener } = file;
    if (listener === undefined || listener.closed) return -ECONNREFUSED;
    if (listener.full) return -EAGAIN;
    const { toServer, toClient } = this.#pipes(true);
    const client = new StreamSocket(this.#world, toClient, toServer, UNNAMED, address);
    const server = this.answer(client, listener);
    client.open();
    server.open();
    listener.enqueue(server);
    return client;
  }

  #bind(address: InetAddress, options: ListenOptions): InetAddress | number {
    if (!this.isReachable(address.host)) return -EADDRNOTAVAIL;
    if (address.port === 0) {
      for (let i = FIRST_EPHEMERAL_PORT; i <= LAST_EPHEMERAL_PORT; i++) {
        const port = this.#ephemeralPort();
        if (!this.#ports.has(port)) return { ...address, port };
      }
      return -EADDRINUSE;
    }
    for (const other of this.#ports.get(address.port) ?? []) {
      if (options.reusePort === true && other.reusePort) continue;
      if (overlap(address, options.ipv6Only === true, other)) return -EADDRINUSE;
    }
    return address;
  }

  #ephemeralPort(): number {
    const port = this.#nextPort;
    this.#nextPort = port === LAST_EPHEMERAL_PORT ? FIRST_EPHEMERAL_PORT : port + 1;
    return port;
  }

  #pipes(direct: boolean): { toServer: Pipe; toClient: Pipe } {
    const world = this.#world;
    const small = world.strikes(world.faults.smallBuffers) ? { min: 1, max: 512 } : undefined;
    const pipe = (): Pipe =>
      new Pipe(
        world,
        direct,
        world.draw(small ?? world.sendBuffer),
        world.draw(small ?? world.receiveBuffer),
      );
    const toServer = pipe();
    const toClient = pipe();
    if (!direct && world.strikes(world.faults.slowPeer)) {
      toServer.extraDelay = toClient.extraDelay = 100 * world.latency.max;
    }
    return { toServer, toClient };
  }
}

/** Whether two listeners would compete for the same connections. */
function overlap(a: InetAddress, aOnly: boolean, other: ListenSocket): boolean {
  const b = other.local as InetAddress;
  if (a.family === b.family) return a.host === b.host || isWildcard(a.host) || isWildcard(b.host);
  return a.family === 'inet6' ? a.host === '::' && !aOnly : b.host === '::' && !other.ipv6Only;
}

/** SYN, SYN/ACK, ACK: a connection on its way into an accept queue. */
class Handshake implements Actor {
  readonly world: World;
  readonly network: Network;
  readonly client: StreamSocket;
  readonly address: InetAddress;
  server: StreamSocket | undefined;
  listener: ListenSocket | undefined;

  constructor(world: World, network: Network, client: StreamSocket, address: InetAddress) {
    this.world = world;
    this.network = network;
    this.client = client;
    this.address = address;
  }

  happen(what: number, value: number): void {
    if (what === SYN) this.#synchronize(value);
    else if (what === SYN_ACK) this.client.open();
    else this.#enqueue();
  }

  #synchronize(attempt: number): void {
    const { client, world } = this;
    if (client.orphan || client.state !== CONNECTING) return;
    if (attempt > SYN_TRIES) {
      client.timeOut();
      return;
    }
    const listener = this.network.route(this.address);
    if (listener === undefined && this.network.isReachable(this.address.host)) {
      world.counters.refusedConnections++;
      client.input.reset();
      return;
    }
    if (listener === undefined || listener.deaf || listener.full || world.strikes(world.faults.droppedSyn)) {
      this.#later(1000 * 2 ** (attempt - 1), SYN, attempt + 1);
      return;
    }
    listener.handshakes++;
    this.listener = listener;
    this.server = this.network.answer(client, listener);
    const there = world.delay() + client.input.extraDelay;
    const back = there + world.delay() + client.output.extraDelay;
    // Bytes and resets of either end come after its part of the handshake.
    client.input.lastArrival = world.timeline.now + there;
    client.output.lastArrival = world.timeline.now + back;
    this.#later(there, SYN_ACK, 0);
    this.#later(back, ACK, 0);
  }

  #enqueue(): void {
    const listener = this.listener!;
    listener.handshakes--;
    this.server!.open();
    if (listener.closed) this.server!.close('reset');
    else listener.enqueue(this.server!);
  }

  #later(ms: number, what: number, value: number): void {
    this.world.timeline.schedule(this.world.timeline.now + ms, this, what, value);
  }
}
