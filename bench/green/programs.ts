// The programs of the green measurements: the slow API, and the same app served in many ways.

import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { isListening } from '../../examples/green/listening.ts';
import { start, stop } from '../children.ts';
import { freePort } from '../launch.ts';
import { cpuSeconds } from '../proc.ts';

const ROOT = join(import.meta.dirname, '../..');
const EXAMPLES = join(ROOT, 'examples/green');
// The apps import `siskin/blocking` from the sources: so must be what serves them.
const COMMAND = join(ROOT, 'src/cli/main.ts');
const READY_WITHIN = 20_000;
const STOP_WITHIN = 10;

export class Program {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(port: number, child: ChildProcess) {
    this.port = port;
    this.#child = child;
  }

  /** Starts the command that `commandFor` makes of a free port, and waits until somebody listens there. */
  static async start(
    commandFor: (port: number) => readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Program> {
    const port = await freePort();
    const child = start(commandFor(port), {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, NODE_ENV: 'production', ...env },
    });
    let said = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2000);
    });
    const deadline = performance.now() + READY_WITHIN;
    while (!(await isListening(port))) {
      if (child.exitCode !== null || performance.now() > deadline)
        throw new Error(`${commandFor(port).join(' ')} does not listen:\n${said}`);
      await sleep(30);
    }
    return new Program(port, child);
  }

  /** Seconds of processor time, all of its processes together. */
  get cpu(): number {
    return cpuSeconds(this.#child.pid!);
  }

  stop(): Promise<void> {
    return stop(this.#child, 'SIGTERM', STOP_WITHIN);
  }
}

/** `siskin serve` with an app of `examples/green`, or one that is named by its whole path. */
export function serve(
  app: string,
  flags: readonly string[],
  env?: Readonly<Record<string, string>>,
): Promise<Program> {
  return Program.start(serveCommand(app, flags), env);
}

/** The command that `serve` starts, on a port. */
export function serveCommand(app: string, flags: readonly string[]): (port: number) => readonly string[] {
  const file = app.startsWith('/') ? app : join(EXAMPLES, app);
  const command = [process.execPath, COMMAND, 'serve', file, '--log-level', 'warn', ...flags];
  return (port) => [...command, '--bind', `127.0.0.1:${port}`];
}

/** The slow API, and what tells an app where it is. */
export async function startApi(): Promise<{
  readonly api: Program;
  readonly env: { readonly SLOW_API: string };
}> {
  const api = await serve('slow-api.js', []);
  return { api, env: { SLOW_API: `http://127.0.0.1:${api.port}` } };
}

/** Runs `body` with programs that are stopped behind it, whatever happens. */
export async function using<T>(programs: readonly Program[], body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } finally {
    await Promise.all(programs.map((program) => program.stop()));
  }
}
