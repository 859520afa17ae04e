// Starts workers as processes, and carries what they say. Each has a channel (`kernel/linux/channel.ts`): what it reports
// goes to the arbiter; when it asks for a listening socket, it gets one from here.

import { Buffer } from 'node:buffer';
import type { ChildProcess } from 'node:child_process';
import { availableParallelism, totalmem } from 'node:os';
import { extname } from 'node:path';
import process from 'node:process';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type BindAddress, formatBind, type Settings } from '../config/index.ts';
import { EACCES, EMFILE, SystemError } from '../kernel/index.ts';
import { createChannel, MESSAGE_LIMIT, receiveAll, sendMessage } from '../kernel/linux/index.ts';
import type { Loop, Watch } from '../loop/index.ts';
import {
  type ListenRequest,
  type Order,
  QUESTIONS,
  readReport,
  SETTINGS,
  spawnNode,
} from '../protocol/index.ts';
import type { Launch, Plan, WorkerEvents, WorkerProcess } from './launcher.ts';
import { groupOf } from './sockets.ts';
import { describeNonsense } from './words.ts';

/** `.ts`, or `.js` once it is built. */
const WORKER = fileURLToPath(new URL(`../worker/main${extname(import.meta.url)}`, import.meta.url));

/** Bytes of settings, at most: what is longer is a mistake, and each worker has them in memory. */
const SETTINGS_LIMIT = 16 * 1024 * 1024;

/** Where workers get their listening sockets: see `ListeningSockets`. */
export interface SocketSource {
  open(slot: number, pid: number, request: Omit<ListenRequest, 'type'>): number;
  of(slot: number): Iterable<readonly [group: string, fd: number]>;
  /** What workers have asked for so far. */
  readonly targets: readonly BindAddress[];
}

/** What starts workers on `loop`, which is attached, with listening sockets out of `sockets`. */
export function launcher(loop: Loop, sockets: SocketSource): Launch {
  const buffer = Buffer.allocUnsafeSlow(MESSAGE_LIMIT);
  return (slot, plan, events) => {
    const ends = createChannel();
    try {
      if (ends[0] < 0) throw new SystemError('socketpair', ends[0], 'a channel to a worker');
      return new ChildWorker(loop, buffer, ends, sockets, slot, plan, events);
    } catch (error) {
      for (const fd of ends) if (fd >= 0) loop.kernel.close(fd);
      // No descriptors, or more to be said than the system takes: an environment of megabytes.
      loop.setTimer(0, () => events.onExit({ code: null, signal: null, error: error as Error }));
      return NOT_STARTED;
    }
  };
}

/**
 * Flags of V8's for workers. What a green request keeps while it waits is copied at each collection of the usual young
 * generation of 1 to 16 MB, and ends in a full one. Of 32 MB, it is garbage by then: a sixth less processor time for the tutorial's
 * load, in the same resident memory; up to 80 MB more where nothing waits, so not where memory is scarce. Whoever has told Node
 * how large it is has the last word.
 *
 * @param memory bytes that all workers together may have.
 */
export function heapFlags(
  { workerClass, workers }: Pick<Settings, 'workerClass' | 'workers'>,
  flags: readonly string[],
  env: NodeJS.ProcessEnv,
  memory: () => number = availableMemory,
): readonly string[] {
  if (workerClass !== 'green') return [];
  // 0: one for each core.
  if (memory() / (workers || availableParallelism()) < ENOUGH) return [];
  if (/semi[-_]space/.test(`${flags.join(' ')} ${env['NODE_OPTIONS']}`)) return [];
  return ['--min-semi-space-size=32', '--max-semi-space-size=32'];
}

/** Bytes of a worker whose young generation may be large: of some 150 MB, the usual one of an app. */
const ENOUGH = 512 * 1024 * 1024;

/** That of the machine, or what its control group is limited to. */
function availableMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** The arbiter tries again later, as after any other end. */
const NOT_STARTED: WorkerProcess = {
  pid: 0,
  kill: () => {},
  reopen: () => {},
  askForStack: () => false,
  lend: () => {},
  takeBack: () => {},
};

class ChildWorker implements WorkerProcess {
  readonly #loop: Loop;
  readonly #buffer: Buffer;
  readonly #sockets: SocketSource;
  readonly #slot: number;
  readonly #events: WorkerEvents;
  readonly #channel: number;
  readonly #watch: Watch;
  readonly #child: ChildProcess;
  readonly #guard: ((request: ListenRequest) => ListenRequest | undefined) | undefined;
  /** It has a thread that hears what is written to the pipe. */
  readonly #watched: boolean;
  /** The addresses that it has asked for. */
  readonly #asked = new Set<string>();
  #ended = false;

  constructor(
    loop: Loop,
    buffer: Buffer,
    [ours, theirs]: readonly [number, number],
    sockets: SocketSource,
    slot: number,
    { boot, cwd, env }: Pick<Plan, 'boot' | 'cwd' | 'env'>,
    events: WorkerEvents,
  ) {
    this.#loop = loop;
    this.#buffer = buffer;
    this.#sockets = sockets;
    this.#slot = slot;
    this.#events = events;
    this.#guard = boot.identity && guardOf(boot.resolved.settings);
    this.#watched = boot.resolved.settings.stallWarning > 0;
    const known = boot.development === true ? { known: sockets.targets } : {};
    const settings = Buffer.from(JSON.stringify({ ...boot, slot, ...known }));
    if (settings.length > SETTINGS_LIMIT) {
      throw new RangeError(
        `its settings and arguments have ${settings.length} bytes, and may have ${SETTINGS_LIMIT}: shorten them`,
      );
    }
    this.#child = spawnNode([...heapFlags(boot.resolved.settings, process.execArgv, env), WORKER], {
      cwd,
      env,
      stdio: ['ignore', 'inherit', 'inherit', theirs, 'pipe', 'pipe'],
    });
    this.#channel = ours;
    this.#watch = loop.watch(ours, { onReady: () => this.#receive() });
    loop.kernel.close(theirs);
    // To its watchdog, which may be gone.
    this.#pipe(QUESTIONS)?.on('error', () => {});
    const pipe = this.#pipe(SETTINGS);
    // It may have ended before it has read them all.
    pipe?.on('error', () => {});
    pipe?.end(settings, () => pipe.destroy());
    // A signal that may not be sent is an error, too, and can come more than once.
    this.#child.on('error', (error) => {
      if (this.#child.pid === undefined) this.#end({ code: null, signal: null, error });
    });
    this.#child.once('exit', (code, signal) => this.#end({ code, signal }));
  }

  /** Where descriptors have run out, a child has no streams at all, whatever its type says. */
  #pipe(fd: typeof QUESTIONS | typeof SETTINGS): Writable | null | undefined {
    const { stdio } = this.#child as { stdio?: readonly unknown[] };
    return stdio?.[fd] as Writable | null | undefined;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  reopen(): void {
    this.#send({ type: 'reopen' });
  }

  askForStack(): boolean {
    const pipe = this.#pipe(QUESTIONS);
    return pipe?.writable === true && this.#watched && pipe.write('\n');
  }

  lend(slot: number): void {
    for (const [group, fd] of this.#sockets.of(slot)) this.#send({ type: 'lend', group, slot }, fd);
  }

  takeBack(slot: number): void {
    this.#send({ type: 'take back', slot });
  }

  #send(order: Order, descriptor = -1): void {
    sendMessage(this.#channel, Buffer.from(JSON.stringify(order)), { descriptor });
  }

  /** All that has come. */
  #receive(): void {
    const open = receiveAll(this.#channel, this.#buffer, (message, descriptor) => {
      if (descriptor >= 0) this.#loop.kernel.close(descriptor);
      this.#take(message, descriptor >= 0);
    });
    if (!open) this.#watch.close();
  }

  /** The app may write to any descriptor: what is no report of ours ends the worker, and nobody else. */
  #take(message: string, withDescriptor: boolean): void {
    try {
      if (withDescriptor) throw new TypeError('a descriptor came with it');
      const report = readReport(message);
      if (report.type === 'listen') this.#listen(report);
      else this.#events.onReport(report);
    } catch (error) {
      if (!this.#ended) this.#events.onNonsense(describeNonsense(message, error));
    }
  }

  #listen(asked: ListenRequest): void {
    // What an unprivileged worker asks of a root arbiter is what the settings say, and nothing else.
    const request = this.#guard === undefined ? asked : this.#guard(asked);
    const fd = request === undefined ? -EACCES : this.#open(request);
    const group = groupOf(asked);
    this.#send({ type: 'listening', errno: Math.min(fd, 0), group }, Math.max(fd, -1));
  }

  /** Its sockets are the arbiter's, and outlive it: it may not take all of its descriptors. */
  #open(request: ListenRequest): number {
    const group = groupOf(request);
    if (this.#asked.size >= LISTEN_LIMIT && !this.#asked.has(group)) return -EMFILE;
    this.#asked.add(group);
    return this.#sockets.open(this.#slot, this.pid, request);
  }

  #end(exit: { code: number | null; signal: NodeJS.Signals | null; error?: Error }): void {
    this.#ended = true;
    // What it said last lies in the channel still.
    this.#receive();
    this.#watch.close();
    this.#loop.kernel.close(this.#channel);
    this.#pipe(QUESTIONS)?.destroy();
    this.#pipe(SETTINGS)?.destroy();
    this.#events.onExit(exit);
  }
}

/** Addresses that one worker may ask for. */
const LISTEN_LIMIT = 256;

/** Ports below need root. */
const FIRST_FREE_PORT = 1024;

/** What a worker that is another user may have opened for it. */
export function guardOf({ bind, unixMode }: Settings): (request: ListenRequest) => ListenRequest | undefined {
  const given = new Set(bind.map(formatBind));
  return (request) => {
    const { target } = request;
    const isPort = target.family === 'inet' || target.family === 'inet6';
    const free = isPort && (target.port === 0 || target.port >= FIRST_FREE_PORT);
    if (!free && !given.has(formatBind(target))) return undefined;
    return { ...request, options: { ...request.options, mode: unixMode } };
  };
}
