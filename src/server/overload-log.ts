// Says in the log that requests are turned away, without a line for each: refusing is the cheapest thing that a server
// does, and who floods it must not fill its disk.

import type { Loop } from '../loop/index.ts';
import type { Logger } from './log.ts';

/** Milliseconds between two lines. */
const INTERVAL = 1000;

export class OverloadLog {
  readonly #loop: Loop;
  readonly #log: Logger;
  #quietUntil = Number.NEGATIVE_INFINITY;
  #requests = 0;

  constructor(loop: Loop, log: Logger) {
    this.#loop = loop;
    this.#log = log;
  }

  /** Another request was refused, for `limit`. The next line counts those that had none. */
  note(limit: string): void {
    this.#requests++;
    const now = this.#loop.now();
    if (now < this.#quietUntil) return;
    this.#log.warn({ limit, requests: this.#requests }, 'overloaded: answering 503');
    this.#quietUntil = now + INTERVAL;
    this.#requests = 0;
  }
}
