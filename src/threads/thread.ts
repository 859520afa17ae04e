// One thread as the pool sees it: what it is doing, what is heard of it, and its end. The thing itself is a `ThreadHandle`: a
// worker thread (worker-thread.ts), or in tests the other end of a channel.
//
//   loading ── ready ──► idle ── a job ──► busy ── done ──► idle        ended: from anywhere, once

import type { Job, Lane } from './job.ts';
import type { Answer, FromThread, ListenAnswer, ListenMessage, Loaded, Port, ToThread } from './messages.ts';

/** How a thread has ended. */
export interface ThreadEnd {
  readonly code: number;
  /** What nobody has caught. */
  readonly error: Error | undefined;
}

export interface ThreadHandle {
  readonly port: Port<ToThread, FromThread>;
  /** It waits for this answer, blocked. */
  answerListen(answer: ListenAnswer): void;
  /** Resolves when it has ended, by itself or not. Everything it has said has been heard by then. */
  readonly ended: Promise<ThreadEnd>;
  /** Ends it wherever it is; in a native call, as soon as that returns. */
  terminate(): void;
  /** Where its JavaScript is, innermost first; `undefined` where that can't be told. */
  stack(): Promise<readonly string[] | undefined>;
}

/** What a thread says that is not about its request. */
export type News = Exclude<FromThread, Answer | ListenMessage | { type: 'pong' }>;

export interface ThreadOptions {
  readonly number: number;
  readonly handle: ThreadHandle;
  readonly listen: (message: ListenMessage) => Promise<ListenAnswer>;
  readonly onNews: (thread: Thread, news: News) => void;
  /** It has no job any more. */
  readonly onFree: (thread: Thread) => void;
}

export class Thread implements Lane {
  readonly number: number;
  readonly handle: ThreadHandle;
  readonly #options: ThreadOptions;
  state: 'loading' | 'idle' | 'busy' | 'ended' = 'loading';
  loaded: Loaded | undefined;
  job: Job | undefined;
  /** Requests that it has served to their end. */
  served = 0;
  /** Work that was given to `waitUntil` goes on in it. */
  background = false;
  released = false;
  /** Ticks since it was last heard while it had a job, all of them with a question open. */
  silence = 0;

  constructor(options: ThreadOptions) {
    this.number = options.number;
    this.handle = options.handle;
    this.#options = options;
    this.handle.port.on('message', (message) => this.#hear(message));
  }

  post(message: ToThread, transfer?: readonly ArrayBuffer[]): void {
    if (this.state !== 'ended') this.handle.port.postMessage(message, transfer);
  }

  take(job: Job): void {
    this.state = 'busy';
    this.job = job;
    this.silence = 0;
    job.begin(this);
  }

  /** Called in regular intervals: asks whether it is there. Returns for how many of them it has been silent. */
  tick(): number {
    if (this.state !== 'busy') return 0;
    if (this.silence === 0) this.post({ type: 'ping' });
    return this.silence++;
  }

  /** It is of no use any more: its job is handed back, for somebody to see to. */
  end(): Job | undefined {
    const { job } = this;
    this.state = 'ended';
    this.job = undefined;
    return job;
  }

  #hear(message: FromThread): void {
    this.silence = 0;
    if (this.state === 'ended') return;
    if (message.type === 'listen') void this.#options.listen(message).then(this.handle.answerListen);
    else if ('id' in message) this.#hearOfJob(message);
    else if (message.type !== 'pong') this.#options.onNews(this, message);
  }

  #hearOfJob(answer: Answer): void {
    const { job } = this;
    if (job === undefined || job.id !== answer.id) return;
    let free: boolean;
    try {
      free = job.hear(answer);
    } catch (error) {
      job.exchange.fail(error);
      return;
    }
    if (!free) return;
    this.served++;
    this.job = undefined;
    this.state = 'idle';
    this.#options.onFree(this);
  }
}
