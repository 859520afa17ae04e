// Starts processes of ours, as Node was told to run this one; and knows them, as the first process of a container has other
// children too.

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import process from 'node:process';

const own = new Set<number>();

/** Starts Node with `args`. */
export function spawnNode(args: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn(process.execPath, [...nodeFlags(process.execArgv), ...args], options);
  const { pid } = child;
  if (pid !== undefined) {
    own.add(pid);
    child.once('exit', () => own.delete(pid));
  }
  return child;
}

/** Node waits for its end. */
export function isOwnChild(pid: number): boolean {
  return own.has(pid);
}

/** `--import`, `--max-old-space-size` and the like, but not the debugger's: its port is taken. */
export function nodeFlags(flags: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < flags.length; i++) {
    const flag = flags[i]!;
    if (!/^--(inspect|debug-port)/.test(flag)) kept.push(flag);
    // `--inspect-port 9230`, in two words.
    else if (/-port$/.test(flag)) i++;
  }
  return kept;
}
