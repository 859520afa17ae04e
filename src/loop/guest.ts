// The loop's seat in Node's event loop. Made by `Loop.attach`.
//
//   libuv polls our epoll descriptor ──► onReady ──► setImmediate ──► turn(0)
//   Node's timer, set to our earliest deadline ───────────────────────► turn(0)
//   schedule() from outside a turn ────────────────► setImmediate ────► turn(0)
//
// The poll callback only schedules: an exception in it would vanish and silence the handle, and microtasks do not run
// when it returns. In a `setImmediate` both behave as everywhere else in Node, and it comes in the same iteration.

import { AsyncResource } from 'node:async_hooks';
import type { Attachment } from '../kernel/index.ts';
import type { Loop } from './loop.ts';
import type { TimerWheel } from './timers.ts';
import type { WatchTable } from './watch.ts';

/** The longest `setTimeout` takes, in milliseconds: what is longer fires at once. */
const MAX_TIMEOUT = 2 ** 31 - 1;

/**
 * Seats that have a place in libuv's loop. While Node takes a process down it runs that loop once more, and aborts where a
 * report is waiting for JavaScript by then: a connection that was not worth staying for, whose peer goes at the same moment.
 */
const seats = new Set<GuestSeat>();

function leaveAll(): void {
  for (const seat of seats) seat.close();
}

export class GuestSeat {
  readonly #loop: Loop;
  readonly #timers: TimerWheel;
  readonly #watches: WatchTable;
  readonly #attachment: Attachment | undefined;
  /**
   * Turns run in the context in which the loop was attached: whoever scheduled something is often a request, whose
   * `AsyncLocalStorage` stores are no business of the others. What starts a turn is made in that context, rather than
   * the turn run in it: Node aborts the process where a `nextTick` callback's error passes a `runInAsyncScope`.
   */
  readonly #context = new AsyncResource('siskin.Loop', { requireManualDestroy: true });
  #immediate: NodeJS.Immediate | undefined;
  #timeout: NodeJS.Timeout | undefined;
  #armedFor = Number.POSITIVE_INFINITY;
  /** The timeout keeps the process alive: not where all that wait are background timers. */
  #holding = false;
  #closed = false;

  constructor(loop: Loop, timers: TimerWheel, watches: WatchTable) {
    this.#loop = loop;
    this.#timers = timers;
    this.#watches = watches;
    this.#attachment = loop.poller.attach?.(() => this.wake());
    if (this.#attachment !== undefined) {
      if (seats.size === 0) process.on('exit', leaveAll);
      seats.add(this);
    }
    this.watchesChanged();
    this.#armTimer();
    if (loop.hasReadyWork) this.wake();
  }

  /** Has a turn soon: in this iteration of Node's loop, or the next. */
  wake(): void {
    if (this.#immediate !== undefined || this.#closed) return;
    this.#immediate = this.#context.runInAsyncScope(setImmediate, undefined, this.#turn);
  }

  /** A timer was set outside a turn. */
  timerSet(deadline: number): void {
    if (deadline < this.#armedFor || !this.#holding) this.#armTimer();
  }

  /** The last timer that is a reason to stay was cancelled outside a turn. */
  timersEmptied(): void {
    this.#armTimer();
  }

  /** The process stays alive for what is watched, and for nothing else of ours. */
  watchesChanged(): void {
    if (this.#watches.size > 0) this.#attachment?.ref();
    else this.#attachment?.unref();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#attachment?.close();
    if (seats.delete(this) && seats.size === 0) process.off('exit', leaveAll);
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
      // A turn that throws has its error reported by Node; the work behind it still goes on.
      if (this.#loop.hasReadyWork) this.wake();
      if (!this.#closed) this.#armTimer();
    }
  };

  readonly #onTimeout = (): void => {
    this.#timeout = undefined;
    this.#armedFor = Number.POSITIVE_INFINITY;
    this.wake();
  };

  /** A timeout that comes too early costs an empty turn; setting it anew each time a timer is reset costs more. */
  #armTimer(): void {
    const next = this.#timers.next();
    if (next === undefined) {
      // Left armed, it would keep the process alive for a deadline that nobody has.
      if (this.#timeout !== undefined) clearTimeout(this.#timeout);
      this.#timeout = undefined;
      this.#armedFor = Number.POSITIVE_INFINITY;
    } else if (next < this.#armedFor) {
      clearTimeout(this.#timeout);
      this.#armedFor = next;
      const delay = Math.min(Math.max(Math.ceil(next - this.#loop.now()), 1), MAX_TIMEOUT);
      this.#timeout = this.#context.runInAsyncScope(setTimeout, undefined, this.#onTimeout, delay);
      this.#holding = true;
    }
    const hold = this.#timers.referenced > 0;
    if (this.#timeout === undefined || hold === this.#holding) return;
    this.#holding = hold;
    if (hold) this.#timeout.ref();
    else this.#timeout.unref();
  }
}
