// A Task runs one coroutine on a loop: it steps the generator, parks on what it yields, and is resumed by that.
// `Scope`, the server's connections and `runTask` make tasks.
//
//              park                      resume / fail / cancel
//   running ─────────► parked on a Suspend ─────────► ready (in the loop's queue) ──► running ─ ─ ► done
//
// Cancelling throws `Cancelled` at the wait, once. What the coroutine then does in `catch` and `finally` may wait
// like any other code, but for at most CLEANUP_DEADLINE in all: after that it is thrown again, and at the next wait the
// coroutine is given up. A wait for tasks of one's own is waited to its end even then: they are given up themselves.

import { AsyncResource } from 'node:async_hooks';
import type { Loop, Runnable, Timer } from '../loop/index.ts';
import type { Co, Suspend, Waiter } from './co.ts';
import { Cancelled } from './errors.ts';
import { isCoroutine, notACoroutine, notASuspend } from './misuse.ts';
import { addAwaiter } from './stack.ts';

/** Milliseconds that the cleanups of a cancelled task may wait: long enough for a ROLLBACK, short enough for a drain. */
export const CLEANUP_DEADLINE = 5_000;
/** How many nested `finally` blocks of a coroutine that is given up may wait in vain. More is a loop around `finally`. */
const MAX_UNWINDS = 100;

export interface TaskOptions {
  /** Shown in errors and their stacks. */
  readonly name?: string;
  /**
   * 'inherit' (default): `AsyncLocalStorage` stores are those of whoever made the task, and its own changes to them
   * survive every wait. 'none': the task neither has nor sets any, which saves the server 60 ns a wait.
   */
  readonly context?: 'inherit' | 'none';
  /** The coroutine has taken its first step already, outside of a task, and has yielded this: the task parks on it at once. */
  readonly waitsFor?: Suspend;
}

type State = 'ready' | 'running' | 'parking' | 'parked' | 'done';
type Listener<T> = (task: Task<T>) => void;

/** What a task has only once it is cancelled. */
interface Cancellation {
  /** To be thrown at the next wait. */
  pending: Cancelled | undefined;
  /** Limits the cleanups. */
  readonly timer: Timer;
  /** Their time is up. */
  over: boolean;
}

export class Task<T> implements Runnable, Waiter, PromiseLike<T> {
  readonly loop: Loop;
  #coroutine: Co<T> | undefined;
  readonly #name: string | undefined;
  #context: AsyncResource | undefined;
  #state: State = 'ready';
  #parkedOn: Suspend | undefined;
  #input: unknown;
  #inputFailed = false;
  #cancellation: Cancellation | undefined;
  #outcome: T | undefined;
  #error: unknown;
  #failed = false;
  /** Most tasks have one listener: an array for it would be a tenth of the task. */
  #listener: Listener<T> | undefined;
  #moreListeners: Listener<T>[] | undefined;

  /** Schedules `coroutine` on `loop`; its first step is taken in the loop's next turn, or this one's rest. */
  constructor(loop: Loop, coroutine: Co<T>, options?: TaskOptions) {
    this.loop = loop;
    this.#coroutine = isCoroutine(coroutine) ? coroutine : failing(notACoroutine(coroutine));
    this.#name = options?.name;
    if (options?.context !== 'none') this.#context = captureContext();
    if (options?.waitsFor === undefined) loop.schedule(this);
    else this.#adopt(options.waitsFor);
  }

  #adopt(suspend: Suspend): void {
    this.#park(suspend);
    if (this.#state === 'parked') return;
    // Woken at once: it goes on in the loop's next turn, when whoever made the task listens to it.
    this.#state = 'ready';
    this.loop.schedule(this);
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
    if (this.#state === 'done' || this.#cancellation !== undefined) return;
    const timer = this.loop.setTimer(CLEANUP_DEADLINE, () => {
      this.#cancellation!.over = true;
      this.#interrupt(new Cancelled(new Error(`cleanups of ${this.name} took over ${CLEANUP_DEADLINE} ms`)));
    });
    this.#cancellation = { pending: undefined, timer, over: false };
    this.#interrupt(new Cancelled(reason));
  }

  #interrupt(cancelled: Cancelled): void {
    if (this.#state !== 'parked') {
      this.#cancellation!.pending = cancelled;
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
        step = failed ? this.#coroutine!.throw(input) : this.#coroutine!.next(input);
      } catch (error) {
        this.#finish(undefined, error, true);
        return;
      }
      if (step.done === true) {
        this.#finish(step.value, undefined, false);
        return;
      }
      const cancellation = this.#cancellation;
      if (cancellation !== undefined) {
        if (cancellation.pending !== undefined) {
          this.#goOn(cancellation.pending, true);
          cancellation.pending = undefined;
          continue;
        }
        if (cancellation.over && step.value?.forOwnTasks !== true) {
          this.#giveUp();
          return;
        }
      }
      this.#park(step.value);
      if ((this.#state as State) === 'parked') return;
    }
  }

  /** Parks on `suspend`, or has the step go on at once. */
  #park(suspend: Suspend): void {
    this.#state = 'parking';
    this.#parkedOn = suspend;
    try {
      suspend.park(this);
    } catch (error) {
      this.#goOn(typeof suspend?.park === 'function' ? error : notASuspend(suspend), true);
      return;
    }
    if (this.#state !== 'parking') return;
    const pending = this.#cancellation?.pending;
    if (pending === undefined) {
      this.#state = 'parked';
      return;
    }
    // Cancelled by what `park` called.
    suspend.unpark(this);
    this.#cancellation!.pending = undefined;
    this.#goOn(pending, true);
  }

  #goOn(input: unknown, failed: boolean): void {
    this.#state = 'running';
    this.#parkedOn = undefined;
    this.#input = input;
    this.#inputFailed = failed;
  }

  /** A coroutine that waits again after its cleanups were cut off: its `finally` blocks run, each up to its first wait. */
  #giveUp(): void {
    const error = new Cancelled(
      new Error(`${this.name} went on waiting after it was cancelled, and was given up`),
    );
    try {
      let unwinds = 0;
      while (this.#coroutine!.return(undefined as T).done !== true && unwinds < MAX_UNWINDS) unwinds++;
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
    // Whoever keeps the task for its result keeps no more than that.
    this.#coroutine = undefined;
    this.#context = undefined;
    if (this.#cancellation !== undefined) this.loop.cancelTimer(this.#cancellation.timer);
    const listener = this.#listener;
    const more = this.#moreListeners;
    this.#listener = undefined;
    this.#moreListeners = undefined;
    if (listener !== undefined) this.#tell(listener);
    else if (failed && !(error instanceof Cancelled)) reportUnhandled(error);
    if (more !== undefined) for (const another of more) this.#tell(another);
  }

  #tell(listener: Listener<T>): void {
    try {
      listener(this);
    } catch (thrown) {
      // The others wait for this task no less.
      reportUnhandled(thrown);
    }
  }

  // ── Waiting for it ───────────────────────────────────────────────────────────────────────────────────────────

  /** Calls `listener` when the task is done, at once if it is. */
  onDone(listener: Listener<T>): void {
    if (this.#state === 'done') listener(this);
    else if (this.#listener === undefined) this.#listener = listener;
    else (this.#moreListeners ??= []).push(listener);
  }

  /** Forgets a listener given to {@link onDone}. */
  offDone(listener: Listener<T>): void {
    if (this.#listener === listener) {
      this.#listener = this.#moreListeners?.shift();
      return;
    }
    const index = this.#moreListeners?.indexOf(listener) ?? -1;
    if (index !== -1) this.#moreListeners!.splice(index, 1);
  }

  /** Waits for the task's end, in a coroutine: its result, or what it threw; `Cancelled` where that task was cancelled. */
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
  #waiter: Waiter | undefined;

  constructor(task: Task<T>) {
    this.#task = task;
  }

  park(waiter: Waiter): void {
    if (waiter === (this.#task as unknown)) throw new Error(`${this.#task.name} waits for its own end`);
    this.#waiter = waiter;
    this.#task.onDone(this.#onDone);
  }

  unpark(): void {
    // Another listener of the task's end may be who cancels the waiter: taking this one back is too late then.
    this.#waiter = undefined;
    this.#task.offDone(this.#onDone);
  }

  readonly #onDone = (): void => this.#waiter?.resume(undefined);
}

// biome-ignore lint/correctness/useYield: it is a coroutine that fails before it waits.
function* failing(error: Error): Co<never> {
  throw error;
}

/** An error that nobody waits for ends up where a promise's does. */
function reportUnhandled(error: unknown): void {
  void Promise.reject(error);
}

/** The current `AsyncLocalStorage` stores, to run something in later. 40 ns; `AsyncLocalStorage.snapshot` is 700. */
function captureContext(): AsyncResource {
  return new AsyncResource('siskin.Task', { requireManualDestroy: true });
}
