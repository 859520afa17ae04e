// The event loop: what is ready, what is due, and which descriptors have news. Coroutines, sockets and deadlines all
// come down to the three structures here.
//
//            ┌──────────── a turn ─────────────┐
//   timers ──► due callbacks ┐                 │
//   poller ──► readiness ────┼─► ready queue ──► run each, microtasks after each, until the budget is spent
//   anybody ─► schedule() ───┘                 │
//            └─────────────────────────────────┘
//
// `run()` owns the thread: turns until nothing is left to wait for. `attach()` (guest.ts) makes the loop a guest of
// Node's: a turn whenever our poller, a timer or the ready queue has something, and Node's own I/O between turns.

import type { Kernel, Poller } from '../kernel/index.ts';
import { GuestSeat } from './guest.ts';
import { canDrainMicrotasks, drainMicrotasks } from './microtasks.ts';
import { type Timer, TimerWheel } from './timers.ts';
import { type ReadyListener, type Watch, WatchTable } from './watch.ts';

/** Something to run in a turn: a task, mostly. */
export interface Runnable {
  run(): void;
}

export interface LoopOptions {
  /**
   * Milliseconds a turn runs ready work before it lets Node's own I/O have a turn. At 2, a timer's p99 behind 256 busy
   * connections with a 200 µs handler is under 5 ms; without a budget it is 60 ms.
   */
  readonly budget?: number;
}

const DEFAULT_BUDGET = 2;

/** A look at the clock costs 60 ns, a hundredth of a light task: so many of those may pass between two looks. */
const MOST_UNTIMED = 8;
/** Milliseconds that tasks between two looks may take together to count as light. */
const LIGHT = 0.1;

export class Loop {
  readonly kernel: Kernel;
  readonly poller: Poller;
  readonly #budget: number;
  readonly #timers: TimerWheel;
  readonly #watches: WatchTable;
  #ready: Runnable[] = [];
  #head = 0;
  #now: number;
  #turning = false;
  #running = false;
  #stopped = false;
  #closed = false;
  #turns = 0;
  #guest: GuestSeat | undefined;

  constructor(kernel: Kernel, options: LoopOptions = {}) {
    this.kernel = kernel;
    this.poller = kernel.createPoller();
    this.#budget = options.budget ?? DEFAULT_BUDGET;
    this.#now = kernel.monotonic();
    this.#timers = new TimerWheel(this.#now);
    this.#watches = new WatchTable(this.poller, () => this.#guest?.watchesChanged());
  }

  /**
   * Milliseconds on the monotonic clock; within a turn, the time at which the current task began, or one of the few light
   * ones before it.
   */
  now(): number {
    if (!this.#turning) this.#now = this.kernel.monotonic();
    return this.#now;
  }

  /** Runs `runnable` in this turn or the next, after what was scheduled before it. */
  schedule(runnable: Runnable): void {
    this.#ready.push(runnable);
    if (!this.#turning) this.#guest?.wake();
  }

  /** Calls `callback` once, `delay` milliseconds from now, never early. Cancel it with {@link cancelTimer}. */
  setTimer(delay: number, callback: () => void): Timer {
    // The turn's own time would do, were it not for a handler that computed for a second before it set this.
    const timer = this.#timers.set(this.kernel.monotonic() + atLeastNone(delay), callback);
    if (!this.#turning) this.#guest?.timerSet(timer.deadline);
    return timer;
  }

  /** As {@link setTimer}, for what is no reason to go on: the process may end, and `run` return, before it is due. */
  setBackgroundTimer(delay: number, callback: () => void): Timer {
    const timer = this.#timers.set(this.kernel.monotonic() + atLeastNone(delay), callback, true);
    if (!this.#turning) this.#guest?.timerSet(timer.deadline);
    return timer;
  }

  /** Sets a timer made by {@link setTimer} anew. */
  resetTimer(timer: Timer, delay: number): void {
    this.#timers.reset(timer, this.kernel.monotonic() + atLeastNone(delay));
    if (!this.#turning) this.#guest?.timerSet(timer.deadline);
  }

  cancelTimer(timer: Timer): void {
    this.#timers.cancel(timer);
    if (!this.#turning && this.#timers.referenced === 0) this.#guest?.timersEmptied();
  }

  /** Tells `listener` of `fd`'s readiness from now on; throws `SystemError` where `fd` can't be watched. */
  watch(fd: number, listener: ReadyListener): Watch {
    this.#assertOpen();
    return this.#watches.add(fd, listener);
  }

  /** Runs until nothing is left to wait for, or {@link stop}. Not from within a promise's callback. */
  run(): void {
    if (this.#guest !== undefined) throw new Error('this loop is attached to Node’s: it runs by itself');
    this.#assertOpen();
    this.#assertIdle();
    assertMacrotask();
    this.#stopped = false;
    this.#running = true;
    try {
      while (!this.#stopped) {
        const timeout = this.#idleTimeout();
        if (timeout === undefined) return;
        this.turn(timeout);
      }
    } finally {
      this.#running = false;
    }
  }

  /** Ends {@link run} after the current turn. */
  stop(): void {
    this.#stopped = true;
  }

  /**
   * Makes the loop a guest of Node's event loop until {@link detach}. It keeps the process alive while descriptors
   * are watched, timers are set or work is ready, and not otherwise. Attaching twice does nothing.
   */
  attach(): void {
    if (this.#guest !== undefined) return;
    this.#assertOpen();
    this.#assertIdle();
    this.#guest = new GuestSeat(this, this.#timers, this.#watches);
  }

  detach(): void {
    this.#guest?.close();
    this.#guest = undefined;
  }

  /** Detaches and closes the poller, for good. Descriptors stay open: they belong to whoever opened them. */
  close(): void {
    this.#closed = true;
    this.stop();
    this.detach();
    this.#watches.close();
  }

  /** Whether another turn would find something to do without waiting for it. */
  get hasReadyWork(): boolean {
    return this.#head < this.#ready.length || this.#watches.hasReports;
  }

  /** One turn; waits at most `timeout` ms for descriptors (-1: for ever). `run` and the guest call it. */
  turn(timeout: number): void {
    if (this.#turning) this.#assertIdle();
    this.#turning = true;
    this.#turns++;
    try {
      this.#watches.wait(timeout);
      this.#now = this.kernel.monotonic();
      this.#watches.passOn();
      this.#timers.advance(this.#now);
      // Timers and listeners may have settled promises: what follows from those belongs before the first task.
      drainMicrotasks();
      this.#now = this.kernel.monotonic();
      this.#runReady(this.#now + this.#budget);
    } finally {
      this.#turning = false;
      this.#compact();
    }
  }

  /**
   * Looks at the clock after the first task, then after two, four and eight, as long as they are light: a turn of heavy
   * ones, which has to end in time, is timed task by task.
   */
  #runReady(end: number): void {
    let stride = 1;
    let untimed = 0;
    while (this.#head < this.#ready.length) {
      const runnable = this.#ready[this.#head++]!;
      runnable.run();
      drainMicrotasks();
      if (!canDrainMicrotasks) return;
      if (++untimed < stride) continue;
      untimed = 0;
      const before = this.#now;
      this.#now = this.kernel.monotonic();
      if (this.#now >= end) return;
      stride = this.#now - before < LIGHT ? Math.min(stride * 2, MOST_UNTIMED) : 1;
    }
  }

  /** Drops what has run, once it is most of the queue: moving the rest each time would cost more than running it. */
  #compact(): void {
    const ready = this.#ready;
    const left = ready.length - this.#head;
    if (left > this.#head) return;
    if (left > 0) ready.copyWithin(0, this.#head);
    ready.length = left;
    this.#head = 0;
  }

  #assertOpen(): void {
    if (this.#closed) throw new Error('this loop is closed');
  }

  #assertIdle(): void {
    if (this.#running || this.#turning) {
      throw new Error('this loop is already running: what it runs can only schedule more');
    }
  }

  /** How long to wait for descriptors; `undefined` where nothing is left to wait for. */
  #idleTimeout(): number | undefined {
    if (this.hasReadyWork) return 0;
    if (this.#timers.referenced === 0 && this.#watches.size === 0) return undefined;
    const next = this.#timers.next();
    return next === undefined ? -1 : Math.max(0, next - this.kernel.monotonic());
  }

  /** Figures for a status page: turns since the start, and what waits now. */
  statistics(): { turns: number; ready: number; timers: number; watches: number } {
    return {
      turns: this.#turns,
      ready: this.#ready.length - this.#head,
      timers: this.#timers.size,
      watches: this.#watches.size,
    };
  }
}

/** A deadline that is no number would never come, and stay for ever. */
function atLeastNone(delay: number): number {
  if (delay >= 0) return delay;
  if (delay < 0) return 0;
  throw new TypeError(`a delay is a number of milliseconds; got ${String(delay)}`);
}

/** Inside a microtask V8 runs no others, so a loop that owns the thread would wait for promises for ever. */
function assertMacrotask(): void {
  let drained = false;
  queueMicrotask(() => {
    drained = true;
  });
  drainMicrotasks();
  if (!drained) {
    throw new Error(
      'Loop.run() was called from a promise’s callback or after an await, where promises cannot run: call it from setImmediate(() => loop.run())',
    );
  }
}
