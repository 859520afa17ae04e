// How long to wait with the next thread when the last ones have died without having been of use.

/** Milliseconds. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 30_000;

export class Backoff {
  /** In a row. */
  failures = 0;

  /** Milliseconds, after the end of one that had served somebody, or had not. */
  after(served: boolean): number {
    if (served) {
      this.failures = 0;
      return 0;
    }
    this.failures++;
    return Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (this.failures - 1));
  }
}
