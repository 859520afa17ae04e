// The file that bind(2) makes for a unix socket, and its mode. Called by listeners.ts.
//
// A path is not the file that bind made: who may write to its folder can put something else there in between, a link to
// another file, say. So the mode is set on the socket first, and bind gives the file that mode, less the umask, which
// can only be narrower. What the umask has taken is given back through a descriptor of the file, once it is known to be a
// socket. The umask itself stays as it is: it is the whole process's, and other threads make files meanwhile.

import { chmodSync, closeSync, constants, fchmodSync, fstatSync, lstatSync, openSync, rmSync } from 'node:fs';
import { EADDRINUSE, ECONNREFUSED } from '../errors.ts';
import * as libc from './libc.ts';
import { check } from './libc.ts';
import { openSocket } from './open-socket.ts';

/** open(2): the descriptor names a file, without opening it. Node's constants lack it. */
const O_PATH = 0o10000000;
const PERMISSIONS = 0o777;

/** Binds `fd`, in place of a socket's file that a crash has left. 0, or a negative errno. */
export function bindFile(fd: number, path: string, encoded: Buffer, mode: number | undefined): number {
  try {
    // unix_bind_bsd() in net/unix/af_unix.c: mode = S_IFSOCK | (SOCK_INODE(socket)->i_mode & ~current_umask()).
    if (mode !== undefined) fchmodSync(fd, mode);
    let bound = check(libc.bind(fd, encoded, encoded.length));
    if (bound === -EADDRINUSE && isStale(path, encoded)) {
      rmSync(path, { force: true });
      bound = check(libc.bind(fd, encoded, encoded.length));
    }
    return bound < 0 || mode === undefined ? bound : completeMode(path, mode);
  } catch (error) {
    const { errno } = error as NodeJS.ErrnoException;
    if (errno === undefined) throw error;
    return -Math.abs(errno);
  }
}

/**
 * Gives the socket's file at `path` the rest of `mode`. `-EADDRINUSE`: something else is there, which stays as it is: no
 * socket, or one that has another name, where only its owner was meant to reach it. Throws the errors of `node:fs`.
 */
export function completeMode(path: string, mode: number): number {
  const file = openSync(path, O_PATH | constants.O_NOFOLLOW);
  try {
    const found = fstatSync(file);
    if (!found.isSocket() || found.nlink !== 1) return -EADDRINUSE;
    // fchmod(2) refuses such a descriptor; its name in proc(5) leads to the file itself.
    if ((found.mode & PERMISSIONS) !== mode) chmodSync(`/proc/self/fd/${file}`, mode);
    return 0;
  } finally {
    closeSync(file);
  }
}

/**
 * A unix socket's file that nobody listens on was left by a crash: connecting to it is refused. So is connecting to an
 * ordinary file, which must never be removed.
 */
function isStale(path: string, encoded: Buffer): boolean {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return false;
  const probe = openSocket('unix');
  if (probe < 0) return false;
  const result = check(libc.connect(probe, encoded, encoded.length));
  libc.close(probe);
  return result === -ECONNREFUSED;
}
