// The tutorial's app, which waits for a slow API: green, with threads, plain, behind nginx, beside what else there is. "Direct"
// is ab asking the slow API itself, in the same run: more can't be had.

import { join } from 'node:path';
import { nginxConfiguration } from '../../examples/green/nginx.ts';
import { makeScratch } from '../main.ts';
import type { Row } from '../rows.ts';
import { spread } from '../statistics.ts';
import { findTool, requireTools } from '../tools.ts';
import { ab, type Load, type Outcome } from './ab.ts';
import { Program, serve, startApi, using } from './programs.ts';

const PATH = '/?delay=1';
/** A load, and the share of "direct" that the green app must reach under it. */
interface Trial extends Load {
  readonly share: number;
}
const SMALL: Trial = { requests: 2000, clients: 200, share: 0.97 };
const LARGE: Trial = { requests: 5000, clients: 1000, share: 0.93 };
const LOADS = [SMALL, LARGE];
const GREEN = ['--worker-class', 'green'];

interface Measured extends Outcome {
  /** Milliseconds of the server's processor time for a request. */
  readonly cpu: number;
}

async function measure(program: Program, load: Load): Promise<Measured> {
  const before = program.cpu;
  const outcome = await ab(program.port, PATH, load);
  return { ...outcome, cpu: ((program.cpu - before) * 1000) / load.requests };
}

const percent = (share: number): string => `${(share * 100).toFixed(1)}%`;
const describe = ({ perSecond, failed, cpu }: Measured): string =>
  `${perSecond.toFixed(1)}/s, ${failed} failed, ${cpu.toFixed(2)} ms of CPU`;

/** Everybody under both loads, once. */
interface Run {
  readonly direct: readonly Outcome[];
  readonly green: readonly Measured[];
  readonly node: readonly Measured[];
  readonly gunicorn: readonly Measured[] | undefined;
  /** Green processes whose first requests are those of the load. */
  readonly started: readonly Measured[];
}

/**
 * The green app under both loads, beside the same app written with async and await, and Gunicorn with gevent, each warm: it
 * has served the larger load before. Then green processes that have just been started, whose code V8 has not optimised yet.
 * All of it several times: `ab` shows a few per cent more or less each time.
 */
export async function waits({ runs: times }: { readonly runs: number }): Promise<Row[]> {
  requireTools('ab');
  const runs: Run[] = [];
  for (let i = 0; i < times; i++) runs.push(await runOnce());
  const medianOf = (pick: (run: Run) => Measured): Measured => medians(runs.map(pick));
  const rows = LOADS.flatMap((load, i): Row[] => [
    against(`green, one process, -c ${load.clients}`, load, runs, i, (run) => run.green[i]!),
    cpuAgainst(
      'async and await on node:http',
      medianOf((run) => run.node[i]!),
      runs.map((run) => run.green[i]!.cpu / run.node[i]!.cpu),
      0.5,
    ),
    runs.some(({ gunicorn }) => gunicorn === undefined)
      ? {
          what: '  Gunicorn + gevent',
          bar: '',
          is: 'absent: apt-get install gunicorn python3-gevent python3-flask',
        }
      : cpuAgainst(
          'Gunicorn + gevent',
          medianOf((run) => run.gunicorn![i]!),
          runs.map((run) => run.green[i]!.cpu / run.gunicorn![i]!.cpu),
          0.25,
        ),
  ]);
  return [
    ...rows,
    ...LOADS.map((load, i) =>
      against(`the same, -c ${load.clients}, just started`, load, runs, i, (run) => run.started[i]!),
    ),
  ];
}

async function runOnce(): Promise<Run> {
  const { api, env } = await startApi();
  const command = findTool('gunicorn');
  return using([api], async () => {
    const direct = [await ab(api.port, PATH, SMALL), await ab(api.port, PATH, LARGE)];
    const startGreen = (): Promise<Program> => serve('app.js', GREEN, env);
    const [small] = await under([SMALL], startGreen);
    const green = await coldAndWarm(startGreen);
    const node = await coldAndWarm(() => onNode(env));
    const gunicorn = command === undefined ? undefined : await coldAndWarm(() => onGunicorn(command, env));
    return {
      direct,
      green: green.warm,
      node: node.warm,
      gunicorn: gunicorn?.warm,
      started: [small!, green.cold],
    };
  });
}

/** Of each figure for itself; failures are added up. */
function medians(all: readonly Measured[]): Measured {
  const of = (pick: (one: Measured) => number): number => spread(all.map(pick)).median;
  return {
    perSecond: of(({ perSecond }) => perSecond),
    seconds: of(({ seconds }) => seconds),
    failed: all.reduce((sum, { failed }) => sum + failed, 0),
    cpu: of(({ cpu }) => cpu),
  };
}

/** The loads, one after the other, on one process. */
async function under(loads: readonly Load[], start: () => Promise<Program>): Promise<Measured[]> {
  const program = await start();
  return using([program], async () => {
    const measured: Measured[] = [];
    for (const load of loads) measured.push(await measure(program, load));
    return measured;
  });
}

/** A process under the larger load, and then, warmed up by that, under both. */
async function coldAndWarm(
  start: () => Promise<Program>,
): Promise<{ readonly cold: Measured; readonly warm: readonly Measured[] }> {
  const [cold, ...warm] = await under([LARGE, ...LOADS], start);
  return { cold: cold!, warm };
}

function against(
  what: string,
  { share }: Trial,
  runs: readonly Run[],
  load: number,
  pick: (run: Run) => Measured,
): Row {
  const { median, min, max } = spread(runs.map((run) => pick(run).perSecond / run.direct[load]!.perSecond));
  const green = medians(runs.map(pick));
  const direct = spread(runs.map((run) => run.direct[load]!.perSecond)).median;
  return {
    what,
    bar: `>= ${percent(share)} of direct, 0 failed`,
    is: `${percent(median)} (${percent(min)} to ${percent(max)}) of ${direct.toFixed(1)}/s: ${describe(green)}`,
    reached: median >= share && green.failed === 0,
  };
}

function cpuAgainst(name: string, other: Measured, ratios: readonly number[], most: number): Row {
  const { median, min, max } = spread(ratios);
  return {
    what: `  CPU a request against ${name}`,
    bar: `<= ${most}`,
    is: `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)}); it has ${describe(other)}`,
    reached: median <= most,
  };
}

function onNode(env: { readonly SLOW_API: string }): Promise<Program> {
  const main = join(import.meta.dirname, '../apps/green/on-node.js');
  return Program.start((port) => [process.execPath, main, String(port)], env);
}

function onGunicorn(gunicorn: string, env: { readonly SLOW_API: string }): Promise<Program> {
  const folder = join(import.meta.dirname, '../apps/green');
  const flags = [
    '--worker-class',
    'gevent',
    '--worker-connections',
    '2000',
    '--backlog',
    '2048',
    '--chdir',
    folder,
  ];
  return Program.start((port) => [gunicorn, ...flags, '--bind', `127.0.0.1:${port}`, 'flask_app:app'], env);
}

export async function nginx(): Promise<Row> {
  requireTools('ab', 'nginx');
  const { api, env } = await startApi();
  const app = await serve('app.js', GREEN, env);
  const scratch = makeScratch();
  const front = await Program.start((port) => [
    findTool('nginx')!,
    ...['-c', nginxConfiguration(scratch, { port, behind: app.port }), '-p', scratch],
  ]);
  return using([front, app, api], async () => {
    const direct = await ab(api.port, PATH, SMALL);
    const green = await measure(front, SMALL);
    return {
      what: 'green behind nginx, -c 200',
      bar: '>= 95% of direct',
      is: `${percent(green.perSecond / direct.perSecond)}: ${green.perSecond.toFixed(1)}/s, ${green.failed} failed`,
      reached: green.perSecond >= 0.95 * direct.perSecond && green.failed === 0,
    };
  });
}

export async function plain(): Promise<Row> {
  requireTools('ab');
  const { api, env } = await startApi();
  const app = await serve('app.js', [], env);
  return using([app, api], async () => {
    const { perSecond } = await ab(app.port, PATH, { requests: 6, clients: 3 });
    return {
      what: 'plain, the same app',
      bar: 'about 1/s',
      is: `${perSecond.toFixed(2)}/s`,
      reached: perSecond < 1.1,
    };
  });
}

export async function threads(): Promise<Row> {
  requireTools('ab');
  const load = { requests: 500, clients: 50 };
  const { api, env } = await startApi();
  const app = await serve('app.js', ['--worker-class', 'threads', '--threads', '50'], env);
  return using([app, api], async () => {
    const direct = await ab(api.port, PATH, load);
    const pool = await measure(app, load);
    return {
      what: '50 threads, -n 500 -c 50',
      bar: '>= 95% of direct',
      is: `${percent(pool.perSecond / direct.perSecond)}: ${describe(pool)}`,
      reached: pool.perSecond >= 0.95 * direct.perSecond && pool.failed === 0,
    };
  });
}
