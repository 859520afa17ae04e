// A few threads that call functions of modules, one call at a time each: where drivers put work that has no asynchronous form.

import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

export interface Call {
  /** The URL of a module. */
  readonly module: string;
  /** Which of its exports is called. */
  readonly name: string;
  /** They are copied, as is what it returns. */
  readonly args: readonly unknown[];
}

/** What the function returned, or why that can't be had: it threw, or what it takes or returns can't be copied. */
export type Answer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly reason: string };

interface Job {
  readonly call: Call;
  readonly resolve: (answer: Answer) => void;
}

/** A module of `drivers` that threads load. The path is the same from `dist/chunks`, where this may be. */
export const driverThread = (name: string): URL =>
  new URL(`../green/drivers/${name}${extname(import.meta.url)}`, import.meta.url);

export class CallThreads {
  readonly #limit: number;
  readonly #idle: Worker[] = [];
  readonly #jobs = new Map<Worker, Job>();
  readonly #waiting: Job[] = [];

  /** As many threads as there are processors, where not told otherwise; each begins when it is first needed. */
  constructor(limit: number = availableParallelism()) {
    this.#limit = limit;
  }

  call(call: Call): Promise<Answer> {
    return new Promise((resolve) => {
      this.#waiting.push({ call, resolve });
      this.#next();
    });
  }

  #next(): void {
    if (this.#waiting.length === 0) return;
    const thread = this.#idle.pop() ?? (this.#jobs.size < this.#limit ? this.#begin() : undefined);
    if (thread === undefined) return;
    const job = this.#waiting.shift()!;
    this.#jobs.set(thread, job);
    thread.ref();
    try {
      thread.postMessage(job.call);
    } catch (error) {
      this.#end(thread, { ok: false, reason: (error as Error).message });
    }
  }

  #begin(): Worker {
    // What is preloaded is for the app.
    const thread = new Worker(driverThread('call-thread'), { execArgv: [], name: 'siskin green driver' });
    thread.on('message', (answer: Answer) => this.#end(thread, answer));
    thread.on('error', (error: Error) => this.#lose(thread, error.message));
    thread.on('exit', (code) => this.#lose(thread, `the thread has ended with status ${code}`));
    return thread;
  }

  #end(thread: Worker, answer: Answer): void {
    const job = this.#jobs.get(thread);
    this.#jobs.delete(thread);
    // An idle thread keeps no process alive.
    thread.unref();
    this.#idle.push(thread);
    job?.resolve(answer);
    this.#next();
  }

  /** The call has brought it down: out of memory, `process.exit`. */
  #lose(thread: Worker, reason: string): void {
    const job = this.#jobs.get(thread);
    this.#jobs.delete(thread);
    const place = this.#idle.indexOf(thread);
    if (place >= 0) this.#idle.splice(place, 1);
    job?.resolve({ ok: false, reason });
    this.#next();
  }
}

/** Those that all drivers share. */
export const callThreads = new CallThreads();
