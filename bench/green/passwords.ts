// An unrelated request, while others hash passwords.

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from '../rows.ts';
import { percentile } from '../statistics.ts';
import { type Program, serve, using } from './programs.ts';

const APP = join(import.meta.dirname, '../apps/green/passwords.js');
const HASHING = 16;
const SECONDS = 8;
/** Milliseconds. */
const BETWEEN = 10;
const BAR = 20;

export async function passwords(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [what, flags] of [
    ['green', ['--worker-class', 'green']],
    ['  plain', []],
  ] as const) {
    const program = await serve(APP, flags);
    const { sorted, hashed } = await using([program], () => pings(program));
    const late = percentile(sorted, 99);
    const is = `p50 ${percentile(sorted, 50).toFixed(1)} ms, p99 ${late.toFixed(1)} ms of ${sorted.length}; ${hashed} hashed`;
    const name = `${what}: /ping while ${HASHING} clients hash passwords`;
    rows.push(
      flags.length === 0
        ? { what: name, bar: '', is }
        : { what: name, bar: `p99 < ${BAR} ms`, is, reached: late < BAR },
    );
  }
  return rows;
}

/** Milliseconds that pings took, ascending, and how much was hashed meanwhile. */
async function pings({
  port,
}: Program): Promise<{ readonly sorted: readonly number[]; readonly hashed: number }> {
  const ask = async (path: string): Promise<void> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    await response.text();
  };
  const until = performance.now() + SECONDS * 1000;
  let hashed = 0;
  const hashing = Array.from({ length: HASHING }, async () => {
    while (performance.now() < until) {
      await ask('/hash');
      hashed++;
    }
  });
  await sleep(500);
  const times: number[] = [];
  while (performance.now() < until) {
    const begun = performance.now();
    await ask('/ping');
    times.push(performance.now() - begun);
    await sleep(BETWEEN);
  }
  await Promise.all(hashing);
  return { sorted: times.sort((a, b) => a - b), hashed };
}
