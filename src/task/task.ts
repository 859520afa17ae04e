// A Task runs one coroutine on a loop: it steps the generator, parks on what it yields, and is resumed by that.
// `Scope`, the server's connections and `runTask` make tasks.
//
//              park                      resume / fail / cancel
//   running ─────────► parked on a Suspend ─────────► ready (in the loop's queue) ──► running ─ ─ ► done
//
// Cancelling throws `Cancelled` at the wait, once. What the coroutine then does in `catch` and `finally` may wait
// like any other code, but for at most CLEANUP_DEADLINE in all: after that it is thrown again, and at the next wait the
// coroutine is given up.

import { AsyncResource } from 'node:async_hooks';
import type { Loop, Runnable, Timer } from '../loop/index.ts';
import type { Co, Suspend, Waiter } from './co.ts';
import { Cancelled } from './errors.ts';
import { addAwaiter } from './stack.ts';

/** Milliseconds that the cleanups of a cancelled task may wait: long enough for a ROLLBACK, short enough for a drain. */
export const CLEANUP_DEADLINE = 5_000;

export interface TaskOptions {
  /** Shown in errors and their stacks. */
  readonly name?: string;
  /**
   * 'inherit' (default): `AsyncLocalStorage` stores are those of whoever made the task, and its own changes to them
   * survive every wait. 'none': the task neither has nor sets any, which saves the server 60 ns a wait.
   */
  readonly context?: 'inherit' | 'none';
}

type State = 'ready' | 'running' | 'parking' | 'parked' | 'done';
type Listener<T> = (task: Task<T>) => void;

export class Task<T> implements Runnable, Waiter, PromiseLike<T> {
  readonly loop: Loop;
  readonly #coroutine: Co<T>;
  readonly #name: string | undefined;
  #context: AsyncResource | undefined;
  #state: State = 'ready';
  #parkedOn: Suspend | undefined;
  #input: unknown;
  #inputFailed = false;
  #cancelPending: Cancelled | undefined;
  #cleanup: Timer | undefined;
  #cleanupOver = false;
  #outcome: T | undefined;
  #error: unknown;
  #failed = false;
  #listeners: Array<Listener<T>> | undefined;

  /** Schedules `coroutine` on `loop`; its first step is taken in the loop's next turn, or this one's rest. */
  constructor(loop: Loop, coroutine: Co<T>, options?: TaskOptions) {
    this.loop = loop;
    this.#coroutine = coroutine;
    this.#name = options?.name;
    if (options?.context !== 'none') this.#context = captureContext();
    loop.schedule(this);
  }

  get name(): string {
    return this.#name ?? 'a task';
  }

  get done(): boolean {
    return this.#state === 'done';
  }

  /** What the coroutine threw, once `done`; `Cancelled` where it was cancelled. */
  get error(): unknown {
    return this.#error;
  }

  get failed(): boolean {
    return this.#failed;
  }

  /** What the coroutine returned, once `done`. Throws what it threw. */
  get result(): T {
    if (this.#state !== 'done') throw new Error(`${this.name} has not finished`);
    if (this.#failed) throw this.#error;
    return this.#outcome as T;
  }

  // ── Waiter: called by what the task is parked on ─────────────────────────────────────────────────────────────

  resume(value: unknown): void {
    this.#wake(value, false);
  }

  fail(error: unknown): void {
    this.#wake(error, true);
  }

  #wake(input: unknown, failed: boolean): void {
    if (this.#state === 'parking') {
      // Resumed while it was being parked: the step goes on without a trip through the queue.
      this.#state = 'running';
    } else if (this.#state === 'parked') {
      this.#state = 'ready';
      this.loop.schedule(this);
    } else {
      throw new Error(`${this.name} was resumed twice for one wait`);
    }
    this.#parkedOn = undefined;
    this.#input = input;
    this.#inputFailed = failed;
  }

  // ── Cancellation ─────────────────────────────────────────────────────────────────────────────────────────────

  /** Throws `Cancelled(reason)` where the task waits, or at its next wait. Later calls, and calls when done, do nothing. */
  cancel(reason?: unknown): void {
    if (this.#state === 'done' || this.#cleanup !== undefined) return;
    this.#cleanup = this.loop.setTimer(CLEANUP_DEADLINE, () => {
      this.#cleanupOver = true;
      this.#interrupt(new Cancelled(new Error(`cleanups of ${this.name} took over ${CLEANUP_DEADLINE} ms`)));
    });
    this.#interrupt(new Cancelled(reason));
  }

  #interrupt(cancelled: Cancelled): void {
    if (this.#state !== 'parked') {
      this.#cancelPending = cancelled;
      return;
    }
    this.#parkedOn!.unpark(this);
    this.fail(cancelled);
  }

  // ── Runnable: called by the loop ─────────────────────────────────────────────────────────────────────────────

  run(): void {
    if (this.#context === undefined) this.#step();
    else this.#context.runInAsyncScope(this.#stepInContext, this);
  }

  #stepInContext(): void {
    this.#step();
    // The coroutine may have entered a store (`enterWith`) that it expects to find after the wait.
    if (this.#state !== 'done') this.#context = captureContext();
  }

  #step(): void {
    this.#state = 'running';
    for (;;) {
      const input = this.#input;
      const failed = this.#inputFailed;
      this.#input = undefined;
      this.#inputFailed = false;
      let step: IteratorResult<Suspend, T>;
      try {
        step = failed ? this.#coroutine.throw(input) : this.#coroutine.next(input);
      } catch (error) {
        this.#finish(undefined, error, true);
        return;
      }
      if (step.done === true) {
        this.#finish(step.value, undefined, false);
        return;
      }
      if (this.#cancelPending !== undefined) {
        this.#input = this.#cancelPending;
        this.#inputFailed = true;
        this.#cancelPending = undefined;
        continue;
      }
      if (this.#cleanupOver) {
        this.#giveUp();
        return;
      }
      this.#park(step.value);
      if ((this.#state as State) === 'parked') return;
    }
  }

  #park(suspend: Suspend): void {
    this.#state = 'parking';
    this.#parkedOn = suspend;
    try {
      suspend.park(this);
    } catch (error) {
      this.#wake(error, true);
    }
    if (this.#state === 'parking') this.#state = 'parked';
  }

  /** A coroutine that waits again after its cleanups were cut off: its `finally` blocks run, up to their first wait. */
  #giveUp(): void {
    const error = new Cancelled(
      new Error(`${this.name} went on waiting after it was cancelled, and was given up`),
    );
    try {
      this.#coroutine.return(undefined as T);
    } catch {
      // What it throws on the way out says less than that it had to be given up.
    }
    this.#finish(undefined, error, true);
  }

  #finish(outcome: T | undefined, error: unknown, failed: boolean): void {
    this.#state = 'done';
    this.#outcome = outcome;
    this.#error = error;
    this.#failed = failed;
    if (this.#cleanup !== undefined) this.loop.cancelTimer(this.#cleanup);
    const listeners = this.#listeners;
    this.#listeners = undefined;
    if (listeners !== undefined) {
      for (const listener of listeners) listener(this);
    } else if (failed && !(error instanceof Cancelled)) {
      // Nobody waits for this task: its error ends up where a promise's does, `unhandledRejection`.
      void Promise.reject(error);
    }
  }

  // ── Waiting for it ───────────────────────────────────────────────────────────────────────────────────────────

  /** Calls `listener` when the task is done, at once if it is. */
  onDone(listener: Listener<T>): void {
    if (this.#state === 'done') listener(this);
    else if (this.#listeners === undefined) this.#listeners = [listener];
    else this.#listeners.push(listener);
  }

  /** Forgets a listener given to {@link onDone}. */
  offDone(listener: Listener<T>): void {
    const index = this.#listeners?.indexOf(listener) ?? -1;
    if (index !== -1) this.#listeners!.splice(index, 1);
  }

  /** Waits for the task's end, in a coroutine: its result, or what it threw. */
  *join(): Co<T> {
    if (this.#state !== 'done') yield new Join(this);
    if (this.#failed) throw addAwaiter(this.#error, this.name);
    return this.#outcome as T;
  }

  /** Waits for the task's end, in ordinary async code: `await task`. */
  // biome-ignore lint/suspicious/noThenProperty: a task is awaitable by design.
  then<A = T, B = never>(
    onResult?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    const ended = new Promise<T>((resolve, reject) => {
      this.onDone((task) => (task.failed ? reject(task.error) : resolve(task.result)));
    });
    return ended.then(onResult, onError);
  }
}

/**
 * Runs `coroutine` as a task of `loop`. Within another coroutine prefer a `scope`, which owns what it spawns.
 *
 * @example const answer = await spawn(loop, ask(connection));
 */
export function spawn<T>(loop: Loop, coroutine: Co<T>, options?: TaskOptions): Task<T> {
  return new Task(loop, coroutine, options);
}

class Join<T> implements Suspend {
  readonly #task: Task<T>;
  #listener: Listener<T> | undefined;

  constructor(task: Task<T>) {
    this.#task = task;
  }

  park(waiter: Waiter): void {
    this.#listener = () => waiter.resume(undefined);
    this.#task.onDone(this.#listener);
  }

  unpark(): void {
    this.#task.offDone(this.#listener!);
  }
}

/** The current `AsyncLocalStorage` stores, to run something in later. 40 ns; `AsyncLocalStorage.snapshot` is 700. */
function captureContext(): AsyncResource {
  return new AsyncResource('siskin.Task', { requireManualDestroy: true });
}
