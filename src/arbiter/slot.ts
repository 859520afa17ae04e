// A place for one worker, with listening sockets of its own.

import type { Signal } from '../task/index.ts';
import { Backoff } from './backoff.ts';
import type { Worker } from './worker.ts';

export class Slot {
  readonly index: number;
  readonly backoff = new Backoff();
  worker: Worker | undefined;
  /** No worker comes here any more. */
  retired = false;
  /** Workers that were started in it after the first one. */
  restarts = -1;
  /** Set when it may be filled again. */
  restarting: Signal | undefined;
  /** Set where it is not to wait any longer for the next try. */
  pause: Signal | undefined;

  constructor(index: number) {
    this.index = index;
  }
}

/** The lowest number that none of `slots` has. */
export function firstFree(slots: readonly Slot[]): number {
  const taken = new Set(slots.map(({ index }) => index));
  let index = 0;
  while (taken.has(index)) index++;
  return index;
}
