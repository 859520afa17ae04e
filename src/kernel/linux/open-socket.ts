// Makes sockets and sets their options, for those that listen (listeners.ts) and those that connect (sockets.ts). Every
// descriptor is born close-on-exec: without it a program that the app spawns would keep listeners and clients open.

import type { Address } from '../address.ts';
import * as libc from './libc.ts';

const FAMILY = { inet: libc.AF_INET, inet6: libc.AF_INET6, unix: libc.AF_UNIX } as const;
const STREAM = libc.SOCK_STREAM | libc.SOCK_NONBLOCK | libc.SOCK_CLOEXEC;
const ON = Buffer.from(new Int32Array([1]).buffer);
const OFF = Buffer.from(new Int32Array([0]).buffer);

/** A new stream socket, or a negative errno. */
export function openSocket(family: Address['family']): number {
  return libc.check(libc.socket(FAMILY[family], STREAM, 0));
}

/**
 * Bytes that the kernel takes of one connection before it could send them. Without a bound it takes megabytes (tcp_wmem)
 * for a client that reads none of them: a thousand such clients and all sockets of the machine are out of memory
 * (tcp_mem). Half of it is left when room is reported, half a millisecond at a gigabit a second.
 */
const NOT_SENT = Buffer.from(new Int32Array([128 * 1024]).buffer);

/**
 * Asks a silent peer whether it is still there after a minute, and gives it up after another (tcp(7)). A machine that
 * vanished sends nothing, and a connection on which the server waits for its own app (a long poll, a quiet stream of
 * events) has no deadline that would notice.
 */
const KEEP_ALIVE: ReadonlyArray<readonly [number, Buffer]> = [
  [libc.TCP_KEEPIDLE, Buffer.from(new Int32Array([60]).buffer)],
  [libc.TCP_KEEPINTVL, Buffer.from(new Int32Array([10]).buffer)],
  [libc.TCP_KEEPCNT, Buffer.from(new Int32Array([6]).buffer)],
];

/** Options that connections are to have. A listener's are inherited by what it accepts (tcp(7)), which saves these calls for each. */
export function setConnectionOptions(fd: number): void {
  setSwitch(fd, libc.IPPROTO_TCP, libc.TCP_NODELAY, true);
  libc.setsockopt(fd, libc.IPPROTO_TCP, libc.TCP_NOTSENT_LOWAT, NOT_SENT, 4);
  setSwitch(fd, libc.SOL_SOCKET, libc.SO_KEEPALIVE, true);
  for (const [option, value] of KEEP_ALIVE) libc.setsockopt(fd, libc.IPPROTO_TCP, option, value, 4);
}

/** Sets an option that is on or off: socket(7), tcp(7), ipv6(7). */
export function setSwitch(fd: number, level: number, option: number, on: boolean): void {
  libc.setsockopt(fd, level, option, on ? ON : OFF, 4);
}

// Filled by the kernel and read at once.
const result = Buffer.alloc(4);
const length = Buffer.alloc(4);

/** An option of the socket itself that is a number: socket(7). A negative errno, `-ENOTSOCK` for what is no socket. */
export function getOption(fd: number, option: number): number {
  length.writeUInt32LE(result.length, 0);
  const failure = libc.check(libc.getsockopt(fd, libc.SOL_SOCKET, option, result, length));
  return failure < 0 ? failure : result.readInt32LE(0);
}
