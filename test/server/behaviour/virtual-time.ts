// Virtual time over real sockets: a loop whose clock stands still while anything happens, and then jumps to the next
// moment that somebody waits for. What travels between two sockets of this machine needs no time, so a deadline of an
// hour passes in a millisecond, and not a byte that was sent before it comes too late.

import assert from 'node:assert/strict';
import type { Kernel, Poller } from '../../../src/kernel/index.ts';
import { Loop } from '../../../src/loop/index.ts';

const START = 1000;
/** Turns of Node's loop in which nothing happens, after which nothing is on its way any more. */
const QUIET_TURNS = 50;
/** So often there may be nothing to jump to: then the test waits for what never happens, and runs out of its own time. */
const MOST_STILL = 1000;
/** Milliseconds, as in the simulation: longer than what needs no time, shorter than any deadline. */
const SETTLE_MS = 50;

interface Sleeper {
  readonly end: number;
  wake(): void;
}

export class VirtualTime {
  readonly loop: Loop;
  readonly #sleepers = new Set<Sleeper>();
  #now = START;
  /** How long the loop has nothing to do. */
  #idle = Number.POSITIVE_INFINITY;
  #quiet = 0;
  #still = 0;
  #loopClosed = false;
  #ended = false;

  /** `kernel` has this machine's sockets. */
  constructor(kernel: Kernel) {
    this.loop = new Loop({
      ...kernel,
      monotonic: () => this.#now,
      createPoller: () => this.#unhurried(kernel.createPoller()),
    });
    setImmediate(this.#turn);
  }

  /** Says how long the loop would wait, and does not: it returns after each turn, so that Node's sockets have theirs. */
  #unhurried(poller: Poller): Poller {
    const [wait, close] = [poller.wait.bind(poller), poller.close.bind(poller)];
    return Object.assign(poller, {
      wait: (timeout: number) => {
        this.#idle = timeout < 0 ? Number.POSITIVE_INFINITY : timeout;
        this.loop.stop();
        const reports = wait(0);
        if (reports > 0) this.news();
        return reports;
      },
      close: () => {
        this.#loopClosed = true;
        close();
      },
    });
  }

  readonly #turn = (): void => {
    this.#idle = Number.POSITIVE_INFINITY;
    if (!this.#loopClosed) this.loop.run();
    if (this.#idle === 0) this.news();
    if (++this.#quiet > QUIET_TURNS) this.#goOn();
    if (!this.#ended) setImmediate(this.#turn);
  };

  /** A sleep ends when all that happens until then has happened. */
  #goOn(): void {
    this.news();
    const sleepers = [...this.#sleepers];
    const due = sleepers.filter(({ end }) => end <= this.#now);
    for (const sleeper of due) {
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
    if (due.length > 0) return;
    const next = Math.min(this.#now + this.#idle, ...sleepers.map(({ end }) => end));
    if (next < Number.POSITIVE_INFINITY) {
      this.#now = next;
      this.#still = 0;
    } else if (++this.#still === MOST_STILL) this.#ended = true;
  }

  /** Something has happened, and more may follow from it. */
  news(): void {
    this.#quiet = 0;
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.#sleepers.add({ end: this.#now + milliseconds, wake: resolve });
    });
  }

  settle(): Promise<void> {
    return this.sleep(SETTLE_MS);
  }

  /** Time stands still. Checks that a loop that was closed has nothing left to do. */
  end(): void {
    this.#ended = true;
    const { timers, ready } = this.loop.statistics();
    assert.deepEqual({ timers, ready }, { timers: 0, ready: 0 });
  }
}
