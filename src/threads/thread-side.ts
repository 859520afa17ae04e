// A thread of the pool, from within: takes one request after the other from its port, and calls the app. Made by the thread's
// first file (`src/worker/thread-main.ts`); tests run it at the other end of a channel, in the same thread.

import { AsyncResource } from 'node:async_hooks';
import type { App, FetchApp, LATER } from '../app/index.ts';
import { createKernel } from '../kernel/index.ts';
import { Loop } from '../loop/index.ts';
import { Task } from '../task/index.ts';
import {
  type Answer,
  type FromThread,
  type Port,
  packError,
  type RequestMessage,
  type ToThread,
  unpackError,
} from './messages.ts';
import { type Outbox, ThreadExchange } from './thread-exchange.ts';

/** One of the thread's apps, and how its work ends. */
export type Door =
  /** What `handle` returns tells. */
  | { readonly kind: 'fetch'; readonly app: FetchApp }
  /** The end of the answer does: see `LATER`. */
  | { readonly kind: 'node'; readonly app: App };

/** Its request, while there is one. */
interface Current {
  readonly exchange: ThreadExchange;
  readonly door: Door | undefined;
  /** The handler has still to return, or what it returned to come to its end. */
  working: boolean;
  task: Task<void> | undefined;
}

export class ThreadSide implements Outbox {
  readonly #port: Port<FromThread, ToThread>;
  readonly #doors = new Map<number, Door>();
  /** Every handler starts in it: whatever one request puts into `AsyncLocalStorage`, no other sees. */
  readonly #context = new AsyncResource('siskin.Thread', { requireManualDestroy: true });
  #current: Current | undefined;
  #loop: Loop | undefined;
  #pending = false;
  #date = '';
  #dateUntil = 0;
  /** Ends what the app has begun: called once, at the end. */
  onRelease: () => Promise<void> = () => Promise.resolve();

  constructor(port: Port<FromThread, ToThread>) {
    this.#port = port;
    port.on('message', (message) => this.#hear(message));
  }

  /** Requests for `number` go to `door` from now on; to nobody without one. */
  open(number: number, door: Door | undefined): void {
    if (door === undefined) this.#doors.delete(number);
    else this.#doors.set(number, door);
  }

  tell(message: FromThread): void {
    this.#port.postMessage(message);
  }

  post(message: Answer, transfer?: readonly ArrayBuffer[]): void {
    this.#port.postMessage(message, transfer);
  }

  date(): string {
    const now = Date.now();
    if (now >= this.#dateUntil || now < this.#dateUntil - 1000) {
      this.#date = new Date(now).toUTCString();
      this.#dateUntil = now + 1000 - (now % 1000);
    }
    return this.#date;
  }

  #hear(message: ToThread): void {
    if (message.type === 'request') this.#begin(message);
    else if (message.type === 'ping') this.tell({ type: 'pong' });
    else if (message.type === 'release') void this.#release();
    else this.#hearOf(message);
  }

  #hearOf(message: Exclude<ToThread, RequestMessage | { type: 'ping' | 'release' }>): void {
    const exchange = this.#current?.exchange;
    if (exchange === undefined || exchange.id !== message.id) return;
    if (message.type === 'piece') exchange.body.receive(message.bytes);
    else if (message.type === 'body ended') {
      exchange.trailers = message.trailers;
      exchange.body.end();
      this.#progress();
    } else if (message.type === 'body failed') {
      exchange.body.fail(unpackError(message.error));
      this.#progress();
    } else if (message.type === 'taken') exchange.taken(message.count);
    else if (message.type === 'abort') exchange.abort(unpackError(message.error));
    else this.#lose(exchange, unpackError(message.error));
  }

  /**
   * Nobody waits for the answer. A fetch handler still comes to its end; of a listener nothing tells when it has, so that it
   * is taken to be over when the event loop has turned.
   */
  #lose(exchange: ThreadExchange, reason: Error): void {
    exchange.lose(reason);
    this.#current?.task?.cancel(reason);
    if (this.#current?.door?.kind === 'node') setImmediate(this.#progress);
    else this.#progress();
  }

  #begin(request: RequestMessage): void {
    const door = this.#doors.get(request.door);
    const answersLast = door?.kind === 'fetch';
    const exchange = new ThreadExchange(request, this, { answersLast, onProgress: this.#progress });
    const current: Current = { exchange, door, working: true, task: undefined };
    // A coroutine may still be on its way to its end, behind its answer.
    this.#current?.exchange.finish();
    this.#current = current;
    if (door === undefined) {
      current.working = false;
      exchange.respond(503, '', ['Content-Type', 'text/plain; charset=utf-8'], CLOSED_DOOR);
      return;
    }
    let work: Work;
    try {
      work = this.#context.runInAsyncScope(callHandle, this, door.app, exchange);
    } catch (error) {
      this.#end(current, error, true);
      return;
    }
    if (work === undefined || typeof work === 'symbol') {
      current.working = false;
      this.#progress();
    } else if (work instanceof Task) {
      current.task = work;
      work.onDone((task) => this.#end(current, task.error, task.failed));
    } else {
      work.then(
        () => this.#end(current, undefined, false),
        (error: unknown) => this.#end(current, error, true),
      );
    }
    if (door.kind === 'fetch') this.#watchBackground(door.app);
  }

  #end(current: Current, error: unknown, failed: boolean): void {
    const { exchange } = current;
    current.working = false;
    if (failed) exchange.fail(error);
    else if (exchange.state === 'open') exchange.fail(new Error('the app finished without answering'));
    this.#progress();
  }

  /** Coroutines wait on a loop of this thread's own, on Node's timers: native ones would not survive its end. */
  loop(): Loop {
    if (this.#loop === undefined) {
      this.#loop = new Loop(createKernel('node'));
      this.#loop.attach();
    }
    return this.#loop;
  }

  /** Says that the thread is free, as soon as that is so. */
  readonly #progress = (): void => {
    const current = this.#current;
    if (current === undefined) return;
    const { exchange, door } = current;
    const { state, gone } = exchange;
    if (current.working) return;
    if (gone === undefined && !exchange.settled) return;
    if (gone === undefined && exchange.readsOn && !exchange.body.over) return;
    exchange.finish();
    // With the last word of a fetch handler it was said.
    if (!(door?.kind === 'fetch' && state === 'complete')) this.post({ type: 'done', id: exchange.id });
    this.#current = undefined;
    door?.app.closed?.(exchange.client);
  };

  #watchBackground(app: FetchApp): void {
    if (this.#pending || app.pending === 0) return;
    this.#pending = true;
    this.tell({ type: 'background', pending: true });
    void app.settled().then(() => {
      this.#pending = false;
      this.tell({ type: 'background', pending: false });
    });
  }

  async #release(): Promise<void> {
    try {
      await this.onRelease();
    } catch (error) {
      this.log('error', { err: error }, 'the app failed to end');
    }
    this.tell({ type: 'released' });
  }

  /** A line for the log, which is the main thread's. */
  log(level: 'debug' | 'info' | 'warn' | 'error', fields: object, message: string): void {
    const packed = Object.entries(fields).map(([key, value]) => [
      key,
      value instanceof Error ? packError(value) : value,
    ]);
    this.tell({ type: 'log', level, fields: Object.fromEntries(packed), message });
  }
}

const CLOSED_DOOR = '503 Service Unavailable: nobody listens here any more\n';

/** What an app does that it has not done at once, if anything. */
type Work = undefined | typeof LATER | Promise<void> | Task<void>;

function callHandle(this: ThreadSide, app: App, exchange: ThreadExchange): Work {
  const work = app.handle(exchange);
  if (work === undefined || typeof work === 'symbol' || 'then' in work) return work;
  // Made in here, where `AsyncLocalStorage` is as the handler has left it.
  return new Task(this.loop(), work, { name: 'a handler' });
}
