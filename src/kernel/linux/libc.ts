// libc, as koffi calls it, and the constants of Linux's headers that go with it. Only the files beside this one
// import it; nothing here decides anything.
//
// Numbers are those of asm-generic, which x86-64, arm64, riscv64 and loongarch64 share.

import { createRequire } from 'node:module';
import type { TypeObject } from 'koffi';

// Its ES module has Node read all that `node:util` and `node:fs` export, which is 8 ms of a worker's start.
const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');

const libc = koffi.load(null);

type Call<A extends unknown[]> = (...args: A) => number;

function declare<A extends unknown[]>(name: string, result: string, args: (string | TypeObject)[]): Call<A> {
  return libc.func(name, result, args) as unknown as Call<A>;
}

export const socket = declare<[number, number, number]>('socket', 'int', ['int', 'int', 'int']);
export const bind = declare<[number, Uint8Array, number]>('bind', 'int', ['int', 'const void *', 'uint32_t']);
export const listen = declare<[number, number]>('listen', 'int', ['int', 'int']);
export const accept4 = declare<[number, null, null, number]>('accept4', 'int', [
  'int',
  'void *',
  'void *',
  'int',
]);
export const connect = declare<[number, Uint8Array, number]>('connect', 'int', [
  'int',
  'const void *',
  'uint32_t',
]);
export const recv = declare<[number, Uint8Array, number, number]>('recv', 'int64_t', [
  'int',
  'void *',
  'size_t',
  'int',
]);
export const send = declare<[number, Uint8Array, number, number]>('send', 'int64_t', [
  'int',
  'const void *',
  'size_t',
  'int',
]);
/** The same with an address for the bytes (memory.ts). */
export const recvTo = declare<[number, number, number, number]>('recv', 'int', [
  'int',
  'int64_t',
  'int64_t',
  'int',
]);
export const sendFrom = declare<[number, number, number, number]>('send', 'int', [
  'int',
  'int64_t',
  'int64_t',
  'int',
]);
export const sendfile = declare<[number, number, Uint8Array, number]>('sendfile', 'int64_t', [
  'int',
  'int',
  'void *',
  'size_t',
]);
export const preadv2 = declare<[number, Uint8Array, number, number, number]>('preadv2', 'int64_t', [
  'int',
  'void *',
  'int',
  'int64_t',
  'int',
]);
export const shutdown = declare<[number, number]>('shutdown', 'int', ['int', 'int']);
export const close = declare<[number]>('close', 'int', ['int']);
export const setsockopt = declare<[number, number, number, Uint8Array, number]>('setsockopt', 'int', [
  'int',
  'int',
  'int',
  'const void *',
  'uint32_t',
]);
export const getsockopt = declare<[number, number, number, Uint8Array, Uint8Array]>('getsockopt', 'int', [
  'int',
  'int',
  'int',
  'void *',
  'void *',
]);
export const getsockname = declare<[number, Uint8Array, Uint8Array]>('getsockname', 'int', [
  'int',
  'void *',
  'void *',
]);
export const getpeername = declare<[number, Uint8Array, Uint8Array]>('getpeername', 'int', [
  'int',
  'void *',
  'void *',
]);
export const socketpair = declare<[number, number, number, Uint8Array]>('socketpair', 'int', [
  'int',
  'int',
  'int',
  'void *',
]);
export const sendmsg = declare<[number, Uint8Array, number]>('sendmsg', 'int64_t', [
  'int',
  'const void *',
  'int',
]);
export const recvmsg = declare<[number, Uint8Array, number]>('recvmsg', 'int64_t', ['int', 'void *', 'int']);
export const waitid = declare<[number, number, Uint8Array, number]>('waitid', 'int', [
  'int',
  'uint32_t',
  'void *',
  'int',
]);
export const fcntl = declare<[number, number, number]>('fcntl', 'int', ['int', 'int', 'int']);
export const epollCreate = declare<[number]>('epoll_create1', 'int', ['int']);
export const epollControl = declare<[number, number, number, Uint8Array]>('epoll_ctl', 'int', [
  'int',
  'int',
  'int',
  'void *',
]);
export const epollWait = declare<[number, Uint8Array, number, number]>('epoll_wait', 'int', [
  'int',
  'void *',
  'int',
  'int',
]);

/** struct sock_fprog of linux/filter.h: `len` instructions, of eight bytes each. */
const socketFilter = koffi.struct({ len: 'uint16_t', filter: 'const void *' });
export const SOCKET_FILTER_SIZE = koffi.sizeof(socketFilter);
/** setsockopt for SO_ATTACH_FILTER and its like, whose argument has a pointer in it. */
export const attachFilter = declare<
  [number, number, number, { readonly len: number; readonly filter: Uint8Array }, number]
>('setsockopt', 'int', ['int', 'int', 'int', koffi.pointer(socketFilter), 'uint32_t']);

/** The calling thread's errno: read it in the same expression as the call, since any call in between changes it. */
export const errno: () => number = koffi.errno;

/** A negative errno where a call returned -1, its result otherwise. Pass the call itself, so that nothing intervenes. */
export function check(result: number): number {
  return result < 0 ? -errno() : result;
}

/** Where `bytes` begins in memory, for structures that point to it. It must outlive the call. */
export const address: (bytes: Uint8Array) => bigint = koffi.address;

/** Watches `fd` from libuv's loop (uv_poll); the callback gets `(status, events)`, whatever its types say. */
export const poll = koffi.node.poll;

export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_SEQPACKET = 5;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_TYPE = 3;
export const SO_ERROR = 4;
export const SO_LINGER = 13;
export const SO_REUSEPORT = 15;
export const SO_ATTACH_FILTER = 26;
export const SO_ACCEPTCONN = 30;
export const SO_ATTACH_REUSEPORT_CBPF = 51;
export const IPPROTO_TCP = 6;
export const TCP_NODELAY = 1;
export const TCP_NOTSENT_LOWAT = 25;
export const SO_KEEPALIVE = 9;
export const TCP_KEEPIDLE = 4;
export const TCP_KEEPINTVL = 5;
export const TCP_KEEPCNT = 6;
export const IPPROTO_IPV6 = 41;
export const IPV6_V6ONLY = 26;
export const MSG_DONTWAIT = 0x40;
export const MSG_CMSG_CLOEXEC = 0x40000000;
export const MSG_NOSIGNAL = 0x4000;
export const MSG_MORE = 0x8000;
/** Of preadv2(2): no wait for what is not in memory. */
export const RWF_NOWAIT = 8;
export const SHUT_WR = 1;
export const P_ALL = 0;
export const P_PID = 1;
export const WNOHANG = 1;
export const WEXITED = 4;
export const WNOWAIT = 0x01000000;
export const F_GETFD = 1;
export const F_SETFD = 2;
export const F_GETFL = 3;
export const F_SETFL = 4;
export const FD_CLOEXEC = 1;
export const O_NONBLOCK = 0o4000;

export const EPOLL_CLOEXEC = 0o2000000;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;
export const EPOLLIN = 0x1;
export const EPOLLOUT = 0x4;
export const EPOLLERR = 0x8;
export const EPOLLHUP = 0x10;
export const EPOLLRDHUP = 0x2000;
export const EPOLLET = 0x80000000;
