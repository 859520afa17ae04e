// Which listeners this process opened itself, and the files of those that are unix sockets. An adopted one belongs to
// others too: it is never made deaf, and its file never removed. Kept by listeners.ts.

import { lstatSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Address } from '../address.ts';

/** No other file gets its inode while the socket is open, so the inode tells whether the file is still ours. */
interface SocketFile {
  readonly path: string;
  readonly dev: bigint;
  readonly ino: bigint;
}

const own = new Map<number, SocketFile | undefined>();

/** `fd` listens at `address`, and nobody else has it: a socket that another process made, and has given away, too. */
export function claim(fd: number, address: Address): void {
  own.set(fd, address.family === 'unix' ? identify(resolve(address.path)) : undefined);
}

/** `fd` is closed, or shared. */
export function disown(fd: number): void {
  own.delete(fd);
}

export function isOwn(fd: number): boolean {
  return own.has(fd);
}

/** Removes the file of an own listener, unless another server has put its own there. False where it never had one. */
export function removeFile(fd: number): boolean {
  const file = own.get(fd);
  if (file === undefined) return false;
  const found = identify(file.path);
  if (found?.ino === file.ino && found.dev === file.dev) rmSync(file.path, { force: true });
  return true;
}

function identify(path: string): SocketFile | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false, bigint: true });
  return found === undefined ? undefined : { path, dev: found.dev, ino: found.ino };
}
