// Answers `siskin ctl`, on a unix socket: a coroutine for each that connects.

import { Buffer } from 'node:buffer';
import { SystemError } from '../kernel/index.ts';
import type { Logger } from '../log/index.ts';
import { type Listener, listen, type Stream } from '../net/index.ts';
import { CONTROL_LIMIT, type ControlAnswer, type ControlRequest, HOOK_TIME } from '../protocol/index.ts';
import { Cancelled, type Co, deadline, type Scope, scope, type Task } from '../task/index.ts';
import type { Arbiter, Command } from './arbiter.ts';
import { type StatusFacts, stacksOf, statusOf } from './status.ts';

/** Milliseconds in which a question must have come. */
const QUESTION_TIME = 10_000;
/** Milliseconds beyond `gracefulTimeout` in which an arbiter ends: hooks before and after it, and what has to be killed. */
const END_MARGIN = 2 * HOOK_TIME + 5_000;
/** The arbiter's user, and nobody else. */
const MODE = 0o600;

/** A file system may be read-only, a path too long for a socket: nothing that would keep an app from being served. */
function* openSocket(path: string): Co<Listener | Error> {
  try {
    return yield* listen({ family: 'unix', path }, { backlog: 16, mode: MODE });
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    return error as Error;
  }
}

/** The socket, for as long as this arbiter is the one to ask. */
export class Control {
  readonly #arbiter: Arbiter;
  readonly #facts: StatusFacts;
  readonly #log: Logger;
  #task: Task<void> | undefined;

  constructor(arbiter: Arbiter, facts: StatusFacts, log: Logger) {
    this.#arbiter = arbiter;
    this.#facts = facts;
    this.#log = log;
  }

  /** Answers at `path`. Where that can't be opened, the log says so: as a warning, if somebody has `asked` for it. */
  open(tasks: Scope, path: string, asked: boolean): void {
    this.#task = tasks.spawn(this.#serve(path, asked), { name: 'the control socket' });
  }

  /** Its file is gone when this returns. */
  close(): void {
    this.#listener?.close();
    this.#task?.cancel();
  }

  #listener: Listener | undefined;

  *#serve(path: string, asked: boolean): Co<void> {
    const listener = yield* openSocket(path);
    if (listener instanceof Error) {
      this.#log[asked ? 'warn' : 'debug']({}, `siskin ctl will not reach this arbiter: ${listener.message}`);
      return;
    }
    this.#listener = listener;
    try {
      yield* scope((tasks) => this.#acceptAll(tasks, listener));
    } finally {
      listener.close();
    }
  }

  *#acceptAll(tasks: Scope, listener: Listener): Co<void> {
    for (;;) {
      try {
        const stream = yield* listener.accept();
        tasks.spawn(serve(stream, this.#arbiter, this.#facts, this.#log));
      } catch (error) {
        // It was closed.
        if (error instanceof SystemError) return;
        throw error;
      }
    }
  }
}

function* serve(stream: Stream, arbiter: Arbiter, facts: StatusFacts, log: Logger): Co<void> {
  let ends = false;
  try {
    const request = yield* deadline(QUESTION_TIME, readRequest(stream));
    const answer = yield* answerTo(request, arbiter, facts);
    yield* stream.write(`${JSON.stringify(answer)}\n`);
    ends = answer.endsWithin !== undefined;
  } catch (error) {
    log.debug({ err: error }, 'somebody at the control socket has gone');
  } finally {
    // The kernel closes it with this process: that is what the other side waits for.
    if (!ends) stream.close();
  }
}

function* readRequest(stream: Stream): Co<ControlRequest> {
  const buffer = Buffer.alloc(4096);
  let text = '';
  while (!text.includes('\n')) {
    const size = yield* stream.read(buffer);
    if (size === 0) throw new Error('the question was not finished');
    text += buffer.toString('latin1', 0, size);
    if (text.length > CONTROL_LIMIT) throw new Error('the question is too long');
  }
  return JSON.parse(text) as ControlRequest;
}

function* answerTo(request: ControlRequest, arbiter: Arbiter, facts: StatusFacts): Co<ControlAnswer> {
  if (request.command === 'status') return { ok: true, status: statusOf(arbiter, facts) };
  if (request.command === 'stacks') return { ok: true, stacks: yield* stacksOf(arbiter) };
  if (request.command === 'kill') return kill(arbiter, request.pid);
  const command = commandOf(request);
  if (command === undefined) return { ok: false, message: `there is no command ${request.command}` };
  const outcome = arbiter.command(command);
  // Its end can't be waited for here: this is part of what ends.
  if (command === 'stop' || command === 'quit') {
    const { gracefulTimeout } = arbiter.crew.settings;
    const endsWithin = END_MARGIN + (command === 'stop' ? gracefulTimeout : 0);
    return { ok: true, message: 'it stops', endsWithin };
  }
  return yield* outcome.wait();
}

function commandOf(request: Exclude<ControlRequest, { command: 'kill' }>): Command | undefined {
  switch (request.command) {
    case 'scale':
      return { workers: request.workers };
    case 'reload':
    case 'stop':
    case 'quit':
    case 'reopen':
      return request.command;
    default:
      return undefined;
  }
}

function kill({ crew }: Arbiter, pid: number): ControlAnswer {
  const worker = crew.workers.find((each) => each.pid === pid);
  if (worker === undefined) {
    const pids = crew.workers.map((each) => each.pid).join(', ');
    return { ok: false, message: `${pid} is no worker; they are ${pids}` };
  }
  worker.kill('SIGKILL', 'was killed by siskin ctl');
  return { ok: true, message: `worker ${pid} is killed, and another takes its place` };
}
