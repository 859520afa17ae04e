// spawn: a function call that runs beside its caller, and a handle for it. What `siskin/green` has for concurrency within a
// request.

import { Cancelled, type Co, until } from '../task/index.ts';
import { Pending, start } from './coroutine.ts';
import { captureStores } from './stores.ts';
import { registerTwin, twinOf } from './twin.ts';

/** A call made by `spawn`. `await` it, or `join()` it in green code. */
export class Spawned<T> implements PromiseLike<T> {
  #state: 'running' | 'returned' | 'threw' = 'running';
  #outcome: unknown;
  readonly #pending: Pending | undefined;
  /** Somebody will hear of the error. */
  #heard = false;
  /** An error that nobody has heard of: Node reports it. */
  #unheard: Promise<never> | undefined;

  constructor(begin: () => unknown) {
    let value: unknown;
    try {
      value = begin();
    } catch (error) {
      this.#end('threw', error);
      return;
    }
    if (!(value instanceof Pending)) {
      this.#end('returned', value);
      return;
    }
    this.#pending = value;
    value.task.onDone((task) => {
      if (task.failed) this.#end('threw', task.error);
      else this.#end('returned', task.result);
    });
  }

  #end(state: 'returned' | 'threw', outcome: unknown): void {
    this.#state = state;
    this.#outcome = outcome;
    if (state === 'returned' || this.#heard || outcome instanceof Cancelled) return;
    this.#unheard = Promise.reject(outcome);
  }

  #hear(): void {
    this.#heard = true;
    this.#unheard?.catch(() => {});
  }

  /** It has returned or thrown. */
  get done(): boolean {
    return this.#state !== 'running';
  }

  /**
   * Waits for its end: what it returned, its promise's value where that is one; or throws what it threw. Only green code can
   * wait so: elsewhere `await` the handle.
   */
  join(): Awaited<T> {
    if (this.#state === 'running' || isPromise(this.#outcome)) {
      throw new Error(
        'join() waits in green code only, and this call comes from code that runs plain: await the handle instead',
      );
    }
    return this.#result() as Awaited<T>;
  }

  /** What `join` does in green code. */
  *joining(): Co<Awaited<T>> {
    this.#hear();
    if (this.#state === 'running') return (yield* this.#pending!.task.join()) as Awaited<T>;
    const result = this.#result();
    return (isPromise(result) ? yield* until(result) : result) as Awaited<T>;
  }

  #result(): unknown {
    this.#hear();
    if (this.#state === 'threw') throw this.#outcome;
    return this.#outcome;
  }

  /**
   * Throws `Cancelled` where it waits; its `catch` and `finally` may wait for 5 s. Does nothing to a call that is done, or is
   * an async function's: tell that one with an AbortSignal.
   */
  cancel(reason?: unknown): void {
    this.#pending?.task.cancel(reason);
  }

  /** Waits for its end in ordinary async code: `await spawn(work)`. */
  // biome-ignore lint/suspicious/noThenProperty: a handle is awaitable by design.
  then<A = Awaited<T>, B = never>(
    onResult?: ((value: Awaited<T>) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#hear();
    return this.#promise().then(onResult as (value: unknown) => A | PromiseLike<A>, onError);
  }

  async #promise(): Promise<unknown> {
    return this.#state === 'running' ? this.#pending!.promise : this.#result();
  }
}

registerTwin(Spawned.prototype.join, function (this: unknown) {
  return (this as Spawned<never>).joining();
} as never);

/**
 * Calls `fn`, which runs until it first waits; then the caller goes on, and so does `fn` when what it waits for has come. It has
 * the caller's AsyncLocalStorage stores, and changes to them are its own. What it throws is thrown by `join` or `await`; if
 * nobody does either, it is an unhandled rejection.
 *
 * @example
 * const user = spawn(fetchUser, id);
 * const orders = spawn(fetchOrders, id);
 * render(user.join(), orders.join());
 */
export function spawn<A extends unknown[], T>(fn: (...args: A) => T, ...args: A): Spawned<T> {
  if (typeof fn !== 'function')
    throw new TypeError(`spawn(fn, ...args): fn must be a function; got ${typeof fn}`);
  const twin = twinOf(fn);
  return new Spawned(() =>
    captureStores().runInAsyncScope(() =>
      twin === undefined ? fn(...args) : start(twin.apply(undefined, args), fn.name),
    ),
  );
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
