// Starts workers as processes, and carries what they say. Each has a channel (`kernel/linux/channel.ts`): what it reports
// goes to the arbiter; when it asks for a listening socket, it gets one from here.

import { Buffer } from 'node:buffer';
import type { ChildProcess } from 'node:child_process';
import { extname } from 'node:path';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { BindAddress } from '../config/index.ts';
import { EAGAIN, SystemError } from '../kernel/index.ts';
import { createChannel, MESSAGE_LIMIT, receiveMessage, sendMessage } from '../kernel/linux/index.ts';
import type { Loop, Watch } from '../loop/index.ts';
import { type ListenRequest, type Order, QUESTIONS, type Report, spawnNode } from '../protocol/index.ts';
import type { Launch, Plan, WorkerEvents, WorkerProcess } from './launcher.ts';
import { groupOf } from './sockets.ts';

/** `.ts`, or `.js` once it is built. */
const WORKER = fileURLToPath(new URL(`../worker/main${extname(import.meta.url)}`, import.meta.url));

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
    if (ends[0] >= 0) return new ChildWorker(loop, buffer, ends, sockets, slot, plan, events);
    const error = new SystemError('socketpair', ends[0], 'a channel to a worker');
    loop.setTimer(0, () => events.onExit({ code: null, signal: null, error }));
    return NOT_STARTED;
  };
}

/** Descriptors have run out: the arbiter tries again later, as after any other end. */
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
  /** It has a thread that hears what is written to the pipe. */
  readonly #watched: boolean;

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
    this.#watched = boot.resolved.settings.stallWarning > 0;
    this.#channel = ours;
    this.#watch = loop.watch(ours, { onReady: () => this.#receive() });
    this.#child = spawnNode([WORKER], {
      cwd,
      env,
      stdio: ['ignore', 'inherit', 'inherit', theirs, 'pipe'],
    });
    loop.kernel.close(theirs);
    this.#send({ ...boot, slot, ...(boot.development === true && { known: sockets.targets }) });
    // To its watchdog, which may be gone.
    this.#questions?.on('error', () => {});
    this.#child.once('error', (error) => {
      if (this.#child.pid === undefined) this.#end({ code: null, signal: null, error });
    });
    this.#child.once('exit', (code, signal) => this.#end({ code, signal }));
  }

  /** Where descriptors have run out, a child has no streams at all, whatever its type says. */
  get #questions(): Writable | null | undefined {
    const { stdio } = this.#child as { stdio?: ChildProcess['stdio'] };
    return stdio?.[QUESTIONS] as Writable | null | undefined;
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
    const pipe = this.#questions;
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
    for (;;) {
      const { size } = receiveMessage(this.#channel, this.#buffer);
      if (size <= 0) {
        if (size !== -EAGAIN) this.#watch.close();
        return;
      }
      const report = JSON.parse(this.#buffer.toString('utf8', 0, size)) as Report;
      if (report.type === 'listen') this.#listen(report);
      else this.#events.onReport(report);
    }
  }

  #listen(request: ListenRequest): void {
    const fd = this.#sockets.open(this.#slot, this.pid, request);
    const group = groupOf(request);
    this.#send({ type: 'listening', errno: Math.min(fd, 0), group }, Math.max(fd, -1));
  }

  #end(exit: { code: number | null; signal: NodeJS.Signals | null; error?: Error }): void {
    // What it said last lies in the channel still.
    this.#receive();
    this.#watch.close();
    this.#loop.kernel.close(this.#channel);
    this.#questions?.destroy();
    this.#events.onExit(exit);
  }
}
