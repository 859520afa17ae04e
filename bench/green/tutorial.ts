// The tutorial's app, which waits for a slow API: green, with threads, plain, behind nginx, beside what else there is. "Direct"
// is ab asking the slow API itself, in the same run: more can't be had.

import { join } from 'node:path';
import { nginxConfiguration } from '../../examples/green/nginx.ts';
import { makeScratch } from '../main.ts';
import type { Row } from '../rows.ts';
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

/**
 * The green app under both loads, one after the other as one tries them, beside the same app written with async and await,
 * and Gunicorn with gevent; then a green process that has just been started, whose code V8 has not optimised yet.
 */
export async function waits(): Promise<Row[]> {
  requireTools('ab');
  const gunicorn = findTool('gunicorn');
  const { api, env } = await startApi();
  return using([api], async () => {
    const direct = [await ab(api.port, PATH, SMALL), await ab(api.port, PATH, LARGE)] as const;
    const startGreen = (): Promise<Program> => serve('app.js', GREEN, env);
    const green = await under(LOADS, startGreen);
    const node = await under(LOADS, () => onNode(env));
    const other = gunicorn === undefined ? undefined : await under(LOADS, () => onGunicorn(gunicorn, env));
    const [first] = await under([LARGE], startGreen);
    const rows = LOADS.flatMap((load, i): Row[] => [
      against(`green, one process, -c ${load.clients}`, load, direct[i]!, green[i]!),
      cpuAgainst('async and await on node:http', node[i]!, green[i]!, 0.5),
      other === undefined
        ? {
            what: '  Gunicorn + gevent',
            bar: '',
            is: 'absent: apt-get install gunicorn python3-gevent python3-flask',
          }
        : cpuAgainst('Gunicorn + gevent', other[i]!, green[i]!, 0.25),
    ]);
    return [...rows, against(`the same, -c ${LARGE.clients}, just started`, LARGE, direct[1], first!)];
  });
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

function against(what: string, { share }: Trial, direct: Outcome, green: Measured): Row {
  return {
    what,
    bar: `>= ${percent(share)} of direct, 0 failed`,
    is: `${percent(green.perSecond / direct.perSecond)} of ${direct.perSecond.toFixed(1)}/s: ${describe(green)}`,
    reached: green.perSecond >= share * direct.perSecond && green.failed === 0,
  };
}

function cpuAgainst(name: string, other: Measured, green: Measured, most: number): Row {
  return {
    what: `  CPU a request against ${name}`,
    bar: `<= ${most}`,
    is: `${(green.cpu / other.cpu).toFixed(2)}; it has ${describe(other)}`,
    reached: green.cpu <= most * other.cpu,
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
