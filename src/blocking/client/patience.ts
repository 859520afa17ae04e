// How long a request may take: as a whole, for its connection, between two signs of life; and whoever else ends it, an
// AbortSignal. One wrapper around the coroutine that performs the request sees to all of them: it stands between what
// the coroutine waits for and who waits, and can throw at that wait.
//
//     task ◀──resume, fail── Patience ◀──resume, fail── a socket, a promise
//                               ▲
//                               └── a timer, a signal: takes the waiter away from there, and fails it

import type { Loop, Timer } from '../../loop/index.ts';
import type { Co, Suspend, Waiter } from '../../task/index.ts';
import { Failure, FETCH_CODES } from '../errors.ts';

export interface TimeLimits {
  readonly timeout: number;
  readonly connectTimeout: number;
  readonly idleTimeout: number;
}

/** One of several addresses has not answered yet: the next is tried. */
export class NextAddress extends Error {}

export class Patience implements Suspend, Waiter {
  readonly loop: Loop;
  readonly #limits: TimeLimits;
  #waiter: Waiter | undefined;
  #waitsFor: Suspend | undefined;
  /** To be thrown at the next wait. */
  #pending: unknown;
  /** As well, unless there is a sign of life before it: timer and socket may have their say in one turn. */
  #late: unknown;
  #total: Timer | undefined;
  #phase: Timer | undefined;
  #onPhaseEnd: (() => unknown) | undefined;

  constructor(loop: Loop, limits: TimeLimits) {
    this.loop = loop;
    this.#limits = limits;
  }

  /** Runs `coroutine` under these limits. */
  *around<T>(coroutine: Co<T>, signal?: AbortSignal): Co<T> {
    const { timeout } = this.#limits;
    if (timeout > 0) {
      const late = (): void =>
        this.#interrupt(new Failure(FETCH_CODES.timeout, `it was not done within ${timeout} ms (timeout)`));
      this.#total = this.loop.setTimer(timeout, late);
    }
    const abort = signal && ((): void => this.#interrupt(signal.reason));
    if (abort !== undefined) signal!.addEventListener('abort', abort);
    try {
      return yield* this.#drive(coroutine);
    } finally {
      this.rest();
      if (this.#total !== undefined) this.loop.cancelTimer(this.#total);
      if (abort !== undefined) signal!.removeEventListener('abort', abort);
    }
  }

  *#drive<T>(coroutine: Co<T>): Co<T> {
    let done = false;
    try {
      let step = coroutine.next();
      while (step.done !== true) {
        let value: unknown;
        try {
          this.#waitsFor = step.value;
          value = yield this;
        } catch (error) {
          step = coroutine.throw(error);
          continue;
        }
        step = coroutine.next(value);
      }
      done = true;
      return step.value;
    } catch (error) {
      done = true;
      throw error;
    } finally {
      // Given up in the middle.
      if (!done) coroutine.return(undefined as T);
    }
  }

  // ── Phases ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** From here on a connection is being established. `attempt`: milliseconds after which another address is tried. */
  connecting(attempt?: number): void {
    const { connectTimeout } = this.#limits;
    if (attempt !== undefined && (connectTimeout === 0 || attempt < connectTimeout)) {
      this.#begin(attempt, () => new NextAddress());
      return;
    }
    this.#begin(
      connectTimeout,
      () =>
        new Failure(FETCH_CODES.connectTimeout, `no connection within ${connectTimeout} ms (connectTimeout)`),
    );
  }

  /** There was a sign of life; the next has to come in time. */
  talking(): void {
    this.#begin(this.#limits.idleTimeout, this.#silent);
  }

  readonly #silent = (): Failure =>
    new Failure(
      FETCH_CODES.idleTimeout,
      `nothing was heard for ${this.#limits.idleTimeout} ms (idleTimeout)`,
    );

  /** From here on nobody is waited for but ourselves. */
  rest(): void {
    this.#late = undefined;
    if (this.#phase !== undefined) this.loop.cancelTimer(this.#phase);
  }

  #begin(milliseconds: number, onEnd: () => unknown): void {
    this.#onPhaseEnd = onEnd;
    this.#late = undefined;
    if (milliseconds === 0) this.rest();
    else if (this.#phase === undefined) this.#phase = this.loop.setTimer(milliseconds, this.#endPhase);
    else this.loop.resetTimer(this.#phase, milliseconds);
  }

  readonly #endPhase = (): void => {
    const error = this.#onPhaseEnd!();
    if (this.#waiter === undefined) this.#late = error;
    else this.#interrupt(error);
  };

  // ── Between the wait and who waits ───────────────────────────────────────────────────────────────────────────

  #interrupt(error: unknown): void {
    const waiter = this.#waiter;
    if (waiter === undefined) {
      this.#pending ??= error;
      return;
    }
    this.#waiter = undefined;
    this.#waitsFor!.unpark(this);
    waiter.fail(error);
  }

  park(waiter: Waiter): void {
    const pending = this.#pending ?? this.#late;
    if (pending !== undefined) {
      this.#pending = undefined;
      this.#late = undefined;
      waiter.fail(pending);
      return;
    }
    this.#waiter = waiter;
    this.#waitsFor!.park(this);
  }

  unpark(): void {
    this.#waiter = undefined;
    this.#waitsFor!.unpark(this);
  }

  resume(value: unknown): void {
    const waiter = this.#waiter!;
    this.#waiter = undefined;
    waiter.resume(value);
  }

  fail(error: unknown): void {
    const waiter = this.#waiter!;
    this.#waiter = undefined;
    waiter.fail(error);
  }
}
