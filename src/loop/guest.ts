// The loop's seat in Node's event loop. Made by `Loop.attach`.
//
//   libuv polls our epoll descriptor ──► onReady ──► setImmediate ──► turn(0)
//   Node's timer, set to our earliest deadline ───────────────────────► turn(0)
//   schedule() from outside a turn ────────────────► setImmediate ────► turn(0)
//
// The poll callback only schedules: an exception in it would vanish and silence the handle, and microtasks do not run
// when it returns. In a `setImmediate` both behave as everywhere else in Node, and it comes in the same iteration.

import type { Attachment } from '../kernel/index.ts';
import type { Loop } from './loop.ts';
import type { TimerWheel } from './timers.ts';
import type { WatchTable } from './watch.ts';

export class GuestSeat {
  readonly #loop: Loop;
  readonly #timers: TimerWheel;
  readonly #watches: WatchTable;
  readonly #attachment: Attachment | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #timeout: NodeJS.Timeout | undefined;
  #armedFor = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(loop: Loop, timers: TimerWheel, watches: WatchTable) {
    this.#loop = loop;
    this.#timers = timers;
    this.#watches = watches;
    this.#attachment = loop.poller.attach?.(() => this.wake());
    this.watchesChanged();
    this.#armTimer();
  }

  /** Has a turn soon: in this iteration of Node's loop, or the next. */
  wake(): void {
    if (!this.#closed) this.#immediate ??= setImmediate(this.#turn);
  }

  /** A timer was set outside a turn. */
  timersChanged(deadline: number): void {
    if (deadline < this.#armedFor) this.#arm(deadline);
  }

  /** The process stays alive for what is watched, and for nothing else of ours. */
  watchesChanged(): void {
    if (this.#watches.size > 0) this.#attachment?.ref();
    else this.#attachment?.unref();
  }

  close(): void {
    this.#closed = true;
    this.#attachment?.close();
    clearImmediate(this.#immediate);
    clearTimeout(this.#timeout);
    this.#immediate = undefined;
    this.#timeout = undefined;
  }

  readonly #turn = (): void => {
    this.#immediate = undefined;
    try {
      this.#loop.turn(0);
    } finally {
      // A turn that throws has reported its error to Node by now; the work behind it still goes on.
      if (this.#loop.hasReadyWork) this.wake();
      if (!this.#closed) this.#armTimer();
    }
  };

  readonly #onTimeout = (): void => {
    this.#timeout = undefined;
    this.#armedFor = Number.POSITIVE_INFINITY;
    this.wake();
  };

  #armTimer(): void {
    const next = this.#timers.next();
    if (next === undefined) {
      // Left armed, it would keep the process alive for a deadline that nobody has.
      if (this.#timeout !== undefined) clearTimeout(this.#timeout);
      this.#timeout = undefined;
      this.#armedFor = Number.POSITIVE_INFINITY;
    } else if (next < this.#armedFor) {
      this.#arm(next);
    }
  }

  #arm(deadline: number): void {
    clearTimeout(this.#timeout);
    this.#armedFor = deadline;
    this.#timeout = setTimeout(this.#onTimeout, Math.max(1, Math.ceil(deadline - this.#loop.now())));
  }
}
