// What a thread of this process watches while the app may block the main one (watchdog-thread.ts): when the event loop last
// turned, and the line of the request whose handler runs, in memory that both share. As it is a time and no count, the
// thread sleeps until it can be too long ago.
//
//   beat()  ──► BEAT = now                    enter(head) ──► the line, INSIDE = 1      leave() ──► INSIDE = 0

import { Buffer } from 'node:buffer';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Settings } from '../config/index.ts';
import { CHANNEL } from '../protocol/index.ts';
import type { Trace } from '../server/index.ts';

/** Places in the shared memory, in 32-bit words; the line's text follows them. */
export const BEAT = 0;
export const INSIDE = 1;
export const LINE_LENGTH = 2;
export const LINE_AT = 16;
/** Bytes of a line that are kept. */
const LINE_LIMIT = 1024;

/** Milliseconds on the clock that all threads share, unlike `performance.now()`; in 32 bits, so it wraps within weeks. */
function clock(): number {
  return Number(process.hrtime.bigint() / 1_000_000n) | 0;
}

/** From `then`, a beat's time, to now. */
export function millisecondsSince(then: number): number {
  return (clock() - then) | 0;
}

/** What the thread is started with. */
export interface WatchdogData {
  readonly memory: SharedArrayBuffer;
  /** Milliseconds. */
  readonly stallWarning: number;
  /** Where it reports. */
  readonly channel: number;
}

/** Twice as fast as `write` with an encoding, and called for each request; the types of Node don't know it. */
interface SharedText extends Uint8Array {
  latin1Write(text: string, offset: number, length: number): number;
}

export class Watchdog implements Trace {
  readonly #memory = new SharedArrayBuffer(LINE_AT + LINE_LIMIT);
  readonly #words = new Int32Array(this.#memory, 0, LINE_AT / 4);
  readonly #bytes = Buffer.from(this.#memory) as unknown as SharedText;

  constructor({ stallWarning }: Settings) {
    if (stallWarning === 0) return;
    this.beat();
    const workerData: WatchdogData = { memory: this.#memory, stallWarning, channel: CHANNEL };
    const thread = new Worker(
      new URL(`../worker/watchdog-thread${extname(import.meta.url)}`, import.meta.url),
      {
        workerData,
        // What is preloaded is for the app.
        execArgv: [],
        env: {},
        name: 'siskin watchdog',
      },
    );
    // It only watches: without it, the app is served as well.
    thread.on('error', () => {});
    thread.unref();
  }

  beat(): void {
    Atomics.store(this.#words, BEAT, clock());
  }

  enter(method: string, target: string): void {
    const bytes = this.#bytes;
    const start = LINE_AT + bytes.latin1Write(method, LINE_AT, LINE_LIMIT);
    bytes[start] = 0x20;
    const size = bytes.latin1Write(target, start + 1, LINE_AT + LINE_LIMIT - start - 1);
    this.#words[LINE_LENGTH] = start + 1 + size - LINE_AT;
    this.#words[INSIDE] = 1;
  }

  leave(): void {
    this.#words[INSIDE] = 0;
  }
}
