// The processes that run.ts starts: none outlives it.

import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { isListening } from './listening.ts';

const READY_WITHIN = 15_000;
const children = new Set<ChildProcess>();

process.once('exit', () => {
  for (const child of children) child.kill('SIGTERM');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0));

/** Starts a command; where it ends by itself, so does everything. */
export function start(
  [program, ...args]: readonly string[],
  env: Readonly<Record<string, string>> = {},
): void {
  const child = spawn(program!, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    // Debian keeps nginx out of most people's PATH.
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin`, ...env },
  });
  children.add(child);
  child.once('error', (error) => {
    process.stderr.write(`${program}: ${error.message}\n`);
    process.exit(1);
  });
  child.once('exit', (code, signal) => {
    children.delete(child);
    process.stderr.write(`${program} ${args[1] ?? ''} has ended: ${signal ?? `status ${code}`}\n`);
    process.exit(1);
  });
}

/** Resolves when somebody listens on the port. */
export async function untilListening(port: number): Promise<void> {
  const deadline = performance.now() + READY_WITHIN;
  while (!(await isListening(port))) {
    if (performance.now() > deadline) throw new Error(`nobody listens on port ${port}`);
    await sleep(50);
  }
}
