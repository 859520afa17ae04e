// The pool: so many threads, each with one request at a time; the requests that wait for one; what becomes of a thread that
// hangs or dies. Made by `src/worker/threads-serving.ts`.
//
//   submit ──► an idle thread, or the queue ──► done: the next of the queue
//   tick   ──► a thread that has not been heard for TICKS of them is ended and replaced, and its request answered 503
//   ended  ──► its request is answered 500, and another takes its place: at once, or after a pause

import type { Logger } from '../server/index.ts';
import { Backoff } from './backoff.ts';
import type { Job } from './job.ts';
import type { ListenAnswer, ListenMessage, Loaded } from './messages.ts';
import { unpackError } from './messages.ts';
import { type News, Thread, type ThreadEnd, type ThreadHandle } from './thread.ts';
import { describeEnd, hungError, ThreadStartError } from './words.ts';

/** Ticks of silence after which a thread hangs. One lasts a tenth of the timeout. */
export const TICKS = 10;

export interface PoolOptions {
  readonly size: number;
  /** How many load at the same time. */
  readonly atOnce: number;
  /** Milliseconds, for messages. */
  readonly timeout: number;
  readonly log: Logger;
  readonly start: (number: number) => ThreadHandle;
  readonly listen: (message: ListenMessage) => Promise<ListenAnswer>;
  /** What a thread that is not ready yet waits for. */
  readonly onUnready?: (message: string) => void;
  /** A file of the app was loaded. */
  readonly onFile?: (file: string) => void;
  /** Calls `run` after so many milliseconds. */
  readonly later: (milliseconds: number, run: () => void) => void;
}

interface Wait {
  readonly condition: () => boolean;
  readonly resolve: () => void;
}

export class Pool {
  readonly #options: PoolOptions;
  readonly #threads = new Set<Thread>();
  /** The one that was busy last comes first: its caches are warm. */
  readonly #idle: Thread[] = [];
  readonly #queue = new Set<Job>();
  /** Those that `start` waits for. */
  readonly #starting = new Map<Thread, PromiseWithResolvers<Loaded>>();
  readonly #backoff = new Backoff();
  readonly #broken = Promise.withResolvers<Error>();
  /** Threads that were ended, and have not gone: they are in native code. */
  readonly #leaving = new Set<Thread>();
  #numbers = 0;
  #paused = 0;
  #closing = false;
  #waits: Wait[] = [];

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Resolves where threads that can't be ended leave no room for others: this process is of no use any more. */
  get broken(): Promise<Error> {
    return this.#broken.promise;
  }

  /** Starts all threads; resolves when they are ready, and rejects with a `ThreadStartError` where one will not be. */
  async start(): Promise<Loaded> {
    // The first tells whether the app loads at all, and what it is.
    const loaded = await this.#startOne();
    let left = this.#options.size - 1;
    const starter = async (): Promise<void> => {
      while (left-- > 0) await this.#startOne();
    };
    await Promise.all(Array.from({ length: this.#options.atOnce }, starter));
    return loaded;
  }

  #startOne(): Promise<Loaded> {
    const outcome = Promise.withResolvers<Loaded>();
    const thread = this.#launch();
    this.#starting.set(thread, outcome);
    return outcome.promise;
  }

  #launch(): Thread {
    const { start, listen } = this.#options;
    const number = ++this.#numbers;
    const thread = new Thread({
      number,
      handle: start(number),
      listen,
      onNews: this.#onNews,
      onFree: this.#onFree,
    });
    this.#threads.add(thread);
    void thread.handle.ended.then((end) => this.#onEnded(thread, end));
    return thread;
  }

  // ── Requests ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** Gives the job to a thread, now or when one is free. */
  submit(job: Job): void {
    const thread = this.#idle.pop();
    if (thread !== undefined) thread.take(job);
    else if (this.#threads.size === 0) {
      job.refuse(NOBODY, new Error('no thread of the pool could be started'));
    } else {
      this.#queue.add(job);
      job.onAbandoned(() => this.#queue.delete(job));
    }
  }

  readonly #onFree = (thread: Thread): void => {
    this.#backoff.failures = 0;
    const [next] = this.#queue;
    if (next !== undefined) {
      this.#queue.delete(next);
      thread.take(next);
      return;
    }
    this.#idle.push(thread);
    this.#tellOfChange();
  };

  // ── What threads say ─────────────────────────────────────────────────────────────────────────────────────────

  readonly #onNews = (thread: Thread, news: News): void => {
    const { log, onUnready, onFile } = this.#options;
    switch (news.type) {
      case 'loaded':
        thread.loaded = news;
        break;
      case 'ready':
        this.#onReady(thread);
        break;
      case 'unready':
        onUnready?.(news.message);
        break;
      case 'failed':
        this.#onFailed(thread, news.message);
        break;
      case 'log':
        log[news.level]({ thread: thread.number, ...unpackFields(news.fields) }, news.message);
        break;
      case 'file':
        onFile?.(news.file);
        break;
      case 'background':
        thread.background = news.pending;
        this.#tellOfChange();
        break;
      case 'released':
        thread.released = true;
        this.#tellOfChange();
    }
  };

  #onReady(thread: Thread): void {
    thread.state = 'idle';
    this.#starting.get(thread)?.resolve(thread.loaded!);
    this.#starting.delete(thread);
    const [next] = this.#queue;
    if (next === undefined) this.#idle.push(thread);
    else {
      this.#queue.delete(next);
      thread.take(next);
    }
  }

  #onFailed(thread: Thread, message: string): void {
    const starting = this.#starting.get(thread);
    this.#starting.delete(thread);
    if (starting !== undefined) starting.reject(new ThreadStartError(message));
    else this.#options.log.error({ thread: thread.number }, `a thread's app does not load: ${message}`);
  }

  // ── How they end ─────────────────────────────────────────────────────────────────────────────────────────────

  #onEnded(thread: Thread, end: ThreadEnd): void {
    this.#leaving.delete(thread);
    // It was ended by the pool.
    if (!this.#remove(thread)) return;
    const words = describeEnd(end);
    const starting = this.#starting.get(thread);
    if (starting !== undefined) {
      this.#starting.delete(thread);
      starting.reject(new ThreadStartError(`the app ${words}, while it was loaded`, end.error));
      return;
    }
    const job = thread.end();
    const pause = this.#backoff.after(thread.served > 0);
    this.#options.log.error(
      {
        thread: thread.number,
        ...(job && { request: job.line }),
        ...(end.error && { err: end.error }),
      },
      `a thread ${words}: ${describeNext(pause, this.#backoff.failures)}`,
    );
    job?.fail(new Error(`the thread that served it ${words}`));
    this.#replace(pause);
  }

  /** Called ten times in the timeout, as long as there is one. */
  tick(): void {
    for (const thread of [...this.#threads]) {
      const { job } = thread;
      if (thread.tick() >= TICKS) this.#giveUp(thread, 'does not come back');
      else if (job?.abandoned === true && job.abandonedTicks++ >= TICKS)
        this.#giveUp(thread, 'goes on although nobody waits for its answer');
    }
  }

  #giveUp(thread: Thread, what: string): void {
    const { log, timeout, size } = this.#options;
    this.#remove(thread);
    const job = thread.end();
    const line = job?.line ?? '';
    job?.refuse('the application took too long', hungError(line, undefined));
    this.#leaving.add(thread);
    void thread.handle.stack().then((stack) => {
      log.error(
        { thread: thread.number, request: line, err: hungError(line, stack) },
        `a thread ${what}, for ${timeout} ms (timeout): it is ended, and another takes its place`,
      );
      thread.handle.terminate();
    });
    if (this.#leaving.size > size) {
      this.#broken.resolve(
        new Error(`${this.#leaving.size} threads hang in native code, and can't be ended`),
      );
      return;
    }
    this.#replace(0);
  }

  #replace(pause: number): void {
    if (this.#closing) return;
    if (pause === 0) {
      this.#launch();
      return;
    }
    this.#paused++;
    // Who waits would wait for a thread that is not even tried.
    if (this.#threads.size === 0) this.#refuseAll();
    this.#options.later(pause, () => {
      this.#paused--;
      if (!this.#closing) this.#launch();
    });
  }

  #refuseAll(): void {
    const jobs = [...this.#queue];
    this.#queue.clear();
    for (const job of jobs) job.refuse(NOBODY, new Error('no thread of the pool could be started'));
  }

  #remove(thread: Thread): boolean {
    const at = this.#idle.indexOf(thread);
    if (at >= 0) this.#idle.splice(at, 1);
    const was = this.#threads.delete(thread);
    this.#tellOfChange();
    return was;
  }

  // ── The end ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** Resolves when nothing goes on in any thread that has to do with a request. */
  settled(): Promise<void> {
    return this.#until(() => [...this.#threads].every(({ background }) => !background));
  }

  /** Lets the app in each thread end what it has begun. */
  async release(): Promise<void> {
    this.#closing = true;
    for (const thread of this.#threads) thread.post({ type: 'release' });
    await this.#until(() =>
      [...this.#threads].every(({ released, state }) => released || state === 'loading'),
    );
  }

  /** Ends all threads; resolves when they have ended, and what they have written is with the process. */
  async close(): Promise<void> {
    this.#closing = true;
    const threads = [...this.#threads];
    for (const thread of threads) {
      this.#remove(thread);
      thread.end();
      thread.handle.terminate();
    }
    await Promise.all(threads.map(({ handle }) => handle.ended));
  }

  #until(condition: () => boolean): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve) => void this.#waits.push({ condition, resolve }));
  }

  #tellOfChange(): void {
    if (this.#waits.length === 0) return;
    const over = this.#waits.filter(({ condition }) => condition());
    this.#waits = this.#waits.filter((wait) => !over.includes(wait));
    for (const { resolve } of over) resolve();
  }

  statistics(): { threads: number; idle: number; queued: number; paused: number } {
    return {
      threads: this.#threads.size,
      idle: this.#idle.length,
      queued: this.#queue.size,
      paused: this.#paused,
    };
  }
}

const NOBODY = 'the application can not be started';

function describeNext(pause: number, failures: number): string {
  if (pause === 0) return 'another takes its place';
  const times = failures === 1 ? '' : `${failures} in a row; `;
  return `${times}the next try is in ${pause} ms`;
}

function unpackFields(fields: Readonly<Record<string, unknown>>): object {
  const err = fields['err'];
  if (typeof err !== 'object' || err === null || !('stack' in err)) return fields;
  return { ...fields, err: unpackError(err as never) };
}
