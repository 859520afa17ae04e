// Twins by a callback form: `pbkdf2Sync` suspends on `pbkdf2`. Suspending has its price, so each twin first predicts what
// the call will take, and what takes less is done in place. Measured here: 30 to 80 µs of the main thread for a wait,
// 200 µs where a zlib stream has to be made, so the gates are set where the call is predicted to take about 200 µs. A call in place
// costs 200 to 500 ns more through its twin, and one of `readFileSync` 2.5 µs: the stat that tells its size.
//
// What is wrong with the arguments is for the blocking form to say: where the callback form throws, the blocking one is
// called, and throws in its own words.

import type { Co } from '../../task/index.ts';
import { Completion } from './completion.ts';
import { type Touched, take, untilFree } from './file-locks.ts';
import { callInPlace, type NodeFunction } from './node-function.ts';
import type { Lane } from './pool.ts';

export type Done = (error?: unknown, value?: unknown) => void;

export interface Pooled {
  /** The lane the call waits in, or `undefined`: do it in place. That is for whatever is unusual in the arguments, too. */
  plan(args: readonly unknown[]): Lane | undefined;
  begin(args: readonly unknown[], done: Done): unknown;
  /**
   * Buffers among the arguments while others run: Node copies them as it begins (default); Node reads the caller's, so a
   * copy is made here; or Node writes into the caller's.
   */
  readonly buffers?: 'copied by node' | 'read' | 'written';
  /** What fails is done once more in place, for its error: for what can be repeated, and whose callback form words it differently. */
  readonly repeat?: true;
  /** The files that the call reads and writes as a whole. */
  touched?(args: readonly unknown[]): Touched;
}

export function pooledTwin(fn: NodeFunction, pooled: Pooled): void {
  const { buffers = 'copied by node', repeat } = pooled;
  function* twin(this: unknown, ...args: unknown[]): Co<unknown> {
    const touched = pooled.touched?.(args) ?? [];
    yield* untilFree(touched);
    const lane = planned(pooled, args);
    if (lane === undefined) return callInPlace(fn, this, args);
    let given: readonly unknown[] = args;
    if (buffers === 'read') given = args.map(snapshot);
    let release: (() => void) | undefined;
    if (lane === 'free') {
      // What is in no lane for waits without end is a file, or a tree.
      if (touched.length > 0) release = take(touched);
    } else {
      if (!lane.tryAcquire()) {
        if (buffers === 'copied by node') given = args.map(snapshot);
        yield* lane.acquire();
      }
      release = () => lane.release();
    }
    const completion = new Completion(release);
    try {
      pooled.begin(given, completion.done);
    } catch {
      release?.();
      return callInPlace(fn, this, args);
    }
    yield completion;
    if (!completion.failed) return completion.value;
    if (repeat) return callInPlace(fn, this, args);
    throw withStackOf(completion.error, twin);
  }
  fn.twin = twin;
}

function planned(pooled: Pooled, args: readonly unknown[]): Lane | undefined {
  // The callback form would take it for its callback.
  for (const value of args) if (typeof value === 'function') return undefined;
  try {
    return pooled.plan(args);
  } catch {
    return undefined;
  }
}

/** An error that was made in a callback has no stack of the app's: it gets that of whoever called `below`. */
export function withStackOf(error: unknown, below: (...args: never[]) => unknown): unknown {
  if (error instanceof Error && Object.isExtensible(error)) Error.captureStackTrace(error, below);
  return error;
}

/** `value` as it is at this moment: its bytes, and those in the options it is. */
export function snapshot(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return bytesOf(value).slice();
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer)
    return new Uint8Array(value).slice();
  if (!isPlainObject(value)) return value;
  const copy: Record<string, unknown> = { ...value };
  for (const key of Object.keys(copy)) if (ArrayBuffer.isView(copy[key])) copy[key] = snapshot(copy[key]);
  return copy;
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Options that the twins can judge: none, or an object of which some properties are looked at. */
export function optionsOf(value: unknown): Record<string, unknown> | undefined {
  if (value === undefined || value === null) return {};
  return isPlainObject(value) ? value : undefined;
}

/** The size in bytes (or characters) of something to be read; `undefined` where it is nothing of the kind. */
export function sizeOf(value: unknown): number | undefined {
  if (typeof value === 'string') return value.length;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof SharedArrayBuffer)
    return value.byteLength;
  return undefined;
}
