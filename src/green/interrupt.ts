// Throws an error where a coroutine waits: once, so that its `catch` and `finally` run to their end however long they wait,
// which is what separates it from `Task.cancel`. Routes use it for their deadline, and for a client that has gone.
//
//   the coroutine ─ yields ─► what it waits for
//         ▲                        │ park(the interrupt)
//         │ its task ◄─ resume ─ interrupt ◄─ resume
//                     ◄─ fail ───┘ interrupt(error)

import type { Loop } from '../loop/index.ts';
import type { Co, Suspend, Waiter } from '../task/index.ts';
import { relay } from './relay.ts';

export class Interrupt implements Suspend, Waiter {
  /** What the coroutine waits for, and the task that runs it. */
  #suspend: Suspend | undefined;
  #task: Waiter | undefined;
  #parked = false;
  /** To be thrown at the next wait. */
  #pending: { readonly error: unknown } | undefined;
  #interrupted = false;

  /** Runs `coroutine`, which can be interrupted from now on. */
  run<T>(coroutine: Co<T>): Co<T> {
    return relay(coroutine, (suspend) => {
      if (this.#pending !== undefined) {
        const { error } = this.#pending;
        this.#pending = undefined;
        throw error;
      }
      this.#suspend = suspend;
      return this;
    });
  }

  /** Throws `error` where the coroutine waits, or at its next wait. Later calls do nothing. */
  interrupt(error: unknown): void {
    if (this.#interrupted) return;
    this.#interrupted = true;
    if (!this.#parked) {
      this.#pending = { error };
      return;
    }
    this.#suspend!.unpark(this);
    this.fail(error);
  }

  // ── Suspend: what the task parks on ──────────────────────────────────────────────────────────────────────────

  park(task: Waiter): void {
    this.#task = task;
    this.#parked = true;
    this.#suspend!.park(this);
  }

  /** The task was cancelled: that interrupts the coroutine, and nothing else is to. */
  unpark(): void {
    this.#interrupted = true;
    this.#parked = false;
    this.#suspend!.unpark(this);
  }

  get forOwnTasks(): true {
    return this.#suspend?.forOwnTasks as true;
  }

  // ── Waiter: whom what is waited for resumes ──────────────────────────────────────────────────────────────────

  get loop(): Loop {
    return this.#task!.loop;
  }

  resume(value: unknown): void {
    this.#parked = false;
    this.#task!.resume(value);
  }

  fail(error: unknown): void {
    this.#parked = false;
    this.#task!.fail(error);
  }
}
