// node bench/files.ts [--rounds 5] [--clients 200] [--seconds 4]
// What a response that is a file costs: on node:http, on siskin with the file read and written, and handed over. Then
// whether 200 downloads of 50 MB leave the process its turn, with the file in memory and without. Bars: handed over, 1 MB
// costs less than half of node:http; a 10 ms interval fires within 20 ms at p99, and within 50 at worst.

import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { TimerGaps } from './apps/probe.ts';
import { SERVER_CORE, startOnCore, stop, takeLoadCore } from './children.ts';
import { askJson, freePort } from './launch.ts';
import { makeScratch, runMain } from './main.ts';
import { readFlags } from './options.ts';
import { percentile } from './statistics.ts';
import { textTable } from './table.ts';
import { requireTools } from './tools.ts';

const APP = fileURLToPath(new URL('apps/files.ts', import.meta.url));
const REGISTER = new URL('../src/cli/register.ts', import.meta.url).href;
const KILOBYTE = 1024;
const MEGABYTE = 1024 * KILOBYTE;
const CONNECTIONS = 16;
/** Files by name, their bytes, and how many are asked for in a round. */
const FILES: ReadonlyArray<readonly [name: string, bytes: number, requests: number]> = [
  ['1K', KILOBYTE, 3000],
  ['64K', 64 * KILOBYTE, 1500],
  ['1M', MEGABYTE, 200],
  ['50M', 50 * MEGABYTE, 8],
];

interface Way {
  readonly title: string;
  readonly node: readonly string[];
  readonly read?: boolean;
}

const WAYS: readonly Way[] = [
  { title: 'node:http', node: [] },
  { title: 'siskin, read', node: ['--import', REGISTER], read: true },
  { title: 'siskin', node: ['--import', REGISTER] },
];

interface Running {
  readonly port: number;
  stop(): Promise<void>;
}

async function main(): Promise<void> {
  requireTools('taskset', 'dd');
  const { numbers } = readFlags(process.argv.slice(2), [], { rounds: 5, clients: 200, seconds: 4 });
  takeLoadCore();
  const folder = makeScratch();
  for (const [name, bytes] of FILES) writeFileSync(join(folder, name), Buffer.alloc(bytes, name));
  await compareCosts(folder, numbers.rounds);
  await compareTurns(folder, numbers.clients, numbers.seconds);
}

/** Ahead of all other programs, where that may be had: their turns would be taken for the server's. */
const AHEAD = ['chrt', '--fifo', '1'];
const mayBeAhead = spawnSync('chrt', [...AHEAD.slice(1), 'true']).status === 0;

async function start(way: Way, folder: string, ahead = false): Promise<Running> {
  const port = await freePort();
  const env = { ...process.env, READ_FILES: way.read === true ? 'read' : '' };
  const command = [
    ...(ahead && mayBeAhead ? AHEAD : []),
    process.execPath,
    ...way.node,
    APP,
    String(port),
    folder,
  ];
  const child = startOnCore(SERVER_CORE, command, { stdio: ['ignore', 'ignore', 'inherit'], env });
  for (let tries = 0; ; tries++) {
    const found = await askJson(port, '/usage').catch((error: unknown) => error);
    if (!(found instanceof Error)) break;
    if (tries === 100) throw found;
    await sleep(50);
  }
  return { port, stop: () => stop(child, 'SIGTERM', 1) };
}

async function compareCosts(folder: string, rounds: number): Promise<void> {
  const servers = await Promise.all(WAYS.map((way) => start(way, folder)));
  const rows: string[][] = [];
  for (const [name, bytes, requests] of FILES) {
    const costs: number[][] = WAYS.map(() => []);
    // The first round warms up.
    for (let round = 0; round <= rounds; round++) {
      for (const [i, { port }] of servers.entries()) {
        const cost = await costOf(port, `/${name}`, bytes, requests);
        if (round > 0) costs[i]!.push(cost);
      }
    }
    const medians = costs.map(median);
    const ratios = costs.map((own) => median(own.map((cost, round) => cost / costs[0]![round]!)));
    if (name === '1M' && !(ratios.at(-1)! < 0.5)) process.exitCode = 1;
    rows.push([name, ...medians.map((cost, i) => `${cost.toFixed(0)} (${ratios[i]!.toFixed(2)})`)]);
  }
  for (const server of servers) await server.stop();
  const head = ['file', ...WAYS.map(({ title }) => title)];
  process.stdout.write(`CPU µs a request, and over that of node:http\n${textTable(head, rows)}\n\n`);
}

function median(values: readonly number[]): number {
  return percentile(
    [...values].sort((a, b) => a - b),
    50,
  );
}

async function costOf(port: number, path: string, bytes: number, requests: number): Promise<number> {
  const before = await askJson<NodeJS.CpuUsage>(port, '/usage');
  const each = Math.ceil(requests / CONNECTIONS);
  const clients = Math.min(CONNECTIONS, requests);
  await Promise.all(Array.from({ length: clients }, () => download(port, path, bytes, each)));
  const { user, system } = await askJson<NodeJS.CpuUsage>(port, '/usage');
  return (user + system - before.user - before.system) / (each * clients);
}

/** Asks `times` times over one connection, and fails where an answer is not as long as the file. */
async function download(port: number, path: string, bytes: number, times: number): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const request = `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
  let left = times;
  let head = '';
  let missing = -1;
  socket.write(request);
  socket.on('data', (piece) => {
    if (missing >= 0) missing -= piece.length;
    else {
      head += piece.toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      if (end === -1) return;
      missing = bytes - (head.length - end - 4);
      head = '';
    }
    if (missing > 0) return;
    if (missing < 0) throw new Error(`${path}: more came than ${bytes} bytes`);
    missing = -1;
    if (--left === 0) socket.destroy();
    else socket.write(request);
  });
  await once(socket, 'close');
  if (left > 0) throw new Error(`${path}: the connection ended, with ${left} answers to come`);
}

async function compareTurns(folder: string, clients: number, seconds: number): Promise<void> {
  const rows: string[][] = [];
  for (const way of WAYS) {
    for (const cold of [false, true]) {
      const server = await start(way, folder, true);
      const { gaps, megabytes } = await gapsUnder(server.port, join(folder, '50M'), clients, seconds, cold);
      const memory = await askJson<NodeJS.MemoryUsage>(server.port, '/memory');
      await server.stop();
      const [p50, p99, most] = [percentile(gaps, 50), percentile(gaps, 99), gaps.at(-1)!];
      const bar = p99 < 20 && most < 50;
      if (way.title === 'siskin' && !bar) process.exitCode = 1;
      rows.push([
        way.title,
        cold ? 'on the disk' : 'in memory',
        ...[p50, p99, most].map((gap) => gap.toFixed(1)),
        (megabytes / seconds).toFixed(0),
        (memory.rss / MEGABYTE).toFixed(0),
      ]);
    }
  }
  const head = ['server', 'the file is', 'gap p50 ms', 'p99 ms', 'max ms', 'MB/s', 'resident MB'];
  process.stdout.write(
    `gaps between firings of a 10 ms interval, under ${clients} downloads of 50 MB\n${textTable(head, rows)}\n`,
  );
}

async function gapsUnder(
  port: number,
  file: string,
  clients: number,
  seconds: number,
  cold: boolean,
): Promise<{ gaps: number[]; megabytes: number }> {
  let bytes = 0;
  const sockets = Array.from({ length: clients }, () => {
    const socket = connect({ port, host: '127.0.0.1' });
    const ask = (): void => void socket.write('GET /50M HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    ask();
    return socket.on('data', (piece) => {
      bytes += piece.length;
    });
  });
  await sleep(500);
  await askJson(port, '/timer');
  const before = bytes;
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    // Forgets what is in memory of it; what is on its way to somebody stays.
    if (cold) execFileSync('dd', [`if=${file}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' });
    await sleep(20);
  }
  const megabytes = (bytes - before) / MEGABYTE;
  const { gaps } = await askJson<TimerGaps>(port, '/timer');
  for (const socket of sockets) socket.destroy();
  return { gaps: [...gaps].sort((a, b) => a - b), megabytes };
}

await runMain(main);
