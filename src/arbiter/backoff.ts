// How long to wait with the next worker when the last ones have failed.

import type { Exit } from './launcher.ts';
import type { Worker } from './worker.ts';

const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 30_000;

export class Backoff {
  /** In a row. */
  failures = 0;

  /**
   * Milliseconds, after a worker has ended with `exit`. One that has served and is killed from outside is no failure of
   * the app's, and neither is one that has served for longer than `minUptime`: it is replaced at once.
   */
  after(exit: Exit, { servedFor, served }: Worker, minUptime: number): number {
    if (served && (servedFor > minUptime || exit.signal === 'SIGKILL')) {
      this.failures = 0;
      return 0;
    }
    this.failures++;
    return Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (this.failures - 1));
  }
}
