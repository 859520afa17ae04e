// How long a worker takes from its start until it serves, its watchdog included: what a crash costs, and each step of a
// reload. The arbiter measures it, and logs it.

import { execFileSync } from 'node:child_process';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds } from '../proc.ts';
import type { Row } from '../rows.ts';
import { spread } from '../statistics.ts';
import { BUILT, Service, SOURCES } from './service.ts';

/** Milliseconds. */
const BAR = 150;
/** Milliseconds in which what a worker begins when it serves is over, its watchdog's start above all. */
const REST = 250;
const SERVES = /"workerPid":(\d+),"ms":(\d+),"msg":"worker \d+ serves"/g;

/** As it is built, which is how users have it, and from sources, with Node alone in turn. */
export async function boot(restarts: number): Promise<Row[]> {
  const built = await restart(BUILT, restarts);
  const sources = await restart(SOURCES, restarts);
  return [
    {
      what: `a worker's boot, ${restarts} times`,
      bar: `< ${BAR} ms`,
      is: describe(built),
      reached: spread(built.boots).median < BAR,
    },
    { what: 'the same from sources', bar: '', is: describe(sources) },
  ];
}

/** In milliseconds. */
interface Times {
  readonly boots: readonly number[];
  /** Processor time of all threads meanwhile: other programs disturb it less. */
  readonly processor: readonly number[];
  /** Of a program that does nothing, start and end, between the others. */
  readonly node: readonly number[];
}

function describe({ boots, processor, node }: Times): string {
  const { median, min, max } = spread(boots);
  const range = `${median.toFixed(0)} ms (${min.toFixed(0)} to ${max.toFixed(0)})`;
  return `${range}, CPU ${spread(processor).median.toFixed(0)}; Node alone ${spread(node).median.toFixed(0)}`;
}

async function restart(command: string, restarts: number): Promise<Times> {
  const service = await Service.start(1, { app: 'hello.js', command });
  const times = { boots: [] as number[], processor: [] as number[], node: [] as number[] };
  const last = () => {
    const [, pid, ms] = [...service.output.matchAll(SERVES)].at(-1)!;
    return { pid: Number(pid), ms: Number(ms) };
  };
  for (let i = 1; i <= restarts; i++) {
    await sleep(REST);
    const begun = performance.now();
    execFileSync(process.execPath, ['--eval', '0'], { stdio: 'ignore' });
    times.node.push(performance.now() - begun);
    process.kill(last().pid, 'SIGKILL');
    await service.said(SERVES, i + 1);
    const { pid, ms } = last();
    times.processor.push(cpuSeconds(pid) * 1000);
    times.boots.push(ms);
  }
  await service.stop();
  return times;
}
