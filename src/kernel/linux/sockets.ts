// The contract's calls for connections, one to one on libc's.

import type { Address } from '../address.ts';
import { EINPROGRESS, EINTR } from '../errors.ts';
import type { CloseKind } from '../kernel.ts';
import * as libc from './libc.ts';
import { check } from './libc.ts';
import { addressOf } from './memory.ts';
import { getOption, openSocket, setConnectionOptions } from './open-socket.ts';
import { disown } from './own-listeners.ts';
import { checkRange } from './range.ts';
import { decodeAddress, encodeAddress, SOCKADDR_SIZE } from './sockaddr.ts';

/** struct linger { l_onoff = 1, l_linger = 0 }: close(2) then sends RST and discards what is queued: socket(7). */
const LINGER_RESET = Buffer.from(new Int32Array([1, 0]).buffer);

// Filled by the kernel and read at once; nothing keeps a view of them.
const sockaddr = Buffer.alloc(SOCKADDR_SIZE);
const socklen = Buffer.alloc(4);

export function connect(address: Address): number {
  const encoded = encodeAddress(address);
  const fd = openSocket(address.family);
  if (fd < 0) return fd;
  if (address.family !== 'unix') setConnectionOptions(fd);
  const result = check(libc.connect(fd, encoded, encoded.length));
  // Interrupted, it goes on in the background as if in progress: connect(2).
  if (result < 0 && result !== -EINPROGRESS && result !== -EINTR) {
    libc.close(fd);
    return result;
  }
  return fd;
}

export function socketError(fd: number): number {
  const result = getOption(fd, libc.SO_ERROR);
  return result < 0 ? result : 0 - result;
}

function slice(bytes: Uint8Array, offset: number): Uint8Array {
  return offset === 0 ? bytes : bytes.subarray(offset);
}

export function recv(fd: number, bytes: Uint8Array, offset: number, length: number): number {
  checkRange(bytes, offset, length);
  const base = addressOf(bytes);
  for (;;) {
    const count =
      base === undefined
        ? libc.recv(fd, slice(bytes, offset), length, 0)
        : libc.recvTo(fd, base + offset, length, 0);
    if (count >= 0) return count;
    const errno = libc.errno();
    if (errno !== EINTR) return -errno;
  }
}

export function send(fd: number, bytes: Uint8Array, offset: number, length: number, more = false): number {
  checkRange(bytes, offset, length);
  const base = addressOf(bytes);
  const flags = more ? libc.MSG_NOSIGNAL | libc.MSG_MORE : libc.MSG_NOSIGNAL;
  for (;;) {
    const count =
      base === undefined
        ? libc.send(fd, slice(bytes, offset), length, flags)
        : libc.sendFrom(fd, base + offset, length, flags);
    if (count >= 0) return count;
    const errno = libc.errno();
    if (errno !== EINTR) return -errno;
  }
}

export function shutdown(fd: number): number {
  return check(libc.shutdown(fd, libc.SHUT_WR));
}

export function close(fd: number, kind: CloseKind = 'graceful'): number {
  if (kind === 'reset') libc.setsockopt(fd, libc.SOL_SOCKET, libc.SO_LINGER, LINGER_RESET, 8);
  disown(fd);
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
