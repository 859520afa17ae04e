// node bench/fairness.ts [--servers siskin,node] [--seconds 5] [--connections 256]
// Whether a saturated server leaves the rest of its process its turn: how regularly a 10 ms `setInterval` fires
// beside it, with a handler that does nothing and with one that computes for 200 µs. Bar: p99 under 15 ms.

import { setTimeout as sleep } from 'node:timers/promises';
import type { TimerGaps } from './apps/probe.ts';
import { type Case, routeCase } from './cases.ts';
import { askJson, launch } from './launch.ts';
import { runLoad } from './load.ts';
import { makeScratch, runMain } from './main.ts';
import { readFlags } from './options.ts';
import type { Server } from './servers.ts';
import { percentile } from './statistics.ts';
import { textTable } from './table.ts';
import { requireTools } from './tools.ts';

const BAR = 15;
/** The load begins and ends outside of what is measured. */
const MARGIN = 0.5;

interface Fairness {
  readonly gaps: readonly number[];
  readonly requestsPerSecond: number;
}

async function main(): Promise<void> {
  requireTools('wrk', 'taskset');
  const { servers, numbers } = readFlags(process.argv.slice(2), ['siskin', 'node'], {
    seconds: 5,
    connections: 256,
  });
  const scratch = makeScratch();
  const rows: string[][] = [];
  for (const server of servers) {
    const absent = server.absent();
    if (absent !== undefined) process.stdout.write(`absent: ${server.name}: ${absent}\n`);
    if (absent !== undefined) continue;
    for (const path of ['/', '/compute']) {
      const { gaps, requestsPerSecond } = await measure(server, routeCase(path), { ...numbers, scratch });
      const late = percentile(gaps, 99);
      if (server.name === 'siskin' && !(late < BAR)) process.exitCode = 1;
      const figures = [percentile(gaps, 50), late, gaps.at(-1)!].map((gap) => gap.toFixed(1));
      rows.push([
        server.title,
        path === '/' ? 'nothing' : '200 µs',
        ...figures,
        requestsPerSecond.toFixed(0),
        late < BAR ? 'yes' : 'NO',
      ]);
    }
  }
  const head = [
    'server',
    'handler computes',
    'gap p50 ms',
    'p99 ms',
    'max ms',
    'requests/s',
    `p99 < ${BAR} ms`,
  ];
  process.stdout.write(
    `the gaps between firings of a 10 ms interval, under ${numbers.connections} connections\n${textTable(head, rows)}\n`,
  );
}

async function measure(
  server: Server,
  it: Case,
  load: { readonly seconds: number; readonly connections: number; readonly scratch: string },
): Promise<Fairness> {
  const running = await launch((port) => server.command({ port, case: it, scratch: load.scratch }), it);
  try {
    const { port } = running;
    await runLoad({ ...load, port, case: it, seconds: 1 });
    const loaded = runLoad({ ...load, port, case: it, seconds: load.seconds + 2 * MARGIN + 1 });
    await sleep(MARGIN * 1000);
    await askJson<TimerGaps>(port, '/timer');
    await sleep(load.seconds * 1000);
    const { gaps } = await askJson<TimerGaps>(port, '/timer');
    const { requests, seconds } = await loaded;
    if (gaps.length === 0)
      throw new Error(`${server.name}: the interval did not fire once in ${load.seconds} s`);
    return { gaps: [...gaps].sort((a, b) => a - b), requestsPerSecond: requests / seconds };
  } finally {
    await running.stop();
  }
}

await runMain(main);
