// Regular files of the simulation, in memory, and what of them is in the simulated page cache: all of it, but where a fault
// says otherwise, and then not before it was loaded.

import { EAGAIN, EBADF } from '../errors.ts';
import type { World } from './world.ts';

/** Milliseconds that the disk takes. */
const DISK_TIME = 1;

/** A regular file, open for `sendfile`. */
export interface OpenFile {
  readonly kind: 'file';
  contents: Uint8Array;
  /** Where the bytes that were loaded last end; until there, they are in memory. */
  loaded: number;
  /** Reads of the disk that are under way, into what may by then be somebody else's descriptor. */
  loading: number;
  references: number;
}

/** See `Kernel.cached`. */
export function cachedOf(world: World, file: OpenFile | undefined, position: number, length: number): number {
  if (file === undefined) return -EBADF;
  const there = Math.max(0, Math.min(length, file.contents.length - position));
  if (there === 0 || position < file.loaded || !world.strikes(world.faults.coldFile)) return there;
  return -EAGAIN;
}

/** See `Kernel.load`. */
export function load(
  world: World,
  file: OpenFile | undefined,
  position: number,
  length: number,
  done: (count: number) => void,
): void {
  if (file !== undefined) file.loading++;
  const happen = (): void => {
    world.testRan = true;
    let count = -EBADF;
    if (file !== undefined) {
      file.loading--;
      count = Math.max(0, Math.min(length, file.contents.length - position));
      file.loaded = Math.max(file.loaded, position + count);
    }
    done(world.note('load', position, count));
  };
  world.timeline.schedule(world.timeline.now + DISK_TIME, { happen }, 0, 0);
}
