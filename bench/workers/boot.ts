// How long a worker takes from its start until it serves, its watchdog included: what a crash costs, and each step of a
// reload. The arbiter measures it, and logs it.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { spread } from '../statistics.ts';
import type { Row } from './row.ts';
import { BUILT, Service, SOURCES } from './service.ts';

/** Milliseconds. */
const BAR = 150;
/** Milliseconds in which what a worker begins when it serves is over, its watchdog's start above all. */
const REST = 250;
const SERVES = /"pid":(\d+),"ms":(\d+),"msg":"worker \d+ serves"/g;

const ROOT = join(import.meta.dirname, '../..');

/** As it is built, which is how users have it, and from sources, with Node alone in turn. */
export async function boot(restarts: number): Promise<Row[]> {
  // What is there may be of other sources.
  execFileSync('npm', ['run', 'build'], { cwd: ROOT, stdio: 'ignore' });
  const built = await restart(BUILT, restarts);
  const sources = await restart(SOURCES, restarts);
  const is = (times: readonly number[]) => {
    const { median, min, max } = spread(times);
    return `${median.toFixed(0)} ms (${min.toFixed(0)} to ${max.toFixed(0)})`;
  };
  return [
    {
      what: `a worker's boot, ${restarts} times`,
      bar: `< ${BAR} ms`,
      is: `${is(built.boots)}; Node alone ${is(built.node)}`,
      reached: spread(built.boots).median < BAR,
    },
    {
      what: 'the same from sources',
      bar: '',
      is: `${is(sources.boots)}; Node alone ${is(sources.node)}`,
    },
  ];
}

interface Times {
  readonly boots: readonly number[];
  /** Of a program that does nothing, start and end, between the others. */
  readonly node: readonly number[];
}

async function restart(command: string, restarts: number): Promise<Times> {
  const service = await Service.start(1, { app: 'hello.js', command });
  const node: number[] = [];
  const boots = () => [...service.output.matchAll(SERVES)];
  for (let i = 1; i <= restarts; i++) {
    await sleep(REST);
    const begun = performance.now();
    execFileSync(process.execPath, ['--eval', '0'], { stdio: 'ignore' });
    node.push(performance.now() - begun);
    process.kill(Number(boots().at(-1)![1]), 'SIGKILL');
    await service.said(SERVES, i + 1);
  }
  await service.stop();
  const [, ...again] = boots();
  return { boots: again.map(([, , ms]) => Number(ms)), node };
}
