// The helper thread as its caller sees it: takes a request there, and blocks until the answer is back. Each thread that
// calls has one of its own, started at its first call. It keeps no process alive, and ends with it.
//
//     this thread                                          the helper's (helper-thread.ts)
//     post the request ──────────── port ────────────────▶ perform it
//     Atomics.wait(STATE) ◀──────── memory: STATE, BEAT ── every half second: BEAT + 1
//     receiveMessageOnPort ◀─────── port ───────────────── the outcome, its body moved; STATE = DONE

import { extname } from 'node:path';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { ListedAnswer } from './client/answer.ts';
import type { Performed } from './client/perform.ts';
import { FETCH_CODES, FetchError } from './errors.ts';
import { type FetchLimits, fetchLimits } from './limits.ts';
import type { PreparedRequest } from './request.ts';

/** Places in the shared memory, in 32-bit words. */
export const STATE = 0;
export const BEAT = 1;
const WORDS = 2;
/** Values of STATE. */
export const BUSY = 0;
export const DONE = 1;

/** What the thread is started with. */
export interface HelperData {
  readonly port: MessagePort;
  readonly memory: SharedArrayBuffer;
}

/** What is sent to it. */
export interface Task {
  readonly request: PreparedRequest;
  readonly limits: FetchLimits;
}

/** What it sends back. */
export type Outcome =
  | {
      readonly status: number;
      readonly reason: string;
      readonly fields: readonly string[];
      readonly body: Uint8Array<ArrayBuffer>;
      readonly url: string;
      readonly redirected: boolean;
    }
  | { readonly code: string; readonly message: string; readonly url: string };

/** Milliseconds of one look at whether the thread lives, and after how many without a sign it is taken for dead. */
const LOOK = 1000;
const MOST_SILENT_LOOKS = 30;

const SCRIPT = new URL(`../blocking/helper-thread${extname(import.meta.url)}`, import.meta.url);

let helper: Helper | undefined;

/** Performs `request` in the helper thread, and blocks this one meanwhile. Throws FetchError. */
export function performInThread(request: PreparedRequest): Performed {
  helper ??= new Helper();
  const outcome = helper.perform({ request, limits: fetchLimits() });
  if (outcome === undefined) {
    helper.end();
    helper = undefined;
    throw new FetchError(
      FETCH_CODES.thread,
      `${request.method} ${request.target.href} failed: the thread that performs it gives no sign of life; the next call starts another`,
      request.target.href,
    );
  }
  if ('code' in outcome) throw new FetchError(outcome.code, outcome.message, outcome.url);
  const { status, reason, fields, body, url, redirected } = outcome;
  return { answer: new ListedAnswer(status, reason, fields, body), url, redirected };
}

/** The thread, with a script and a patience of its own in tests. */
export class Helper {
  readonly #memory = new SharedArrayBuffer(WORDS * 4);
  readonly #words = new Int32Array(this.#memory);
  readonly #port: MessagePort;
  readonly #thread: Worker;
  readonly #look: number;

  constructor(script: URL = SCRIPT, look: number = LOOK) {
    this.#look = look;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const { NODE_OPTIONS: _, ...env } = process.env;
    const workerData: HelperData = { port: port2, memory: this.#memory };
    this.#thread = new Worker(
      script,
      // What is preloaded is for the app.
      { workerData, transferList: [port2], execArgv: [], env, name: 'siskin fetchSync' },
    );
    // Its end is told by silence: this thread is blocked while it would hear of it.
    this.#thread.on('error', () => {});
    this.#thread.unref();
    this.#port.unref();
  }

  /** `undefined` where the thread is dead. */
  perform(task: Task): Outcome | undefined {
    const words = this.#words;
    Atomics.store(words, STATE, BUSY);
    this.#port.postMessage(task);
    let silent = 0;
    for (let beat = Atomics.load(words, BEAT); silent < MOST_SILENT_LOOKS; ) {
      Atomics.wait(words, STATE, BUSY, this.#look);
      if (Atomics.load(words, STATE) === DONE) {
        const received = receiveMessageOnPort(this.#port) as { message: Outcome } | undefined;
        return received?.message;
      }
      const next = Atomics.load(words, BEAT);
      silent = next === beat ? silent + 1 : 0;
      beat = next;
    }
    return undefined;
  }

  end(): void {
    void this.#thread.terminate();
  }
}
