// One statement on its way through libpq: sent without blocking, its results taken as they come. The synchronous calls of libpq
// do the same inside: PQexec is PQsendQuery, then PQgetResult until there is none, and what counts is the last one.
//
//   send ──► flush until all is sent ──► until not busy: wait, consumeInput ──► getResult ─┬─► none left: over
//                                                      ▲                                   │
//                                                      └───────────── another one ─────────┘

import type { Timer } from '../../loop/index.ts';
import type { Co, Suspend, Waiter } from '../../task/index.ts';

/** What is used of the package libpq: its names are those of libpq's functions. */
export interface Libpq {
  readonly connected: boolean;
  connect(parameters: string, callback: (error?: Error | null) => void): void;
  finish(): void;
  transactionStatus(): number;
  /** Of libpq 14 and later. */
  pipelineStatus?(): number;
  isNonBlocking(): boolean;
  setNonBlocking(on: boolean): boolean;
  sendQuery(text: string): boolean;
  sendQueryParams(text: string, values: readonly unknown[]): boolean;
  sendPrepare(name: string, text: string, count: number): boolean;
  sendQueryPrepared(name: string, parameters: readonly unknown[]): boolean;
  /** 0: all is sent. 1: the socket takes no more at the moment. -1: failed. */
  flush(): number;
  consumeInput(): boolean;
  isBusy(): boolean;
  /** Takes the next result, which the functions below speak of; false where there is none. Blocks where it is busy. */
  getResult(): boolean;
  resultStatus(): string;
  resultErrorMessage(): string;
  errorMessage(): string;
  /** Forgets the result that was taken. */
  clear(): void;
  cancel(): boolean | string;
  /** `readable` is emitted as long as the socket is. */
  startReader(): void;
  stopReader(): void;
  /** Calls back once the socket takes more. Reading is to be stopped meanwhile. */
  writable(callback: () => void): void;
  on(event: 'readable', listener: () => void): void;
  removeListener(event: 'readable' | 'writable', listener: () => void): void;
}

/**
 * Milliseconds after which a socket is looked at though nothing was heard of it: libpq's reader keeps silent where the kernel
 * reports an error (a connection that was reset).
 */
const LOOK_AGAIN = 1_000;

/** Who sends and receives COPY's data goes on from there. */
const COPY = new Set(['PGRES_COPY_IN', 'PGRES_COPY_OUT', 'PGRES_COPY_BOTH']);

export class Statement implements Suspend {
  readonly #pq: Libpq;
  readonly #read: () => unknown;
  readonly #wasNonBlocking: boolean;
  #over = false;
  #flushed = false;
  #value: unknown;
  #error: unknown;
  #failed = false;
  /** What results that were taken have said already: the connection's message goes on from there. */
  #reported = '';
  #waiter: Waiter | undefined;
  #timer: Timer | undefined;
  /** Nothing was heard for as long as it is waited at a stretch. */
  #silent = false;

  /** `read` makes of the result that was taken what the call returns. */
  constructor(pq: Libpq, read: () => unknown) {
    this.#pq = pq;
    this.#read = read;
    this.#wasNonBlocking = pq.isNonBlocking();
  }

  /** Nothing of it is on its way any more. */
  get over(): boolean {
    return this.#over;
  }

  /** `send` hands it to libpq, and says whether that took it. */
  send(send: () => boolean): void {
    const pq = this.#pq;
    pq.clear();
    pq.setNonBlocking(true);
    let sent = false;
    try {
      sent = send();
    } catch (error) {
      this.#end();
      throw error;
    }
    if (!sent) this.#fail(pq.errorMessage());
  }

  /** Waits until it is over. Cancelled meanwhile, it asks the server to cancel it too, and waits for that. */
  *wait(): Co<void> {
    try {
      while (!this.#advance(false)) yield this;
    } catch (error) {
      this.#silent = true;
      while (!this.#advance(false)) {
        // The server overlooks it before the statement has begun: it is asked again where nothing comes of it.
        if (this.#silent) this.#pq.cancel();
        yield this;
      }
      throw error;
    }
  }

  /** Blocks until it is over. */
  finish(): void {
    this.#advance(true);
    // Whoever waits for it is told, and finds it over.
    this.#wake();
  }

  /** What the call returns, or throws. */
  outcome(): unknown {
    if (!this.#failed) return this.#value;
    if (typeof this.#error === 'string') throw new Error(this.#error);
    throw this.#error;
  }

  // ── Suspend ──────────────────────────────────────────────────────────────────────────────────────────────────

  park(waiter: Waiter): void {
    const pq = this.#pq;
    this.#waiter = waiter;
    this.#silent = false;
    this.#timer = waiter.loop.setTimer(LOOK_AGAIN, this.#lookAgain);
    if (this.#flushed) {
      pq.on('readable', this.#wake);
      pq.startReader();
    } else {
      pq.writable(this.#wake);
    }
  }

  unpark(): void {
    this.#leave();
  }

  readonly #lookAgain = (): void => {
    this.#silent = true;
    this.#wake();
  };

  readonly #wake = (): void => {
    this.#leave()?.resume(undefined);
  };

  #leave(): Waiter | undefined {
    const waiter = this.#waiter;
    if (waiter === undefined) return undefined;
    this.#waiter = undefined;
    waiter.loop.cancelTimer(this.#timer!);
    this.#pq.removeListener('readable', this.#wake);
    this.#pq.removeListener('writable', this.#wake);
    this.#pq.stopReader();
    return waiter;
  }

  // ── Results ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** Does what can be done without waiting, or, where it may block, all. Returns whether it is over. */
  #advance(mayBlock: boolean): boolean {
    const pq = this.#pq;
    if (this.#over) return true;
    this.#flushed ||= pq.flush() !== 1;
    if (!this.#flushed && !mayBlock) return false;
    if (!mayBlock && !pq.consumeInput()) {
      // The connection is lost: what is left are results that say so.
      const message = pq.errorMessage();
      while (pq.getResult());
      this.#fail(message.startsWith(this.#reported) ? message.slice(this.#reported.length) : message);
      return true;
    }
    while (mayBlock || !pq.isBusy()) {
      if (!pq.getResult() || COPY.has(pq.resultStatus())) {
        this.#take();
        return true;
      }
      this.#reported += pq.resultErrorMessage();
    }
    return false;
  }

  #take(): void {
    const pq = this.#pq;
    const message = pq.resultErrorMessage() || pq.errorMessage();
    if (message) {
      this.#fail(message);
      return;
    }
    try {
      this.#value = this.#read();
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#end();
  }

  #fail(error: unknown): void {
    this.#failed = true;
    this.#error = error;
    this.#end();
  }

  #end(): void {
    this.#over = true;
    if (!this.#wasNonBlocking) this.#pq.setNonBlocking(false);
  }
}
