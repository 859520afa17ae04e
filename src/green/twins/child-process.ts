// Twins of child_process's blocking functions, on `spawn`. They always suspend: a process takes milliseconds to start, and
// as long as it likes to end. Starting it is on the main thread either way (6 to 7 ms here).
//
// A child of a coroutine that is cancelled is killed: whoever cancels does not want its result, and nobody else can get it.

import childProcess, { type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import type { Co } from '../../task/index.ts';
import { type ChildRequest, childRequest } from './child-request.ts';
import { Completion } from './completion.ts';
import { callInPlace, type NodeFunction, type NodeTwin, nodeFunction } from './node-function.ts';

type Output = Buffer | string | null;

/** As it is when this is loaded: what an app puts in its place is not for the twins. */
const { spawn } = childProcess;

/** As `spawnSync` returns it, in its order. */
interface Result {
  error?: Error;
  status: number | null;
  signal: NodeJS.Signals | null;
  output: Output[];
  pid: number;
  stdout: Output;
  stderr: Output;
}

/**
 * Runs a child to its end. `undefined`: it was not started. Whoever gets that calls the blocking form, which is not started
 * for the same reason, and says so in its own words.
 */
function* run(request: ChildRequest): Co<Result | undefined> {
  let child: ChildProcess;
  try {
    child = spawn(request.file, request.args, { ...request.options, stdio: request.stdio as never });
  } catch {
    return undefined;
  }
  // What can't be started says so in the next tick, unless somebody listens.
  const running = new RunningChild(child, request);
  if (child.pid === undefined) return undefined;
  try {
    yield running.completion;
  } finally {
    if (!running.completion.ended) running.kill();
  }
  return running.result();
}

/** Collects what a child writes, within its limits. */
class RunningChild {
  readonly completion = new Completion();
  readonly #child: ChildProcess;
  readonly #request: ChildRequest;
  readonly #output: (Buffer[] | null)[];
  #bytes = 0;
  #killed = false;
  #timer: NodeJS.Timeout | undefined;
  /** The first failure of the run counts before the first of the pipes. */
  #failure: string | undefined;
  #pipeFailure: string | undefined;

  constructor(child: ChildProcess, request: ChildRequest) {
    this.#child = child;
    this.#request = request;
    this.#output = request.stdio.map((entry, index) => (entry === 'pipe' && index > 0 ? [] : null));
    child.on('error', () => {});
    if (child.pid === undefined) return;
    child.once('close', () => this.completion.done());
    child.once('exit', () => clearTimeout(this.#timer));
    if (request.timeout > 0) this.#timer = setTimeout(() => this.#fail('ETIMEDOUT'), request.timeout);
    this.#collect();
    this.#feed();
  }

  #collect(): void {
    const { maxBuffer } = this.#request;
    for (const [index, chunks] of this.#output.entries()) {
      const pipe = this.#child.stdio[index] as NodeJS.ReadableStream | null | undefined;
      if (chunks === null || !pipe) continue;
      pipe.on('data', (chunk: Buffer) => {
        if (this.#killed) return;
        chunks.push(chunk);
        this.#bytes += chunk.length;
        if (maxBuffer > 0 && this.#bytes > maxBuffer) this.#fail('ENOBUFS');
      });
      this.#watchPipe(pipe);
    }
  }

  #feed(): void {
    const { stdin } = this.#child;
    const { input } = this.#request;
    if (!stdin) return;
    this.#watchPipe(stdin);
    stdin.end(input);
    // Node gives up a stdin whose reader has ended, without a word.
    this.#child.once('exit', () => {
      if (stdin.writableLength > 0) this.#pipeFailure ??= 'EPIPE';
    });
  }

  #watchPipe(pipe: NodeJS.EventEmitter): void {
    pipe.on('error', (error: NodeJS.ErrnoException) => {
      if (!this.#killed && error.syscall !== undefined) this.#pipeFailure ??= error.code;
    });
  }

  #fail(code: string): void {
    this.#failure ??= code;
    this.kill();
  }

  /** Kills the child, and reads no more of what others may still write to its pipes. */
  kill(): void {
    if (this.#killed) return;
    this.#killed = true;
    clearTimeout(this.#timer);
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      try {
        this.#child.kill(this.#request.killSignal);
      } catch (error) {
        this.#failure ??= (error as NodeJS.ErrnoException).code;
        this.#child.kill('SIGKILL');
      }
    }
    for (const pipe of this.#child.stdio) pipe?.destroy();
  }

  result(): Result {
    const { encoding } = this.#request;
    const output = this.#output.map((chunks): Output => {
      if (chunks === null) return null;
      const bytes = Buffer.concat(chunks);
      return encoding === undefined ? bytes : bytes.toString(encoding);
    });
    const { exitCode, signalCode, pid } = this.#child;
    const failure = this.#failure ?? this.#pipeFailure;
    return {
      ...(failure !== undefined && { error: this.#error(failure) }),
      status: signalCode === null ? exitCode : null,
      signal: signalCode,
      output,
      pid: pid!,
      stdout: output[1] as Output,
      stderr: output[2] as Output,
    };
  }

  #error(code: string): Error {
    const { spawnfile, spawnargs } = this.#child;
    const syscall = `spawnSync ${spawnfile}`;
    const errno = -(constants.errno as Readonly<Record<string, number>>)[code]!;
    return Object.assign(new Error(`${syscall} ${code}`), {
      errno,
      code,
      syscall,
      path: spawnfile,
      spawnargs: spawnargs.slice(1),
    });
  }
}

/** What `execSync` and `execFileSync` return or throw. `command`: as the error's message names it. */
function outputOf(result: Result, inheritStderr: boolean, command: string): Output {
  if (inheritStderr && result.stderr) process.stderr.write(result.stderr);
  if (result.error !== undefined) throw Object.assign(result.error, result);
  if (result.status === 0) return result.stdout;
  const said = result.stderr === null || result.stderr.length === 0 ? '' : `\n${result.stderr.toString()}`;
  throw Object.assign(new Error(`Command failed: ${command}${said}`), result);
}

type Options = Readonly<Record<string, unknown>>;

function isOptions(value: unknown): value is Options {
  return typeof value === 'object' && value !== null;
}

/** They may come in the place of the arguments, and nothing may follow them then. */
function execFileOptions([, args, options]: readonly unknown[]): unknown {
  return Array.isArray(args) || args === undefined || args === null ? (options ?? {}) : args;
}

function execFileRequest(given: readonly unknown[]): ChildRequest | undefined {
  const [file, args, after] = given;
  const options = execFileOptions(given);
  if (!isOptions(options) || (options === args && after !== undefined && after !== null)) return undefined;
  return childRequest(file, Array.isArray(args) ? args : [], options);
}

const TWINS: Readonly<Record<string, (fn: NodeFunction) => NodeTwin>> = {
  spawnSync: (fn) =>
    function* (this: unknown, ...args) {
      const request = childRequest(args[0], args[1], args[2]);
      const result = request && (yield* run(request));
      return result ?? callInPlace(fn, this, args);
    },
  execFileSync: (fn) =>
    function* (this: unknown, ...given) {
      const request = execFileRequest(given);
      const result = request && (yield* run(request));
      if (result === undefined) return callInPlace(fn, this, given);
      const { argv0, stdio } = execFileOptions(given) as Options;
      return outputOf(result, !stdio, [argv0 || request!.file, ...request!.args].join(' '));
    },
  execSync: (fn) =>
    function* (this: unknown, ...args) {
      const [command, options] = args;
      if (typeof command !== 'string' || (options !== undefined && options !== null && !isOptions(options)))
        return callInPlace(fn, this, args);
      const shell = typeof options?.['shell'] === 'string' ? options['shell'] : true;
      const request = childRequest(command, { ...options, shell }, undefined);
      const result = request && (yield* run(request));
      if (result === undefined) return callInPlace(fn, this, args);
      return outputOf(result, !options?.['stdio'], command);
    },
};

export function childProcessFunctions(): NodeFunction[] {
  return Object.entries(TWINS).flatMap(([name, twin]) => {
    const fn = nodeFunction('child_process', childProcess, name);
    if (fn === undefined) return [];
    fn.twin = twin(fn);
    return [fn];
  });
}
