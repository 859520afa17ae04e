// Structured concurrency: a Scope owns the tasks spawned in it. None outlives it; an error in one cancels the others;
// cancelling whoever waits for the scope cancels all of them.
//
//   yield* scope(function* (tasks) {
//     tasks.spawn(pump(client, upstream));     ┐ when one fails, the other is cancelled, both have
//     tasks.spawn(pump(upstream, client));     ┘ ended, and then `scope` throws the error
//   });

import type { Loop } from '../loop/index.ts';
import type { Co, Suspend, Waiter } from './co.ts';
import { Cancelled } from './errors.ts';
import { addAwaiter } from './stack.ts';
import { Task, type TaskOptions } from './task.ts';

/** Owns tasks. Made by {@link scope}; `spawn` may be called by anybody while the scope is open. */
export class Scope {
  readonly loop: Loop;
  readonly #tasks = new Set<Task<unknown>>();
  #errors: unknown[] = [];
  #cancelled: { reason: unknown } | undefined;
  #waiter: Waiter | undefined;
  #closed = false;

  constructor(loop: Loop) {
    this.loop = loop;
  }

  /** Starts `coroutine` as a task of this scope. Throws where the scope has ended. */
  spawn<T>(coroutine: Co<T>, options?: TaskOptions): Task<T> {
    if (this.#closed) throw new Error('this scope has ended: nothing would own the task');
    const task = new Task(this.loop, coroutine, options);
    this.#tasks.add(task as Task<unknown>);
    task.onDone((ended) => this.#taskEnded(ended as Task<unknown>));
    if (this.#cancelled !== undefined) task.cancel(this.#cancelled.reason);
    return task;
  }

  /** Cancels every task, those still to be spawned too. */
  cancel(reason?: unknown): void {
    if (this.#cancelled !== undefined) return;
    this.#cancelled = { reason };
    for (const task of this.#tasks) task.cancel(reason);
  }

  /** It has ended: nothing can be spawned in it any more. */
  get closed(): boolean {
    return this.#closed;
  }

  /** How many tasks are running. */
  get size(): number {
    return this.#tasks.size;
  }

  #taskEnded(task: Task<unknown>): void {
    this.#tasks.delete(task);
    if (task.failed && !(task.error instanceof Cancelled)) {
      this.#errors.push(task.error);
      this.cancel(task.error);
    }
    if (this.#tasks.size > 0) return;
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.resume(undefined);
  }

  /** Waits until no task is left, cancelled or not; then throws what they threw, were it anything. */
  *close(): Co<void> {
    if (this.#waiter !== undefined)
      throw new Error('somebody already waits for this scope’s end: scope() itself does');
    let interrupted: unknown;
    while (this.#tasks.size > 0) {
      try {
        yield this.#empty;
      } catch (error) {
        // Whoever waits here was cancelled: so are the tasks, and the wait for their end goes on.
        interrupted ??= error;
        this.cancel(error instanceof Cancelled ? error.reason : error);
      }
    }
    this.#closed = true;
    if (this.#errors.length > 1)
      throw new AggregateError(this.#errors, `${this.#errors.length} tasks failed`);
    if (this.#errors.length === 1) throw addAwaiter(this.#errors[0], 'a scope');
    if (interrupted !== undefined) throw interrupted;
  }

  readonly #empty: Suspend = {
    park: (waiter) => {
      this.#waiter = waiter;
    },
    unpark: () => {
      this.#waiter = undefined;
    },
    forOwnTasks: true,
  };
}

const CURRENT: Suspend = {
  park: (waiter) => waiter.resume(waiter),
  unpark: () => {},
};

/** The task that runs this coroutine. */
export function* currentTask(): Co<Waiter> {
  return (yield CURRENT) as Waiter;
}

/**
 * Runs `body` with a scope of its own, and ends when `body` and every task spawned in it have. `body` is itself a task
 * of the scope, so that a sibling's error cancels it too.
 *
 * @returns what `body` returned. Throws the first error of any task (an AggregateError where there were several).
 */
export function* scope<T>(body: (scope: Scope) => Co<T>): Co<T> {
  const { loop } = yield* currentTask();
  const owner = new Scope(loop);
  const main = owner.spawn(body(owner), { name: 'a scope’s body' });
  yield* owner.close();
  return main.result;
}
