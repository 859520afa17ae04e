// What green code costs where nothing waits: the same routes, async and green in turn.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Row } from '../rows.ts';
import { spread } from '../statistics.ts';
import { requireTools } from '../tools.ts';
import { type Program, serve, using } from './programs.ts';

const run = promisify(execFile);
const APP = join(import.meta.dirname, '../apps/green/pure.js');
const SECONDS = 1;
const CONNECTIONS = 32;

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

export async function computing(rounds: number): Promise<Row[]> {
  requireTools('wrk');
  const programs = [await serve(APP, []), await serve(APP, ['--worker-class', 'green'])] as const;
  return using(programs, async () => {
    const rows: Row[] = [];
    for (const { path, what, most } of ROUTES) {
      const ratios: number[] = [];
      // The first rounds are for the compiler.
      for (let round = -2; round < rounds; round++) {
        const plain = await microseconds(programs[0], path);
        const green = await microseconds(programs[1], path);
        if (round >= 0) ratios.push(green / plain);
      }
      const { median, min, max } = spread(ratios);
      rows.push({
        what: `${what}: CPU, green against async`,
        bar: `<= ${most}`,
        is: `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`,
        reached: median <= most,
      });
    }
    return rows;
  });
}

/** Of processor time for a request. */
async function microseconds(program: Program, path: string): Promise<number> {
  const before = program.cpu;
  const url = `http://127.0.0.1:${program.port}${path}`;
  const { stdout } = await run('wrk', ['-t', '1', '-c', String(CONNECTIONS), '-d', String(SECONDS), url]);
  const requests = Number(/(\d+) requests in/.exec(stdout)![1]);
  if (/Non-2xx/.test(stdout)) throw new Error(`${path}: not every answer was a success\n${stdout}`);
  return ((program.cpu - before) * 1e6) / requests;
}
