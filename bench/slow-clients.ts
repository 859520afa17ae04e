// node bench/slow-clients.ts [--servers siskin,node] [--connections 2000] [--seconds 40]
// 2,000 clients that send headers slowly, bodies slowly, or read slowly (slowhttptest -H, -B, -X), and what the
// others feel of them: the latency of a few normal clients, and the server's memory. They stay for longer than the
// deadlines of 30 s, so that the server also has all of them to cut off. Bars: p99 under 50 ms, nobody fails, memory
// within what the settings allow, and the slow ones were there.

import { setTimeout as sleep } from 'node:timers/promises';
import { type Case, requestText, routeCase } from './cases.ts';
import { LOAD_CORE, startOnCore, stop, takeLoadCore } from './children.ts';
import { Client } from './client.ts';
import { launch, type Running } from './launch.ts';
import { makeScratch, runMain } from './main.ts';
import { readFlags } from './options.ts';
import { openDescriptors, residentBytes } from './proc.ts';
import type { Server } from './servers.ts';
import { percentile } from './statistics.ts';
import { textTable } from './table.ts';
import { requireTools } from './tools.ts';

const BAR = 50;
/** `maxBuffered`, and an eighth for what holds it. */
const MEMORY_BAR = 288;
const MEGABYTE = 2 ** 20;
const NORMAL_CLIENTS = 4;
/** New slow connections a second: they come quickly, but the test is of their slowness, not of a flood. */
const CONNECT_RATE = 250;

interface Attack {
  readonly title: string;
  /** slowhttptest's flags; without any, nobody attacks. */
  readonly flags: readonly string[];
  readonly path: string;
}

const SLOW_READING = ['-X', '-w', '512', '-y', '1024', '-n', '5', '-z', '32'];

const ATTACKS: readonly Attack[] = [
  { title: 'none', flags: [], path: '/' },
  { title: 'slow headers', flags: ['-H', '-i', '5', '-x', '24'], path: '/' },
  { title: 'slow bodies', flags: ['-B', '-i', '5', '-x', '10', '-s', '8192'], path: '/sink' },
  { title: 'slow readers, 256 KB', flags: SLOW_READING, path: '/page' },
  // More than the kernel lets all sockets together buffer: the server must not fill them either.
  { title: 'slow readers, 1 MB', flags: [...SLOW_READING, '-k', '4'], path: '/page' },
];

interface Felt {
  readonly latencies: readonly number[];
  readonly failed: number;
  readonly before: number;
  readonly peak: number;
  /** Descriptors open at the most: whether the attackers were really let in. */
  readonly descriptors: number;
}

async function main(): Promise<void> {
  requireTools('slowhttptest', 'taskset');
  const defaults = { connections: 2000, seconds: 40 };
  const { servers, numbers } = readFlags(process.argv.slice(2), ['siskin', 'node'], defaults);
  takeLoadCore();
  const scratch = makeScratch();
  const rows: string[][] = [];
  for (const server of servers) {
    const absent = server.absent();
    if (absent !== undefined) process.stdout.write(`absent: ${server.name}: ${absent}\n`);
    if (absent !== undefined) continue;
    for (const attack of ATTACKS)
      rows.push(
        row(server, attack, await measure(server, attack, { ...numbers, scratch }), numbers.connections),
      );
  }
  const head = [
    'server',
    'attack',
    'p50 ms',
    'p99 ms',
    'max ms',
    'failed',
    'open fds',
    'MB before',
    'MB at most',
    `p99 < ${BAR} ms, rises < ${MEMORY_BAR} MB`,
  ];
  process.stdout.write(`normal clients beside ${numbers.connections} slow ones\n${textTable(head, rows)}\n`);
}

function row(server: Server, attack: Attack, felt: Felt, connections: number): string[] {
  const { latencies, failed, before, peak, descriptors } = felt;
  const p99 = percentile(latencies, 99);
  const attacked = attack.flags.length === 0 || descriptors > 0.9 * connections;
  const good = p99 < BAR && failed === 0 && peak - before < MEMORY_BAR * MEGABYTE && attacked;
  if (server.name === 'siskin' && !good) process.exitCode = 1;
  const figures = [percentile(latencies, 50), p99, latencies.at(-1) ?? Number.NaN].map((value) =>
    value.toFixed(2),
  );
  const memory = [before, peak].map((bytes) => (bytes / MEGABYTE).toFixed(0));
  return [
    server.title,
    attack.title,
    ...figures,
    String(failed),
    String(descriptors),
    ...memory,
    good ? 'yes' : 'NO',
  ];
}

async function measure(
  server: Server,
  attack: Attack,
  options: { readonly connections: number; readonly seconds: number; readonly scratch: string },
): Promise<Felt> {
  const it = routeCase('/');
  const running = await launch((port) => server.command({ port, case: it, scratch: options.scratch }), it);
  try {
    await measureNormal(running, it, 2); // the code is compiled, the pools are filled
    const before = residentBytes(running.pid);
    const attackers = attack.flags.length === 0 ? undefined : startAttack(attack, running.port, options);
    let peak = before;
    let descriptors = 0;
    const timer = setInterval(() => {
      peak = Math.max(peak, residentBytes(running.pid));
      descriptors = Math.max(descriptors, openDescriptors(running.pid));
    }, 100);
    const felt = await measureNormal(running, it, options.seconds);
    clearInterval(timer);
    if (attackers !== undefined) await stop(attackers, 'SIGINT', 2);
    if (running.child.exitCode !== null)
      throw new Error(`${server.name} ended under ${attack.title}:\n${running.log()}`);
    return { ...felt, before, peak, descriptors };
  } finally {
    await running.stop();
  }
}

function startAttack(
  attack: Attack,
  port: number,
  options: { connections: number; seconds: number; scratch: string },
) {
  const size = [
    '-c',
    String(options.connections),
    '-r',
    String(CONNECT_RATE),
    '-l',
    String(options.seconds + 5),
    '-v',
    '0',
  ];
  const command = ['slowhttptest', ...attack.flags, ...size, '-u', `http://127.0.0.1:${port}${attack.path}`];
  return startOnCore(LOAD_CORE, command, { stdio: 'ignore', cwd: options.scratch });
}

/** A few clients that ask every 5 ms, in turn on a kept connection and on a new one. */
async function measureNormal(
  running: Running,
  it: Case,
  seconds: number,
): Promise<{ latencies: number[]; failed: number }> {
  const request = requestText(it, running.port);
  const until = performance.now() + seconds * 1000;
  const latencies: number[] = [];
  let failed = 0;
  const ask = async (client: Client | undefined) => {
    const begun = performance.now();
    const used = client ?? (await Client.connect(running.port));
    const answer = await used.request(request);
    latencies.push(performance.now() - begun);
    if (answer.status !== 200) failed++;
    if (client === undefined) used.destroy();
  };
  const loop = async () => {
    let kept: Client | undefined;
    while (performance.now() < until) {
      try {
        if (kept === undefined || kept.closed) kept = await Client.connect(running.port);
        await ask(kept);
        await ask(undefined);
      } catch {
        failed++;
      }
      await sleep(5);
    }
    kept?.destroy();
  };
  await Promise.all(Array.from({ length: NORMAL_CLIENTS }, loop));
  return { latencies: latencies.sort((a, b) => a - b), failed };
}

await runMain(main);
