// The one seam to the operating system. `loop` and `net` want nothing of the world but what is declared here, so
// the same server runs on Linux (`linux/`), on a simulated network and clock (`sim/`), and on Node's own sockets
// (`node/`, which has clocks but no descriptors).
//
// Calls never block and never throw for what the world does: they return a count or descriptor (>= 0), or a
// negative errno such as `-EAGAIN`. They throw only for a mistake of the caller (an offset outside the buffer).

import type { Address } from './address.ts';

/** Options of {@link Kernel.listen}. */
export interface ListenOptions {
  /** Connections the kernel queues before `accept`: listen(2). */
  readonly backlog: number;
  /**
   * SO_REUSEPORT: several sockets share the port, and the kernel spreads connections over them. `first`: nobody has the port
   * yet, or it fails; from then on others may join.
   */
  readonly reusePort?: boolean | 'first';
  /** IPV6_V6ONLY: an IPv6 socket that takes no IPv4 connection. */
  readonly ipv6Only?: boolean;
  /** Permission bits of a unix socket's file, e.g. `0o600`. */
  readonly mode?: number;
}

/** How a connection is closed by {@link Kernel.close}: with FIN, or with RST so that the peer knows bytes are lost. */
export type CloseKind = 'graceful' | 'reset';

/** Readiness bits, as a poller reports them. */
export const READABLE = 1;
export const WRITABLE = 2;
/** The peer has shut down its writing side (FIN): what it sent before can still be read. */
export const PEER_CLOSED = 4;
/** The connection is gone in both directions (RST, or both sides shut down): `recv` or `socketError` tells. */
export const HANGUP = 8;

export interface Kernel {
  readonly name: 'linux' | 'sim' | 'node';

  /** Milliseconds, with a fraction, from an arbitrary start; never goes back. */
  monotonic(): number;
  /** Milliseconds since 1970 (UTC): what `Date.now()` says, or the simulation's. */
  wallClock(): number;
  /** Fills `bytes` with randomness; in a simulation, from its seed. */
  random(bytes: Uint8Array): void;

  /** A new listening socket: close-on-exec, non-blocking, SO_REUSEADDR. A stale unix socket file is replaced. */
  listen(address: Address, options: ListenOptions): number;
  /**
   * Makes an inherited listener ours: non-blocking, close-on-exec. What is none is refused, as accept(2) would: `-ENOTSOCK`,
   * `-EOPNOTSUPP` for other sockets than those of streams, `-EINVAL` for one that does not listen.
   */
  adopt(fd: number): number;
  /** The next queued connection: close-on-exec, non-blocking, TCP_NODELAY. `-EAGAIN` when there is none. */
  accept(listener: number): number;
  /**
   * A listener of {@link Kernel.listen} takes no new connections, while those begun can still be accepted: a handshake
   * under way ends in the queue. Who comes later gets no answer until the listener is closed, and tries again (TCP), or
   * finds no file (a unix socket's is removed, if it is still the one that `listen` made). Closing at once would reset
   * whatever is between its client's connect and our accept. `-EPERM` for an adopted descriptor: others may listen
   * on its socket, and nothing changes.
   */
  stopListening(listener: number): number;
  /** Starts a connection; wait until it is writable, then ask {@link Kernel.socketError}. */
  connect(address: Address): number;
  /** SO_ERROR: `0`, or the negative errno with which the connection failed. */
  socketError(fd: number): number;

  /** Memory, not cleared, that `recv` and `send` find sooner than other arrays: for buffers that are used again and again. */
  allocate(size: number): Buffer;
  /** Bytes received into `bytes[offset .. offset + length)`; `0` is the peer's FIN. */
  recv(fd: number, bytes: Uint8Array, offset: number, length: number): number;
  /**
   * Bytes of `bytes[offset .. offset + length)` that the kernel took. Never raises SIGPIPE. `more`: something follows at
   * once, and may leave in the same packet (MSG_MORE).
   */
  send(fd: number, bytes: Uint8Array, offset: number, length: number, more?: boolean): number;
  /** No more will be sent: the peer reads to the end and gets FIN. */
  shutdown(fd: number): number;
  close(fd: number, kind?: CloseKind): number;

  /** Whether descriptors of `node:fs` are descriptors of this kernel, and `file` below may be one of them. */
  readonly hasFiles: boolean;
  /**
   * Bytes sent from `file` (a regular file's descriptor) at `position`; 0 where the file has ended. Waits for the disk
   * where the bytes are not in memory: ask {@link Kernel.cached} first.
   */
  sendfile(fd: number, file: number, position: number, length: number): number;
  /**
   * How many of the `length` bytes of `file` at `position` are in memory, in a row; 0 where the file has ended. `-EAGAIN`:
   * the first is not, and reading it would wait for the disk. `-EOPNOTSUPP`: the file system can't tell.
   */
  cached(file: number, position: number, length: number): number;
  /** As `recv`, from `file` at `position`, and from memory alone: what {@link Kernel.cached} refuses is refused. */
  readCached(file: number, position: number, bytes: Uint8Array, offset: number, length: number): number;
  /**
   * Brings bytes of `file` into memory, `length` at most, while other things go on. Calls `done` later with their count,
   * 0 at the file's end, or a negative errno. `file` must stay open until then.
   */
  load(file: number, position: number, length: number, done: (count: number) => void): void;

  localAddress(fd: number): Address | undefined;
  peerAddress(fd: number): Address | undefined;
  /** Addresses of a host name, in the order to try them; rejects with a `SystemError` where it has none. */
  resolve(host: string, port: number): Promise<readonly Address[]>;

  createPoller(): Poller;
}

/**
 * Tells which descriptors became ready. Edge-triggered: one report per change, so the caller keeps a flag and
 * reads or writes until `-EAGAIN` (or a short count) before it waits again.
 *
 * A report carries the `token` given to `add`: a descriptor's number is reused at once after `close`, so the number
 * alone could wake the wrong connection.
 */
export interface Poller {
  /** Watches `fd` for READABLE (always), and for WRITABLE where `interest` has it. Returns 0 or a negative errno. */
  add(fd: number, token: number, interest: number): number;
  /** Changes the interest of a watched descriptor. An already true condition is reported again. */
  modify(fd: number, token: number, interest: number): number;
  /** Must come before `close(fd)`. */
  remove(fd: number): number;
  /**
   * Collects reports, and returns how many; read them with `token(i)` and `flags(i)` before the next call.
   * Waits at most `timeout` milliseconds (0: not at all; -1: for ever).
   */
  wait(timeout: number): number;
  token(index: number): number;
  flags(index: number): number;
  /**
   * Calls `onReady` from Node's event loop when `wait(0)` would return something; only where `attach` is possible.
   * `onReady` must not throw.
   */
  attach?(onReady: () => void): Attachment;
  close(): void;
}

/** A poller's place in Node's event loop. Keep a reference to it: a collected one falls silent. */
export interface Attachment {
  /** Whether it keeps the process alive. */
  ref(): void;
  unref(): void;
  close(): void;
}
