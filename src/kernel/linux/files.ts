// The contract's calls for files: sending them, and what of them is in the page cache.
//
// Nothing here may wait for a disk on the main thread. preadv2(2) with RWF_NOWAIT fails with EAGAIN instead, and thereby
// tells; what is missing is read in libuv's pool, into a buffer that nobody looks at.

import { Buffer } from 'node:buffer';
import { read } from 'node:fs';
import { EAGAIN, EINTR, EIO } from '../errors.ts';
import * as libc from './libc.ts';
import { check } from './libc.ts';
import { checkRange } from './range.ts';

export const hasFiles = true;

/** Bytes from one look into the page cache to the next. It is filled and emptied in runs: read-ahead takes 128 KB. */
const STEP = 64 * 1024;
/** What `load` reads at a time, at most. */
const LOADED = 512 * 1024;

// Filled by the kernel; nothing keeps a view of them.
const fileOffset = Buffer.alloc(8);
/** struct iovec { void *iov_base; size_t iov_len; } */
const vector = Buffer.alloc(16);
const probe = Buffer.allocUnsafeSlow(1);
/** Where `load` reads to, any number of them at the same time: only the page cache counts. */
let waste: Buffer | undefined;

export function sendfile(fd: number, file: number, position: number, length: number): number {
  for (;;) {
    fileOffset.writeBigInt64LE(BigInt(position), 0);
    const count = check(libc.sendfile(fd, file, fileOffset, length));
    if (count !== -EINTR) return count;
  }
}

export function cached(file: number, position: number, length: number): number {
  const end = position + length;
  for (let at = position; at < end; at += STEP) {
    const found = readNow(file, at, probe, 0, 1);
    if (found < 1) return at > position && (found === 0 || found === -EAGAIN) ? at - position : found;
  }
  // Read-ahead that is under way has taken its pages, but not filled them yet: the last one is filled last.
  return readNow(file, end - 1, probe, 0, 1) === -EAGAIN ? -EAGAIN : length;
}

export function readCached(
  file: number,
  position: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
): number {
  checkRange(bytes, offset, length);
  return readNow(file, position, bytes, offset, length);
}

/**
 * preadv2(2), from the page cache alone. The address is asked for in each call: kept, it would not keep the memory that it
 * points to.
 */
function readNow(file: number, position: number, bytes: Uint8Array, offset: number, length: number): number {
  vector.writeBigUInt64LE(libc.address(bytes) + BigInt(offset), 0);
  vector.writeBigUInt64LE(BigInt(length), 8);
  return check(libc.preadv2(file, vector, 1, position, libc.RWF_NOWAIT));
}

export function load(file: number, position: number, length: number, done: (count: number) => void): void {
  waste ??= Buffer.allocUnsafeSlow(LOADED);
  read(file, waste, 0, Math.min(length, LOADED), position, (error, count) => {
    done(error === null ? count : -Math.abs(error.errno ?? EIO));
  });
}
