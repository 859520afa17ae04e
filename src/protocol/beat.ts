// How often a worker says that it is alive: read by the worker, and by the arbiter, which waits for it.

import type { Settings } from '../config/index.ts';

/** Milliseconds, where nothing is to be noticed sooner. */
const LAZY = 1000;

/** Milliseconds between two beats: four in the time after which they are missed. */
export function beatInterval({ timeout, stallWarning }: Settings): number {
  return Math.min(LAZY, ...[timeout, stallWarning].filter((limit) => limit > 0).map((limit) => limit / 4));
}
