// The processes that a measurement starts, each on its core. Whatever happens to the benchmark (Ctrl-C, an error),
// none outlives it.

import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { tree } from './proc.ts';

/** The server has one core to itself, the load another: neither takes time from the other. */
export const SERVER_CORE = 0;
export const LOAD_CORE = 1;

const running = new Set<ChildProcess>();

process.once('exit', killAll);
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.once(signal, () => process.exit(code));
}

/** Moves this process, with all its threads, to the load's core: for a load that it makes itself. */
export function takeLoadCore(): void {
  execFileSync('taskset', ['-a', '-c', '-p', String(LOAD_CORE), String(process.pid)], { stdio: 'ignore' });
}

/** Starts `command` on `core`. */
export function startOnCore(core: number, command: readonly string[], options: SpawnOptions): ChildProcess {
  if (cpus().length <= Math.max(SERVER_CORE, LOAD_CORE)) {
    throw new Error('the benchmark needs two cores: one for the server, one for the load');
  }
  return start(['taskset', '-c', String(core), ...command], options);
}

/** Starts `command` on whichever core is free: a server of several processes. */
export function start([program, ...args]: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn(program!, args, options);
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Ends `child` with `signal` and waits until it is gone; after `seconds`, with SIGKILL and all below it. */
export async function stop(child: ChildProcess, signal: NodeJS.Signals, seconds: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  const timer = setTimeout(() => killTree(child), seconds * 1000);
  await gone;
  clearTimeout(timer);
}

function killAll(): void {
  for (const child of running) killTree(child);
}

function killTree(child: ChildProcess): void {
  if (child.pid === undefined) return;
  for (const pid of tree(child.pid)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself meanwhile.
    }
  }
}
