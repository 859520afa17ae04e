// The socket calls of the contract, one to one on libc's. Every descriptor is born close-on-exec: without it a
// program that the app spawns would keep listeners and clients open.

import { chmodSync, lstatSync, rmSync } from 'node:fs';
import type { Address } from '../address.ts';
import { EADDRINUSE, ECONNABORTED, ECONNREFUSED, EINPROGRESS, EINTR } from '../errors.ts';
import type { CloseKind, ListenOptions } from '../kernel.ts';
import * as libc from './libc.ts';
import { decodeAddress, encodeAddress, SOCKADDR_SIZE } from './sockaddr.ts';

const FAMILY = { inet: libc.AF_INET, inet6: libc.AF_INET6, unix: libc.AF_UNIX } as const;
const STREAM = libc.SOCK_STREAM | libc.SOCK_NONBLOCK | libc.SOCK_CLOEXEC;
const ON = Buffer.from(new Int32Array([1]).buffer);
const OFF = Buffer.from(new Int32Array([0]).buffer);
/** struct linger { l_onoff = 1, l_linger = 0 }: close(2) then sends RST and discards what is queued: socket(7). */
const LINGER_RESET = Buffer.from(new Int32Array([1, 0]).buffer);

// Filled by the kernel and read at once; nothing keeps a view of them.
const sockaddr = Buffer.alloc(SOCKADDR_SIZE);
const socklen = Buffer.alloc(4);
const intResult = Buffer.alloc(4);
const fileOffset = Buffer.alloc(8);

/** A negative errno where a call returned -1, its result otherwise. Pass the call itself, so that nothing intervenes. */
function check(result: number): number {
  return result < 0 ? -libc.errno() : result;
}

export function listen(address: Address, options: ListenOptions): number {
  const encoded = encodeAddress(address);
  const fd = check(libc.socket(FAMILY[address.family], STREAM, 0));
  if (fd < 0) return fd;
  const failure = prepare(fd, address, encoded, options);
  if (failure < 0) {
    libc.close(fd);
    return failure;
  }
  return fd;
}

/** Bound before its file's mode is set, listening after: nobody can connect to a socket that does not listen. */
function prepare(fd: number, address: Address, encoded: Buffer, options: ListenOptions): number {
  if (address.family !== 'unix') {
    libc.setsockopt(fd, libc.SOL_SOCKET, libc.SO_REUSEADDR, ON, 4);
    // Accepted sockets inherit it (tcp(7)), which saves a call for each of them.
    libc.setsockopt(fd, libc.IPPROTO_TCP, libc.TCP_NODELAY, ON, 4);
    if (options.reusePort) libc.setsockopt(fd, libc.SOL_SOCKET, libc.SO_REUSEPORT, ON, 4);
    if (address.family === 'inet6') {
      libc.setsockopt(fd, libc.IPPROTO_IPV6, libc.IPV6_V6ONLY, options.ipv6Only ? ON : OFF, 4);
    }
  }
  let bound = check(libc.bind(fd, encoded, encoded.length));
  if (bound === -EADDRINUSE && address.family === 'unix' && isStale(address.path, encoded)) {
    rmSync(address.path, { force: true });
    bound = check(libc.bind(fd, encoded, encoded.length));
  }
  if (bound < 0) return bound;
  if (address.family === 'unix' && options.mode !== undefined) chmodSync(address.path, options.mode);
  return check(libc.listen(fd, options.backlog));
}

/**
 * A unix socket's file that nobody listens on was left by a crash: connecting to it is refused. So is connecting to an
 * ordinary file, which must never be removed.
 */
function isStale(path: string, encoded: Buffer): boolean {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return false;
  const probe = check(libc.socket(libc.AF_UNIX, STREAM, 0));
  if (probe < 0) return false;
  const result = check(libc.connect(probe, encoded, encoded.length));
  libc.close(probe);
  return result === -ECONNREFUSED;
}

export function adopt(fd: number): number {
  const descriptorFlags = check(libc.fcntl(fd, libc.F_GETFD, 0));
  if (descriptorFlags < 0) return descriptorFlags;
  const statusFlags = check(libc.fcntl(fd, libc.F_GETFL, 0));
  if (statusFlags < 0) return statusFlags;
  const named = localAddress(fd);
  if (named === undefined) return check(libc.getsockname(fd, sockaddr, lengthOf(SOCKADDR_SIZE)));
  libc.fcntl(fd, libc.F_SETFD, descriptorFlags | libc.FD_CLOEXEC);
  libc.fcntl(fd, libc.F_SETFL, statusFlags | libc.O_NONBLOCK);
  if (named.family !== 'unix') libc.setsockopt(fd, libc.IPPROTO_TCP, libc.TCP_NODELAY, ON, 4);
  return fd;
}

/** accept(2) hands pending network errors of the new connection to the caller, who is to try again. */
export function accept(listener: number): number {
  for (;;) {
    const fd = check(libc.accept4(listener, null, null, libc.SOCK_NONBLOCK | libc.SOCK_CLOEXEC));
    if (fd !== -ECONNABORTED && fd !== -EINTR) return fd;
  }
}

export function connect(address: Address): number {
  const encoded = encodeAddress(address);
  const fd = check(libc.socket(FAMILY[address.family], STREAM, 0));
  if (fd < 0) return fd;
  if (address.family !== 'unix') libc.setsockopt(fd, libc.IPPROTO_TCP, libc.TCP_NODELAY, ON, 4);
  const result = check(libc.connect(fd, encoded, encoded.length));
  // Interrupted, it goes on in the background as if in progress: connect(2).
  if (result < 0 && result !== -EINPROGRESS && result !== -EINTR) {
    libc.close(fd);
    return result;
  }
  return fd;
}

export function socketError(fd: number): number {
  const result = check(libc.getsockopt(fd, libc.SOL_SOCKET, libc.SO_ERROR, intResult, lengthOf(4)));
  return result < 0 ? result : 0 - intResult.readInt32LE(0);
}

// koffi checks no lengths: what passes here is inside the array, or never reaches the kernel.
function slice(bytes: Uint8Array, offset: number, length: number): Uint8Array {
  if (!(offset >= 0 && length >= 0 && offset + length <= bytes.length)) {
    throw new RangeError(`bytes ${offset} to ${offset + length} are outside a buffer of ${bytes.length}`);
  }
  return offset === 0 ? bytes : bytes.subarray(offset);
}

export function recv(fd: number, bytes: Uint8Array, offset: number, length: number): number {
  const target = slice(bytes, offset, length);
  for (;;) {
    const count = libc.recv(fd, target, length, 0);
    if (count >= 0) return count;
    const errno = libc.errno();
    if (errno !== EINTR) return -errno;
  }
}

export function send(fd: number, bytes: Uint8Array, offset: number, length: number): number {
  const source = slice(bytes, offset, length);
  for (;;) {
    const count = libc.send(fd, source, length, libc.MSG_NOSIGNAL);
    if (count >= 0) return count;
    const errno = libc.errno();
    if (errno !== EINTR) return -errno;
  }
}

export function sendfile(fd: number, file: number, position: number, length: number): number {
  for (;;) {
    fileOffset.writeBigInt64LE(BigInt(position), 0);
    const count = check(libc.sendfile(fd, file, fileOffset, length));
    if (count !== -EINTR) return count;
  }
}

export function shutdown(fd: number): number {
  return check(libc.shutdown(fd, libc.SHUT_WR));
}

export function close(fd: number, kind: CloseKind = 'graceful'): number {
  if (kind === 'reset') libc.setsockopt(fd, libc.SOL_SOCKET, libc.SO_LINGER, LINGER_RESET, 8);
  // Linux frees the descriptor even where close is interrupted, so it is never tried again: close(2).
  return check(libc.close(fd));
}

export function localAddress(fd: number): Address | undefined {
  return libc.getsockname(fd, sockaddr, lengthOf(SOCKADDR_SIZE)) < 0
    ? undefined
    : decodeAddress(sockaddr, socklen.readUInt32LE(0));
}

export function peerAddress(fd: number): Address | undefined {
  return libc.getpeername(fd, sockaddr, lengthOf(SOCKADDR_SIZE)) < 0
    ? undefined
    : decodeAddress(sockaddr, socklen.readUInt32LE(0));
}

function lengthOf(size: number): Buffer {
  socklen.writeUInt32LE(size, 0);
  return socklen;
}
