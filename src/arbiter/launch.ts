// Starts workers as processes, and carries what they say. Each has a channel (`kernel/linux/channel.ts`): what it reports
// goes to the arbiter; when it asks for a listening socket, it gets one from here.

import { Buffer } from 'node:buffer';
import { type ChildProcess, spawn } from 'node:child_process';
import { extname } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { EAGAIN } from '../kernel/index.ts';
import { createChannel, MESSAGE_LIMIT, receiveMessage, sendMessage } from '../kernel/linux/index.ts';
import type { Loop, Watch } from '../loop/index.ts';
import type { Boot, ListenRequest, Order, Report } from '../protocol/index.ts';
import type { Launch, WorkerEvents, WorkerProcess } from './launcher.ts';
import type { ListeningSockets } from './sockets.ts';

/** `.ts`, or `.js` once it is built. */
const WORKER = fileURLToPath(new URL(`../worker/main${extname(import.meta.url)}`, import.meta.url));

/** What starts workers on `loop`, which is attached, with listening sockets out of `sockets`. */
export function launcher(loop: Loop, sockets: ListeningSockets): Launch {
  const buffer = Buffer.allocUnsafeSlow(MESSAGE_LIMIT);
  return (slot, boot, events) => new ChildWorker(loop, buffer, sockets, slot, boot, events);
}

class ChildWorker implements WorkerProcess {
  readonly #loop: Loop;
  readonly #buffer: Buffer;
  readonly #sockets: ListeningSockets;
  readonly #slot: number;
  readonly #events: WorkerEvents;
  readonly #channel: number;
  readonly #watch: Watch;
  readonly #child: ChildProcess;

  constructor(
    loop: Loop,
    buffer: Buffer,
    sockets: ListeningSockets,
    slot: number,
    boot: Boot,
    events: WorkerEvents,
  ) {
    this.#loop = loop;
    this.#buffer = buffer;
    this.#sockets = sockets;
    this.#slot = slot;
    this.#events = events;
    const [ours, theirs] = createChannel();
    this.#channel = ours;
    this.#watch = loop.watch(ours, { onReady: () => this.#receive() });
    this.#child = spawn(process.execPath, [...process.execArgv, WORKER], {
      stdio: ['ignore', 'inherit', 'inherit', theirs],
    });
    loop.kernel.close(theirs);
    this.#send(boot);
    this.#child.once('error', (error) => {
      if (this.#child.pid === undefined) this.#end({ code: null, signal: null, error });
    });
    this.#child.once('exit', (code, signal) => this.#end({ code, signal }));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  #send(order: Order, descriptor?: number): void {
    sendMessage(this.#channel, Buffer.from(JSON.stringify(order)), descriptor);
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
    const fd = this.#sockets.open(this.#slot, request);
    this.#send({ type: 'listening', errno: Math.min(fd, 0) }, fd >= 0 ? fd : undefined);
  }

  #end(exit: { code: number | null; signal: NodeJS.Signals | null; error?: Error }): void {
    // What it said last lies in the channel still.
    this.#receive();
    this.#watch.close();
    this.#loop.kernel.close(this.#channel);
    this.#events.onExit(exit);
  }
}
