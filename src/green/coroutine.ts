// A green coroutine: a twin that runs. Its first step is taken at once, where it is started, so that what never waits
// costs no task and no turn of the loop; at its first wait it becomes a task.
//
//   start(twin.call(app, req, res))     the value, if it never waited; or a Pending

import { type Co, type Suspend, Task } from '../task/index.ts';
import { currentLoop } from './loop.ts';
import { NOT_PLAIN, state } from './state.ts';
import { closeJournal, openJournal } from './stores.ts';

/** The coroutine whose step is being taken. */
export function currentCoroutine(): Coroutine | undefined {
  return state.current;
}

/** Steps `twin`, and knows meanwhile that it is being stepped. What a task runs. */
export class Coroutine {
  readonly #twin: Co<unknown>;

  constructor(twin: Co<unknown>) {
    this.#twin = twin;
  }

  /** Whether `twin` is what it runs, not something that this has called. */
  runs(twin: Co<unknown>): boolean {
    return this.#twin === twin;
  }

  next(value?: unknown): IteratorResult<Suspend, unknown> {
    const { current, plain } = state;
    state.current = this;
    state.plain = NOT_PLAIN;
    try {
      return this.#twin.next(value);
    } finally {
      state.current = current;
      state.plain = plain;
    }
  }

  throw(error: unknown): IteratorResult<Suspend, unknown> {
    const { current, plain } = state;
    state.current = this;
    state.plain = NOT_PLAIN;
    try {
      return this.#twin.throw(error);
    } finally {
      state.current = current;
      state.plain = plain;
    }
  }

  return(value: unknown): IteratorResult<Suspend, unknown> {
    const { current, plain } = state;
    state.current = this;
    state.plain = NOT_PLAIN;
    try {
      return this.#twin.return(value);
    } finally {
      state.current = current;
      state.plain = plain;
    }
  }

  [Symbol.iterator](): this {
    return this;
  }
}

/** A coroutine that was started and waits. */
export class Pending {
  readonly task: Task<unknown>;

  constructor(task: Task<unknown>) {
    this.task = task;
  }

  /** What it will return or throw. */
  get promise(): Promise<unknown> {
    return this.task.then();
  }
}

/**
 * Takes the first step of `twin` now. Returns what it returned, throws what it threw, or `Pending` where it waits: then the
 * caller's AsyncLocalStorage stores are what they were before.
 */
export function start(twin: Co<unknown>, name?: string): unknown {
  const coroutine = new Coroutine(twin);
  const journal = openJournal();
  let pending: Pending | undefined;
  try {
    const step = coroutine.next();
    if (step.done === true) return step.value;
    const options = { waitsFor: step.value, ...(name !== undefined && { name }) };
    pending = new Pending(new Task(currentLoop(), coroutine as unknown as Co<unknown>, options));
    return pending;
  } finally {
    closeJournal(journal, pending !== undefined);
  }
}
