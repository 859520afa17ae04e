// A green coroutine: a twin that runs. Its first step is taken at once, where it is started, so that what never waits
// costs no task and no turn of the loop; at its first wait it becomes a task.
//
//   start(twin.call(app, req, res))     the value, if it never waited; or a Pending

import { type Co, type Suspend, Task } from '../task/index.ts';
import { currentLoop } from './loop.ts';

let current: Coroutine | undefined;

/** The coroutine whose step is being taken. */
export function currentCoroutine(): Coroutine | undefined {
  return current;
}

/** Steps `twin`, and knows meanwhile that it is being stepped. What a task runs. */
export class Coroutine {
  readonly #twin: Co<unknown>;

  constructor(twin: Co<unknown>) {
    this.#twin = twin;
  }

  next(value?: unknown): IteratorResult<Suspend, unknown> {
    const outer = current;
    current = this;
    try {
      return this.#twin.next(value);
    } finally {
      current = outer;
    }
  }

  throw(error: unknown): IteratorResult<Suspend, unknown> {
    const outer = current;
    current = this;
    try {
      return this.#twin.throw(error);
    } finally {
      current = outer;
    }
  }

  return(value: unknown): IteratorResult<Suspend, unknown> {
    const outer = current;
    current = this;
    try {
      return this.#twin.return(value);
    } finally {
      current = outer;
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

/** Takes the first step of `twin` now. Returns what it returned, throws what it threw, or `Pending` where it waits. */
export function start(twin: Co<unknown>, name?: string): unknown {
  const coroutine = new Coroutine(twin);
  const step = coroutine.next();
  if (step.done === true) return step.value;
  const options = { waitsFor: step.value, ...(name !== undefined && { name }) };
  return new Pending(new Task(currentLoop(), coroutine as unknown as Co<unknown>, options));
}
