// The helper as its caller sees it: takes a request there, and blocks until the answer is back. Each thread that calls has a
// helper thread of its own, started at its first call; in a worker's pool of threads, the main thread is there for all
// (host.ts). It keeps no process alive, and ends with it.
//
//     this thread                                          the helper's (serve-port.ts)
//     post the request ──────────── port ────────────────▶ perform it
//     Atomics.wait(STATE) ◀──────── memory: STATE, BEAT ── every half second: BEAT + 1
//     receiveMessageOnPort ◀─────── port ───────────────── the outcome, its body moved; STATE = DONE

import { extname } from 'node:path';
import {
  getEnvironmentData,
  isMainThread,
  MessageChannel,
  type MessagePort,
  postMessageToThread,
  receiveMessageOnPort,
  Worker,
} from 'node:worker_threads';
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

/** Of a worker's environment data: the main thread performs requests. */
export const HOST = 'siskin.fetchSync.host';
const MAIN_THREAD = 0;

/** What it gets from a thread whose requests it is to perform. */
export interface HelperData {
  readonly kind: 'siskin.fetchSync';
  readonly port: MessagePort;
  readonly memory: SharedArrayBuffer;
}

export function isHelperData(value: unknown): value is HelperData {
  return (value as { kind?: unknown } | null | undefined)?.kind === 'siskin.fetchSync';
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
  helper ??= new Helper(isHosted() ? askMainThread : startThread());
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

function isHosted(): boolean {
  return !isMainThread && getEnvironmentData(HOST) === true;
}

/** Hands the other end of the port to whoever performs the requests. Returns what ends that. */
type Connect = (data: HelperData) => () => void;

/** Where it has none to hear this, it gives no sign of life. */
function askMainThread(data: HelperData): () => void {
  postMessageToThread(MAIN_THREAD, data, [data.port]).catch(() => {});
  return () => {};
}

/** A thread of its own, with another script in tests. */
export function startThread(script: URL = SCRIPT): Connect {
  return (workerData) => {
    const { NODE_OPTIONS: _, ...env } = process.env;
    const thread = new Worker(
      script,
      // What is preloaded is for the app.
      { workerData, transferList: [workerData.port], execArgv: [], env, name: 'siskin fetchSync' },
    );
    // Its end is told by silence: this thread is blocked while it would hear of it.
    thread.on('error', () => {});
    thread.unref();
    return () => void thread.terminate();
  };
}

/** With a patience of its own in tests. */
export class Helper {
  readonly #memory = new SharedArrayBuffer(WORDS * 4);
  readonly #words = new Int32Array(this.#memory);
  readonly #port: MessagePort;
  readonly #disconnect: () => void;
  readonly #look: number;

  constructor(connect: Connect, look: number = LOOK) {
    this.#look = look;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#port.unref();
    this.#disconnect = connect({ kind: 'siskin.fetchSync', port: port2, memory: this.#memory });
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
    this.#port.close();
    this.#disconnect();
  }
}
