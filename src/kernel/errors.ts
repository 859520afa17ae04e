// Errno names and numbers, and the one error class for what the operating system refuses.
// The numbers are Linux's on every backend (asm-generic/errno.h): above the kernel an errno is a name, not a platform.

export const EPERM = 1;
export const ENOENT = 2;
export const EINTR = 4;
export const EIO = 5;
export const EBADF = 9;
export const EAGAIN = 11;
export const ENOMEM = 12;
export const EACCES = 13;
export const ENOTDIR = 20;
export const EINVAL = 22;
export const ENFILE = 23;
export const EMFILE = 24;
export const ENOSPC = 28;
export const EROFS = 30;
export const EPIPE = 32;
export const ENOTSOCK = 88;
export const EOPNOTSUPP = 95;
export const EADDRINUSE = 98;
export const EADDRNOTAVAIL = 99;
export const ENETUNREACH = 101;
export const ECONNABORTED = 103;
export const ECONNRESET = 104;
export const ENOBUFS = 105;
export const ENOTCONN = 107;
export const ETIMEDOUT = 110;
export const ECONNREFUSED = 111;
export const EHOSTUNREACH = 113;
export const EINPROGRESS = 115;
export const ECANCELED = 125;

const TABLE: ReadonlyArray<readonly [number, string, string]> = [
  [EPERM, 'EPERM', 'operation not permitted'],
  [ENOENT, 'ENOENT', 'no such file or directory'],
  [EINTR, 'EINTR', 'interrupted by a signal'],
  [EIO, 'EIO', 'input or output failed'],
  [EBADF, 'EBADF', 'not an open descriptor'],
  [EAGAIN, 'EAGAIN', 'not ready'],
  [ENOMEM, 'ENOMEM', 'out of memory'],
  [EACCES, 'EACCES', 'permission denied'],
  [ENOTDIR, 'ENOTDIR', 'part of the path is not a directory'],
  [EINVAL, 'EINVAL', 'invalid argument'],
  [ENFILE, 'ENFILE', 'the system has no descriptors left'],
  [EMFILE, 'EMFILE', 'the process has no descriptors left'],
  [ENOSPC, 'ENOSPC', 'no space left on the device'],
  [EROFS, 'EROFS', 'the file system is read-only'],
  [EPIPE, 'EPIPE', 'the peer no longer reads'],
  [ENOTSOCK, 'ENOTSOCK', 'not a socket'],
  [EOPNOTSUPP, 'EOPNOTSUPP', 'not supported here'],
  [EADDRINUSE, 'EADDRINUSE', 'address already in use'],
  [EADDRNOTAVAIL, 'EADDRNOTAVAIL', 'address not available on this machine'],
  [ENETUNREACH, 'ENETUNREACH', 'network unreachable'],
  [ECONNABORTED, 'ECONNABORTED', 'connection aborted before it was accepted'],
  [ECONNRESET, 'ECONNRESET', 'connection reset by peer'],
  [ENOBUFS, 'ENOBUFS', 'no buffer space'],
  [ENOTCONN, 'ENOTCONN', 'not connected'],
  [ETIMEDOUT, 'ETIMEDOUT', 'timed out'],
  [ECONNREFUSED, 'ECONNREFUSED', 'connection refused'],
  [EHOSTUNREACH, 'EHOSTUNREACH', 'host unreachable'],
  [EINPROGRESS, 'EINPROGRESS', 'in progress'],
  [ECANCELED, 'ECANCELED', 'canceled'],
];

const BY_NUMBER = new Map(TABLE.map(([number, name, meaning]) => [number, { name, meaning }]));

/** The symbolic name of a positive or negative errno: `errnoName(-11) === 'EAGAIN'`. */
export function errnoName(errno: number): string {
  return BY_NUMBER.get(Math.abs(errno))?.name ?? `errno ${Math.abs(errno)}`;
}

/**
 * The operating system refused a call. Shaped like Node's own system errors (`code`, `errno`, `syscall`), so code
 * that handles those handles this.
 *
 * @example new SystemError('bind', -EADDRINUSE, '127.0.0.1:80').message // 'bind 127.0.0.1:80: address already in use (EADDRINUSE)'
 */
export class SystemError extends Error {
  override readonly name = 'SystemError';
  readonly code: string;
  /** Negative, as Node's. */
  readonly errno: number;
  readonly syscall: string;
  /** What the call was about, an address or a file; where that is known. */
  readonly subject: string | undefined;

  constructor(syscall: string, errno: number, subject?: string) {
    const known = BY_NUMBER.get(Math.abs(errno));
    const code = known?.name ?? `E${Math.abs(errno)}`;
    super(`${syscall}${subject === undefined ? '' : ` ${subject}`}: ${known?.meaning ?? 'failed'} (${code})`);
    this.code = code;
    this.errno = -Math.abs(errno);
    this.syscall = syscall;
    this.subject = subject;
  }
}
