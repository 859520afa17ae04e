// What green code costs where nothing waits: the same routes, async and green in turn.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LOAD_CORE } from '../children.ts';
import type { Row } from '../rows.ts';
import { spread } from '../statistics.ts';
import { requireTools } from '../tools.ts';
import { type Program, serve, using } from './programs.ts';

const run = promisify(execFile);
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
  const ratios = ROUTES.map((): number[] => []);
  for (let pair = 0; pair < pairs; pair++) {
    const programs = [await serveApp([]), await serveApp(['--worker-class', 'green'])] as const;
    await using(programs, async () => {
      for (const [i, { path }] of ROUTES.entries())
        ratios[i]!.push(...(await measure(programs, path, rounds)));
    });
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

function serveApp(flags: readonly string[]): Promise<Program> {
  return serve(APP, flags, {}, { oneCore: true });
}

/** What green takes, of what plain takes: once a round. */
async function measure(
  [plain, green]: readonly [Program, Program],
  path: string,
  rounds: number,
): Promise<number[]> {
  const ratios: number[] = [];
  for (let round = -COMPILING; round < rounds; round++) {
    const before = await microseconds(plain, path);
    const after = await microseconds(green, path);
    if (round >= 0) ratios.push(after / before);
  }
  return ratios;
}

/** Of processor time for a request. */
async function microseconds(program: Program, path: string): Promise<number> {
  const before = program.cpu;
  const url = `http://127.0.0.1:${program.port}${path}`;
  const load = ['wrk', '-t', '1', '-c', String(CONNECTIONS), '-d', String(SECONDS), url];
  const { stdout } = await run('taskset', ['-c', String(LOAD_CORE), ...load]);
  const requests = Number(/(\d+) requests in/.exec(stdout)![1]);
  if (/Non-2xx/.test(stdout)) throw new Error(`${path}: not every answer was a success\n${stdout}`);
  return ((program.cpu - before) * 1e6) / requests;
}
