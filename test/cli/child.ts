// A process of the tests: `siskin serve`, or Node itself, and what it has printed so far.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { BARE_ENVIRONMENT } from '../bare-environment.ts';
import { MAIN, REGISTER } from './program.ts';

export interface ChildOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

export class Child {
  readonly process: ChildProcessWithoutNullStreams;
  readonly exit: Promise<readonly [number | null, NodeJS.Signals | null]>;
  stdout = '';
  stderr = '';

  /** `args` are Node's. */
  constructor(args: readonly string[], { cwd, env }: ChildOptions) {
    this.process = spawn(process.execPath, args, { cwd, env: { ...BARE_ENVIRONMENT, ...env } });
    this.process.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.process.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.exit = once(this.process, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  }

  /** Waits until an output matches, and returns the first group. */
  async printed(pattern: RegExp, output: 'stdout' | 'stderr' = 'stdout'): Promise<string> {
    for (;;) {
      const match = pattern.exec(this[output]);
      if (match !== null) return match[1] ?? match[0];
      const ended = await Promise.race([
        once(this.process[output], 'data').then(() => false),
        this.exit.then(() => true),
      ]);
      if (ended) throw new Error(`it ended before it printed ${pattern}:\n${this.stdout}${this.stderr}`);
    }
  }

  /** Of the line at the start. */
  url(): Promise<string> {
    return this.printed(/listening on (http:[^\s,]+)/);
  }
}

async function withChild(child: Child, use: (child: Child) => Promise<void>): Promise<void> {
  try {
    await use(child);
  } finally {
    // An arbiter takes its workers with it; what has no idea of this signal dies of it.
    child.process.kill('SIGQUIT');
    await child.exit;
  }
}

/** `siskin serve` with `args`, or another command of it. */
export function withSiskin(
  args: readonly string[],
  options: ChildOptions,
  use: (child: Child) => Promise<void>,
  command = 'serve',
): Promise<void> {
  return withChild(new Child([MAIN, command, ...args], options), use);
}

/** `node --import siskin/register` with `args`, or another one's. */
export function withRegister(
  args: readonly string[],
  options: ChildOptions,
  use: (child: Child) => Promise<void>,
  preload = REGISTER,
): Promise<void> {
  return withChild(new Child(['--import', preload, ...args], options), use);
}

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `siskin` with `args`, which ends by itself. */
export async function siskin(args: readonly string[], options: ChildOptions): Promise<Ran> {
  const child = new Child([MAIN, ...args], options);
  const [status] = await child.exit;
  return { status, stdout: child.stdout, stderr: child.stderr };
}
