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
  #closed = false;

  constructor(loop: Loop, timers: TimerWheel, watches: WatchTable) {
    this.#loop = loop;
    this.#timers = timers;
    this.#watches = watches;
    this.#attachment = loop.poller.attach?.(() => this.wake());
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
    if (deadline < this.#armedFor) this.#armTimer();
  }

  /** The last timer was cancelled outside a turn. */
  timersEmptied(): void {
    this.#armTimer();
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
    }
  }
}
