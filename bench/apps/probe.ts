// Measures from inside the served process what can't be seen from outside: the heap, and how late a timer fires.
// The apps answer with these at paths of their own (`routes.ts`, `peers/node.ts`).

import { performance } from 'node:perf_hooks';

/** Bytes after a full collection. */
export interface Memory {
  readonly heapUsed: number;
  readonly external: number;
}

/** The gaps between two firings of a 10 ms `setInterval`, in milliseconds. */
export interface TimerGaps {
  readonly gaps: readonly number[];
}

const collectors = globalThis as unknown as { gc?: () => void; Bun?: { gc(force: boolean): void } };

/** The heap after collecting twice: what the first collection finalizes, the second frees. */
export function memory(): Memory {
  for (let i = 0; i < 2; i++) {
    collectors.gc?.();
    collectors.Bun?.gc(true);
  }
  const { heapUsed, external } = process.memoryUsage();
  return { heapUsed, external };
}

let timer: ReturnType<typeof setInterval> | undefined;
let gaps: number[] = [];

/** Starts the interval on the first call; ends it and tells the gaps on the second. */
export function toggleTimer(): TimerGaps {
  if (timer !== undefined) {
    clearInterval(timer);
    timer = undefined;
    return { gaps };
  }
  gaps = [];
  let last = performance.now();
  timer = setInterval(() => {
    const now = performance.now();
    gaps.push(now - last);
    last = now;
  }, 10);
  return { gaps: [] };
}

/** Computes for `microseconds`, as a handler that renders a page would: nothing else runs meanwhile. */
export function compute(microseconds: number): void {
  const until = performance.now() + microseconds / 1000;
  while (performance.now() < until);
}
