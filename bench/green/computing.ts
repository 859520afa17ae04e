// What green code costs where nothing waits: the same routes, async and green in turn.

import { join } from 'node:path';
import { routeCase } from '../cases.ts';
import { launch, type Running } from '../launch.ts';
import { runLoad } from '../load.ts';
import { makeScratch } from '../main.ts';
import { cpuSeconds } from '../proc.ts';
import type { Row } from '../rows.ts';
import { spread } from '../statistics.ts';
import { requireTools } from '../tools.ts';
import { serveCommand } from './programs.ts';

const APP = join(import.meta.dirname, '../apps/green/pure.js');
const SECONDS = 1;
const CONNECTIONS = 32;
/** Rounds that are for the compiler. */
const COMPILING = 3;

interface Route {
  readonly path: string;
  readonly what: string;
  /** How much more processor time green may take. */
  readonly most: number;
}

const ROUTES: readonly Route[] = [
  { path: '/hello', what: 'hello on Express', most: 1.1 },
  { path: '/fib', what: 'fib(18)', most: 1.05 },
  { path: '/json', what: 'JSON there and back, filter and map', most: 1.05 },
  { path: '/regex', what: '40 lines through a regular expression', most: 1.05 },
];

/**
 * Each pair of processes is started afresh: what V8 makes of a program differs from one to the next by more than the bars
 * allow. `rounds`: of each pair.
 */
export async function computing(pairs: number, rounds: number): Promise<Row[]> {
  requireTools('wrk', 'taskset');
  const scratch = makeScratch();
  const ratios = ROUTES.map((): number[] => []);
  for (let pair = 0; pair < pairs; pair++) {
    const servers = [await launchApp([]), await launchApp(['--worker-class', 'green'])] as const;
    for (const [i, { path }] of ROUTES.entries())
      ratios[i]!.push(...(await measure(servers, path, rounds, scratch)));
    await Promise.all(servers.map((server) => server.stop()));
  }
  return ROUTES.map(({ what, most }, i) => {
    const { median, min, max } = spread(ratios[i]!);
    return {
      what: `${what}: CPU, green against async`,
      bar: `<= ${most}`,
      is: `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`,
      reached: median <= most,
    };
  });
}

function launchApp(flags: readonly string[]): Promise<Running> {
  return launch(serveCommand(APP, flags), routeCase('/hello'));
}

/** What green takes, of what plain takes: once a round. */
async function measure(
  [plain, green]: readonly [Running, Running],
  path: string,
  rounds: number,
  scratch: string,
): Promise<number[]> {
  const ratios: number[] = [];
  for (let round = -COMPILING; round < rounds; round++) {
    const before = await microseconds(plain, path, scratch);
    const after = await microseconds(green, path, scratch);
    if (round >= 0) ratios.push(after / before);
  }
  return ratios;
}

/** Of processor time for a request. */
async function microseconds({ port, pid }: Running, path: string, scratch: string): Promise<number> {
  const before = cpuSeconds(pid);
  const load = { port, case: routeCase(path), connections: CONNECTIONS, seconds: SECONDS, scratch };
  const { requests, errors } = await runLoad(load);
  if (errors > 0) throw new Error(`${path}: ${errors} answers were none, or no success`);
  return ((cpuSeconds(pid) - before) * 1e6) / requests;
}
