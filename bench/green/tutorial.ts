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
const SMALL: Load = { requests: 2000, clients: 200 };
const LARGE: Load = { requests: 5000, clients: 1000 };
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

/** The green app under both loads, beside the same app written with async and await, and Gunicorn with gevent. */
export async function waits(): Promise<Row[]> {
  requireTools('ab');
  const rows: Row[] = [];
  const { api, env } = await startApi();
  await using([api], async () => {
    for (const [load, share] of [
      [SMALL, 0.97],
      [LARGE, 0.93],
    ] as const) {
      const direct = await ab(api.port, PATH, load);
      const green = await alone(() => serve('app.js', GREEN, env), load);
      rows.push({
        what: `green, one process, -c ${load.clients}`,
        bar: `>= ${percent(share)} of direct, 0 failed`,
        is: `${percent(green.perSecond / direct.perSecond)} of ${direct.perSecond.toFixed(1)}/s: ${describe(green)}`,
        reached: green.perSecond >= share * direct.perSecond && green.failed === 0,
      });
      const node = await alone(() => onNode(env), load);
      rows.push(against('async and await on node:http', node, green, 0.5));
      const gunicorn = findTool('gunicorn');
      if (gunicorn === undefined)
        rows.push({
          what: 'Gunicorn + gevent',
          bar: '',
          is: 'absent: apt-get install gunicorn python3-gevent python3-flask',
        });
      else
        rows.push(
          against('Gunicorn + gevent', await alone(() => onGunicorn(gunicorn, env), load), green, 0.25),
        );
    }
  });
  return rows;
}

function against(name: string, other: Measured, green: Measured, most: number): Row {
  return {
    what: `  CPU a request against ${name}`,
    bar: `<= ${most}`,
    is: `${(green.cpu / other.cpu).toFixed(2)}; it has ${describe(other)}`,
    reached: green.cpu <= most * other.cpu,
  };
}

async function alone(start: () => Promise<Program>, load: Load): Promise<Measured> {
  const program = await start();
  return using([program], () => measure(program, load));
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
