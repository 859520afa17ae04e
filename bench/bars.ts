// What Siskin must reach, as ratios, and whether it did. `run.ts` prints it under the tables.

import { costRatio, type Results } from './results.ts';
import { spread } from './statistics.ts';

export interface Bar {
  readonly what: string;
  readonly bar: string;
  readonly found: string;
  readonly reached: boolean;
}

/** The cost of Siskin's request over the other's is to be at most `most`. */
interface CostBar {
  readonly case: string;
  readonly base: string;
  readonly most: number;
  readonly what: string;
}

const COSTS: readonly CostBar[] = [
  { case: 'hello', base: 'c', most: 1.35, what: 'hello: CPU a request against the C loop' },
  { case: 'hello', base: 'node', most: 1 / 2, what: 'hello: throughput per CPU against node:http' },
  { case: 'hello', base: 'bun', most: 1, what: 'hello: throughput per CPU against Bun.serve' },
  { case: 'hello', base: 'deno', most: 1, what: 'hello: throughput per CPU against Deno.serve' },
  { case: 'hello', base: 'nginx', most: 1, what: 'hello: throughput per CPU against nginx' },
  {
    case: 'browser',
    base: 'node',
    most: 1 / 2,
    what: "a browser's request: throughput per CPU against node:http",
  },
];

/** Bytes of an idle connection. */
const IDLE_HEAP = 1.2 * 1024;
const IDLE_RESIDENT = 3 * 1024;

/** Those bars whose measurements were made. */
export function judge(results: Results): Bar[] {
  const bars: Bar[] = [];
  for (const { case: name, base, most, what } of COSTS) {
    const ratio = costRatio(results, 'siskin', base, name)?.median;
    if (ratio === undefined) continue;
    const asCost = most > 1;
    bars.push({
      what,
      bar: asCost ? `<= ${most.toFixed(2)}x` : `>= ${(1 / most).toFixed(0)}x`,
      found: `${(asCost ? ratio : 1 / ratio).toFixed(2)}x`,
      reached: ratio <= most,
    });
  }
  const idle = results.idle.filter((sample) => sample.server === 'siskin');
  if (idle.length > 0) {
    const heap = spread(idle.map((sample) => sample.heap ?? Number.NaN)).median;
    const resident = spread(idle.map((sample) => sample.resident)).median;
    bars.push(memoryBar('heap', heap, IDLE_HEAP), memoryBar('resident memory', resident, IDLE_RESIDENT));
  }
  return bars;
}

function memoryBar(what: string, bytes: number, most: number): Bar {
  const kilobytes = (count: number) => `${(count / 1024).toFixed(2)} KB`;
  return {
    what: `an idle connection: ${what}`,
    bar: `<= ${kilobytes(most)}`,
    found: kilobytes(bytes),
    reached: bytes <= most,
  };
}
