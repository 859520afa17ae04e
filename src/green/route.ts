// Limits of a route: how many requests run in it at once, how long one may take, and whether it ends when its client goes.
// Where nothing of the kind is asked for, a green handler runs to its end, as the same code does plain.

import { Cancelled, type Co, DeadlineExceeded, Semaphore, until } from '../task/index.ts';
import { clientOf } from './client.ts';
import { currentCoroutine } from './coroutine.ts';
import { enterPromising, invoke, root } from './enter.ts';
import { CANCELS } from './fetch.ts';
import { Interrupt } from './interrupt.ts';
import { currentLoop } from './loop.ts';
import { type AnyFunction, attachHidden, type Twin } from './twin.ts';

export interface RouteOptions {
  /** How many requests run in the handler at once; the others wait, first come first served. Unlimited by default. */
  readonly limit?: number;
  /** How many may wait for `limit`; who comes then gets RouteFull, a 503. */
  readonly queue?: number;
  /**
   * Milliseconds, waiting for `limit` included. Then DeadlineExceeded is thrown where the handler waits; `catch` and `finally`
   * run, and may wait. It can't interrupt what computes, and stops waiting for an async function, which itself runs on.
   */
  readonly deadline?: number;
  /** 'client': `Cancelled` is thrown where the handler waits when its client has gone. 'never' is the default. */
  readonly cancel?: 'never' | 'client';
}

/** Requests that wait for their turn cost memory: what a queue holds unless it is told otherwise. */
const DEFAULT_QUEUE = 1_000;

/** As many requests as may wait for a route wait already. Frameworks answer it with its `status`. */
export class RouteFull extends Error {
  override readonly name = 'RouteFull';
  readonly code = 'ERR_ROUTE_FULL';
  readonly status = 503;
  readonly statusCode = 503;

  constructor(limit: number, queue: number) {
    super(`${limit} requests run in this route, and ${queue} wait for it`);
  }
}

/**
 * `handler` within limits: a fetch handler, `(req, res)`, or a framework's. An error that a limit brought about goes to whoever
 * called it, so that a framework's error handling gets it; where that is nobody, the answer is a 503.
 *
 * @throws TypeError or RangeError where an option is not what it must be.
 * @example app.get('/report', route({ limit: 4, deadline: 10_000 }, (req, res) => res.send(report(req.query))));
 */
export function route<F extends AnyFunction>(options: RouteOptions, handler: F): F {
  check(options, handler);
  const gate =
    options.limit === undefined ? undefined : new Gate(options.limit, options.queue ?? DEFAULT_QUEUE);
  const routed = function (this: unknown, ...args: unknown[]): unknown {
    if (root()) return enterPromising(twin, this, args);
    // Plain code has called it in the middle of a coroutine: it cannot wait, and may not fail for that.
    return Reflect.apply(handler, this as never, args as never);
  } as AnyFunction;
  const twin = function (this: unknown, ...args: unknown[]): Co<unknown> {
    const outermost = (): boolean => currentCoroutine()?.runs(coroutine) === true;
    const coroutine = limited(options, gate, outermost, args, () => invoke(handler, this, args));
    return coroutine;
  } as unknown as Twin;
  Object.defineProperties(routed, {
    name: { value: handler.name, configurable: true },
    length: { value: handler.length, configurable: true },
    ...(options.cancel === 'client' && { [CANCELS]: { value: true } }),
  });
  return attachHidden(routed, twin) as F;
}

function* limited(
  options: RouteOptions,
  gate: Gate | undefined,
  outermost: () => boolean,
  args: readonly unknown[],
  call: () => Co<unknown>,
): Co<unknown> {
  const interrupt = new Interrupt();
  const clean: (() => void)[] = [];
  if (options.deadline !== undefined) clean.push(setDeadline(options.deadline, interrupt));
  if (options.cancel === 'client') clean.push(watch(args, interrupt));
  try {
    return yield* interrupt.run(passing(gate, call));
  } catch (error) {
    const client = isLimit(error) && outermost() ? clientOf(args) : undefined;
    if (client === undefined) throw error;
    return client.refuse(error as Error);
  } finally {
    for (const undo of clean) undo();
  }
}

function* passing(gate: Gate | undefined, call: () => Co<unknown>): Co<unknown> {
  if (gate !== undefined) yield* gate.enter();
  try {
    const result = yield* call();
    return isPromise(result) ? yield* until(result) : result;
  } finally {
    gate?.leave();
  }
}

function setDeadline(milliseconds: number, interrupt: Interrupt): () => void {
  const loop = currentLoop();
  const timer = loop.setTimer(milliseconds, () => {
    // Frameworks answer an error with its status.
    interrupt.interrupt(Object.assign(new DeadlineExceeded(milliseconds), { status: 503, statusCode: 503 }));
  });
  return () => loop.cancelTimer(timer);
}

function watch(args: readonly unknown[], interrupt: Interrupt): () => void {
  const client = clientOf(args);
  if (client === undefined) return () => {};
  return client.onGone(() => interrupt.interrupt(new Cancelled(new Error('the client has gone'))));
}

function isLimit(error: unknown): boolean {
  return error instanceof RouteFull || error instanceof DeadlineExceeded || error instanceof Cancelled;
}

/** Lets so many in at once, and so many wait. */
class Gate {
  readonly #limit: number;
  readonly #queue: number;
  readonly #permits: Semaphore;
  #waiting = 0;

  constructor(limit: number, queue: number) {
    this.#limit = limit;
    this.#queue = queue;
    this.#permits = new Semaphore(limit);
  }

  *enter(): Co<void> {
    if (this.#permits.tryAcquire()) return;
    if (this.#waiting >= this.#queue) throw new RouteFull(this.#limit, this.#queue);
    this.#waiting++;
    try {
      yield* this.#permits.acquire();
    } finally {
      this.#waiting--;
    }
  }

  leave(): void {
    this.#permits.release();
  }
}

function check(options: RouteOptions, handler: unknown): void {
  if (typeof handler !== 'function') {
    throw new TypeError(`route(options, handler): handler must be a function; got ${typeof handler}`);
  }
  const { limit, queue, deadline, cancel } = options;
  const rows = [
    ['limit', limit, 1],
    ['queue', queue, 0],
    ['deadline', deadline, 1],
  ] as const;
  for (const [name, value, least] of rows) {
    if (value !== undefined && !(Number.isInteger(value) && value >= least)) {
      throw new RangeError(`route: ${name} must be a whole number, at least ${least}; got ${String(value)}`);
    }
  }
  if (cancel !== undefined && cancel !== 'never' && cancel !== 'client') {
    throw new TypeError(`route: cancel must be 'never' or 'client'; got ${String(cancel)}`);
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
