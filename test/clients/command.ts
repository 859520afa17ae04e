// The command as a child process, for clients to talk to; and programs that run to their end.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { BARE_ENVIRONMENT } from '../bare-environment.ts';
import { MAIN } from '../cli/program.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A test that runs out of time leaves its block unfinished: what it started is killed when the file's tests are over. */
const living = new Set<Child>();
after(() => {
  for (const child of living) child.process.kill('SIGKILL');
});

/** A child that is killed, and gone, when its block ends: `await using child = new Child(...)`. */
export class Child implements AsyncDisposable {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  readonly #ended: Promise<unknown>;
  stdout = '';
  stderr = '';

  constructor(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const { HOME = '' } = process.env;
    this.process = spawn(command, args, {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...BARE_ENVIRONMENT, HOME, ...env },
    });
    this.process.stdout.setEncoding('utf8').on('data', (piece: string) => (this.stdout += piece));
    this.process.stderr.setEncoding('utf8').on('data', (piece: string) => (this.stderr += piece));
    living.add(this);
    this.#ended = once(this.process, 'close')
      .catch(() => {})
      .finally(() => living.delete(this));
  }

  /** Waits until its standard output matches. Throws where it ends before. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.stdout);
      if (match !== null) return match;
      if (this.process.exitCode !== null || this.process.signalCode !== null) {
        throw new Error(`it ended before it printed ${pattern}:\n${this.stdout}${this.stderr}`);
      }
      await Promise.race([once(this.process.stdout, 'data'), this.#ended]);
    }
  }

  /** Asks it to stop, and waits until it has. Its exit status. */
  stop(): Promise<number | null> {
    this.process.kill('SIGTERM');
    return this.ended();
  }

  /** Waits until it has ended. Its exit status. */
  async ended(): Promise<number | null> {
    await this.#ended;
    return this.process.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill('SIGKILL');
    await this.#ended;
  }
}

/** `siskin serve`, listening; in one process, which is all that clients see. */
export class Siskin extends Child {
  /** `http://127.0.0.1:43210`, without a slash; `unix:/path` for a unix socket. */
  url = '';

  /** Serves `app`, a path in the repository, on a port that is free where `args` name no other address. */
  static async serve(
    app: string,
    args: readonly string[] = [],
    env?: Readonly<Record<string, string>>,
  ): Promise<Siskin> {
    const bind = args.includes('--bind') ? [] : ['--bind', '127.0.0.1:0'];
    const siskin = new Siskin(
      process.execPath,
      [MAIN, 'serve', app, ...bind, '--no-arbiter', '--keep-alive-grace', '10ms', ...args],
      env,
    );
    try {
      [, siskin.url = ''] = await siskin.printed(/listening on (\S+?),? /);
      return siskin;
    } catch (error) {
      await siskin[Symbol.asyncDispose]();
      throw error;
    }
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }
}

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, with `input` as its standard input. */
export async function run(
  command: string,
  args: readonly string[],
  input: string | Uint8Array = '',
): Promise<Outcome> {
  const child = spawn(command, args, { stdio: 'pipe', timeout: 45_000, killSignal: 'SIGKILL' });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { status: child.exitCode, stdout, stderr };
}
