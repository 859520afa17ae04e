// A channel between two processes: messages that stay whole, each with a descriptor if need be. unix(7): SOCK_SEQPACKET
// keeps messages apart, and SCM_RIGHTS hands over a descriptor, a listening socket's say, to a process that runs already.

import { Buffer } from 'node:buffer';
import { EAGAIN, EINTR } from '../errors.ts';
import * as libc from './libc.ts';
import { check } from './libc.ts';

/** Bytes of a message, at most. What the kernel takes by default (net.core.wmem_default) is more. */
export const MESSAGE_LIMIT = 128 * 1024;

/** struct cmsghdr { size_t cmsg_len; int cmsg_level; int cmsg_type; } and one int, padded: cmsg(3). */
const CONTROL_SIZE = 24;
const CONTROL_LENGTH = 20n;
/** The padding has room for a second descriptor, and the kernel fills it where somebody sends two. */
const TWO_DESCRIPTORS = 24n;
const SCM_RIGHTS = 1;

const control = Buffer.alloc(CONTROL_SIZE);
/** struct iovec { void *iov_base; size_t iov_len; } */
const vector = Buffer.alloc(16);
/**
 * struct msghdr { void *msg_name; socklen_t msg_namelen; struct iovec *msg_iov; size_t msg_iovlen; void *msg_control;
 * size_t msg_controllen; int msg_flags; }, each aligned to eight bytes.
 */
const header = Buffer.alloc(56);

/** What `receiveMessage` returns. */
export interface Received {
  /** Bytes; 0 where nobody is left to send; a negative errno. */
  readonly size: number;
  /** A descriptor that came along, close-on-exec, or -1. */
  readonly descriptor: number;
}

/** Two ends, both close-on-exec: hand one to a child by its `stdio`. Throws nothing: an end below 0 is a negative errno. */
export function createChannel(): readonly [number, number] {
  const ends = Buffer.alloc(8);
  const type = libc.SOCK_SEQPACKET | libc.SOCK_CLOEXEC;
  const failure = check(libc.socketpair(libc.AF_UNIX, type, 0, ends));
  return failure < 0 ? [failure, failure] : [ends.readInt32LE(0), ends.readInt32LE(4)];
}

/**
 * Sends one message, and a copy of `descriptor` with it. 0, or a negative errno: `-EAGAIN` where the other end has yet to
 * read, unless `wait` is set.
 */
export function sendMessage(
  fd: number,
  message: Uint8Array,
  { descriptor = -1, wait = false }: { readonly descriptor?: number; readonly wait?: boolean } = {},
): number {
  if (message.length > MESSAGE_LIMIT)
    throw new RangeError(`a message of ${message.length} bytes is too long`);
  describe(message);
  if (descriptor >= 0) {
    control.writeBigUInt64LE(CONTROL_LENGTH, 0);
    control.writeInt32LE(libc.SOL_SOCKET, 8);
    control.writeInt32LE(SCM_RIGHTS, 12);
    control.writeInt32LE(descriptor, 16);
  } else header.fill(0, 32, 48);
  for (;;) {
    const sent = check(
      libc.sendmsg(fd, header, wait ? libc.MSG_NOSIGNAL : libc.MSG_NOSIGNAL | libc.MSG_DONTWAIT),
    );
    if (sent !== -EINTR) return Math.min(sent, 0);
  }
}

/** Receives one message into `buffer`; `wait`: until there is one, `-EAGAIN` otherwise. */
export function receiveMessage(fd: number, buffer: Uint8Array, wait = false): Received {
  describe(buffer);
  control.fill(0);
  const flags = libc.MSG_CMSG_CLOEXEC | (wait ? 0 : libc.MSG_DONTWAIT);
  for (;;) {
    const size = check(libc.recvmsg(fd, header, flags));
    if (size === -EINTR) continue;
    const came = size >= 0 && control.readInt32LE(12) === SCM_RIGHTS && control.readBigUInt64LE(0) > 0n;
    // Nobody knows of a second one: it would stay open for ever.
    if (came && control.readBigUInt64LE(0) >= TWO_DESCRIPTORS) libc.close(control.readInt32LE(20));
    return { size, descriptor: came ? control.readInt32LE(16) : -1 };
  }
}

/** Hands every message that has come to `onMessage`, as text. False where nobody is left to send any. */
export function receiveAll(
  fd: number,
  buffer: Buffer,
  onMessage: (message: string, descriptor: number) => void,
): boolean {
  for (;;) {
    const { size, descriptor } = receiveMessage(fd, buffer);
    if (size === -EAGAIN) return true;
    // ECONNRESET where the other end has left messages unread.
    if (size <= 0) return false;
    onMessage(buffer.toString('utf8', 0, size), descriptor);
  }
}

function describe(bytes: Uint8Array): void {
  vector.writeBigUInt64LE(libc.address(bytes), 0);
  vector.writeBigUInt64LE(BigInt(bytes.length), 8);
  header.fill(0);
  header.writeBigUInt64LE(libc.address(vector), 16);
  header.writeBigUInt64LE(1n, 24);
  header.writeBigUInt64LE(libc.address(control), 32);
  header.writeBigUInt64LE(BigInt(CONTROL_SIZE), 40);
}

/** A program that this process starts does not get `fd`. */
export function keepPrivate(fd: number): void {
  libc.fcntl(fd, libc.F_SETFD, libc.FD_CLOEXEC);
}
