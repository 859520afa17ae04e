// npm run bench:apps: what a request costs programs of node:http, on Node's own server and on ours. Both run at the same
// time and are loaded in turn, a second each, so that a busy spell of the machine hits both alike; the ratio of each pair
// is what counts.

import { join } from 'node:path';
import { CASES } from './cases.ts';
import { launch, type Running } from './launch.ts';
import { runLoad } from './load.ts';
import { describeMachine, machineLine } from './machine.ts';
import { makeScratch, runMain } from './main.ts';
import { cpuSeconds } from './proc.ts';
import { spread } from './statistics.ts';
import { requireTools } from './tools.ts';

const APPS = join(import.meta.dirname, 'apps', 'node');
const SOURCE = join(import.meta.dirname, '..', 'src');
const REGISTER = join(SOURCE, 'cli', 'register.ts');

interface Program {
  readonly title: string;
  /** Throughput per CPU on ours, against Node's: at least this. */
  readonly bar: number;
  readonly onNode: (port: number) => readonly string[];
  readonly onSiskin: (port: number) => readonly string[];
}

const PROGRAMS: readonly Program[] = [
  program('a bare listener', 'listener.js', 1.7),
  program('Express 5', 'express.js', 1.25),
  program('Koa', 'koa.js', 1.4),
  program('Fastify', 'fastify.js', 1.4),
  {
    ...program('Hono, and on @hono/node-server', 'hono-on-node.js', 1.5),
    onSiskin: (port) => [
      process.execPath,
      join(SOURCE, 'cli', 'main.ts'),
      'serve',
      join(APPS, 'hono.js'),
      '--bind',
      `127.0.0.1:${port}`,
    ],
  },
];

function program(title: string, file: string, bar: number): Program {
  const run = (port: number, ...flags: readonly string[]) => [
    process.execPath,
    ...flags,
    join(APPS, file),
    String(port),
  ];
  return {
    title,
    bar,
    onNode: (port) => run(port),
    onSiskin: (port) => run(port, '--import', REGISTER),
  };
}

const ROUNDS = Number(process.argv[2] ?? 8);
const CONNECTIONS = 64;

async function main(): Promise<void> {
  requireTools('wrk', 'taskset');
  console.log(machineLine(describeMachine()));
  console.log(
    'CPU microseconds a request, and how many times as much Node’s server spends: the median of the pairs.\n',
  );
  const scratch = makeScratch();
  const cases = CASES.filter(({ name }) => name === 'hello' || name === 'browser');
  for (const it of cases) {
    console.log(it.title);
    for (const { title, bar, onNode, onSiskin } of PROGRAMS) {
      const [node, siskin] = [await launch(onNode, it), await launch(onSiskin, it)];
      try {
        const sample = (running: Running) => cost(running, it, scratch);
        for (const running of [node, siskin]) await sample(running);
        const pairs: { node: number; siskin: number }[] = [];
        for (let round = 0; round < ROUNDS; round++) {
          pairs.push({ node: await sample(node), siskin: await sample(siskin) });
        }
        const ratio = spread(pairs.map((pair) => pair.node / pair.siskin));
        const median = (of: 'node' | 'siskin') => spread(pairs.map((pair) => pair[of])).median.toFixed(1);
        const range = `${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)}`;
        const judged = it.name === 'hello' ? `, bar ${bar}: ${ratio.median >= bar ? 'met' : 'short'}` : '';
        console.log(
          `  ${title}: ${median('siskin')} against ${median('node')}, ${ratio.median.toFixed(2)}x (${range})${judged}`,
        );
      } finally {
        await Promise.all([node.stop(), siskin.stop()]);
      }
    }
  }
}

/** CPU microseconds a request, of a second's load. */
async function cost(running: Running, it: (typeof CASES)[number], scratch: string): Promise<number> {
  const before = cpuSeconds(running.pid);
  const { requests } = await runLoad({
    port: running.port,
    case: it,
    connections: CONNECTIONS,
    seconds: 1,
    scratch,
  });
  return ((cpuSeconds(running.pid) - before) / requests) * 1e6;
}

await runMain(main);
