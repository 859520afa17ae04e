// What a request costs that comes on a connection of its own, with two workers, against node:cluster with two. There the
// primary accepts, and hands every connection to a worker; here workers accept for themselves, each from a queue of its own.
// All run at the same time and are loaded in turn, so that a busy spell of the machine hits all alike; what counts is the
// ratio within a round.

import { join } from 'node:path';
import process from 'node:process';
import { CASES } from '../cases.ts';
import { launch, type Running } from '../launch.ts';
import { runLoad } from '../load.ts';
import { makeScratch } from '../main.ts';
import { cpuSeconds } from '../proc.ts';
import type { Row } from '../rows.ts';
import { spread } from '../statistics.ts';
import { requireTools } from '../tools.ts';
import { SOURCES } from './service.ts';

const CONNECTIONS = 32;
const SECONDS = 2;
const BAR = 2;
const CLOSE = CASES.find(({ name }) => name === 'close')!;

const BENCH = join(import.meta.dirname, '..');
const LISTENER = join(BENCH, 'apps/node/listener.js');

const cluster = (port: number) => [process.execPath, join(BENCH, 'peers/cluster.js'), String(port)];

/** The same with us: an app for us alone, and the very program that node:cluster runs. */
const OURS: ReadonlyArray<readonly [title: string, command: (port: number) => readonly string[]]> = [
  ['a fetch handler', (port) => siskin(join(BENCH, 'apps/hello.ts'), '--bind', `127.0.0.1:${port}`)],
  ['the same listener', (port) => siskin(LISTENER, '--', String(port))],
];

function siskin(app: string, ...rest: readonly string[]): readonly string[] {
  return [process.execPath, SOURCES, 'serve', app, '--workers', '2', ...rest];
}

export async function connections(rounds: number): Promise<Row[]> {
  requireTools('wrk', 'taskset');
  const scratch = makeScratch();
  const servers: Running[] = [];
  try {
    for (const command of [cluster, ...OURS.map(([, each]) => each)]) {
      servers.push(await launch(command, CLOSE, 'any'));
    }
    // V8 has optimized the hot paths by then.
    for (const server of servers) await cost(server, scratch);
    const costs: number[][] = [];
    for (let round = 0; round < rounds; round++) {
      const each: number[] = [];
      for (const server of servers) each.push(await cost(server, scratch));
      costs.push(each);
    }
    return OURS.map(([title], index) => compare(title, costs, index + 1));
  } finally {
    for (const server of servers) await server.stop();
  }
}

function compare(title: string, costs: readonly number[][], index: number): Row {
  const ratio = spread(costs.map((round) => round[0]! / round[index]!));
  const microseconds = (server: number) => spread(costs.map((round) => round[server]!)).median.toFixed(0);
  const range = `${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)}`;
  return {
    what: `a connection per request, 2 workers: ${title}`,
    bar: `>= ${BAR}x node:cluster's requests per CPU second`,
    is: `${ratio.median.toFixed(2)}x (${range}): ${microseconds(index)} µs CPU against ${microseconds(0)}`,
    reached: ratio.median >= BAR,
  };
}

/** CPU microseconds a request, of the server's process and all below it. */
async function cost({ pid, port }: Running, scratch: string): Promise<number> {
  const before = cpuSeconds(pid);
  const load = { port, case: CLOSE, connections: CONNECTIONS, seconds: SECONDS, scratch };
  const { requests, errors } = await runLoad(load);
  if (errors > 0) throw new Error(`${errors} of ${requests} requests failed`);
  return ((cpuSeconds(pid) - before) / requests) * 1e6;
}
