// One worker, as the arbiter knows it: a process, what it last said, and what is being waited for.

import type { Loop } from '../loop/index.ts';
import type { Beat, Boot, Ready, Report, Stalled } from '../protocol/index.ts';
import { type Co, DeadlineExceeded, deadline, race, Signal, sleep } from '../task/index.ts';
import type { Exit, Launch, WorkerProcess } from './launcher.ts';

/** How a boot has ended. */
export type BootResult = 'serving' | 'ended' | 'late';

/** Told of what becomes of it. */
export interface WorkerListener {
  onReady(ready: Ready): void;
  onStall(stalled: Stalled): void;
  onEnd(): void;
}

const random = new Uint32Array(1);

export class Worker {
  readonly slot: number;
  readonly startedAt: number;
  readonly #loop: Loop;
  readonly #process: WorkerProcess;
  readonly #listener: WorkerListener;
  /** It serves, or has ended before it could. */
  readonly #booted = new Signal<BootResult>();
  readonly exited = new Signal<Exit>();
  /** It has ended, or another one has taken its place. */
  readonly over = new Signal<Exit | 'replaced'>();
  /** What it has said of itself when it failed to boot. */
  failure: string | undefined;
  beat: Beat | undefined;
  /** What it was last blocked in. */
  stall: Stalled | undefined;
  serving = false;
  /** It has served, whatever it does now. */
  served = false;
  draining = false;
  /** Why it was killed, if it was, for the log. */
  killedFor: string | undefined;
  /** When it was last heard of. */
  heardAt: number;
  /** The log has said that it is deaf. */
  warned = false;
  /** Another one is to take its place, for the reason that the log has given. */
  recycled = false;
  /** From 0 to 1: its share of the jitter. */
  readonly chance: number;

  constructor(loop: Loop, launch: Launch, slot: number, boot: Boot, listener: WorkerListener) {
    this.#loop = loop;
    this.slot = slot;
    this.startedAt = loop.now();
    loop.kernel.random(new Uint8Array(random.buffer));
    this.chance = random[0]! / 2 ** 32;
    this.heardAt = this.startedAt;
    this.#listener = listener;
    this.#process = launch(slot, boot, {
      onReport: (report) => this.#hear(report),
      onExit: (exit) => this.#end(exit),
    });
  }

  get pid(): number {
    return this.#process.pid;
  }

  get alive(): boolean {
    return !this.exited.isSet;
  }

  /** Milliseconds. */
  get age(): number {
    return this.#loop.now() - this.startedAt;
  }

  #hear(report: Report): void {
    // A thread says so, and that is no sign of life.
    if (report.type === 'stalled') {
      this.warned = true;
      this.stall = report;
      this.#listener.onStall(report);
      return;
    }
    this.heardAt = this.#loop.now();
    this.warned = false;
    this.stall = undefined;
    if (report.type === 'beat') this.beat = report;
    else if (report.type === 'failed') this.failure = report.message;
    else if (report.type === 'ready') {
      this.serving = true;
      this.served = true;
      this.#listener.onReady(report);
      this.#booted.set('serving');
    }
  }

  #end(exit: Exit): void {
    this.serving = false;
    this.#listener.onEnd();
    this.exited.set(exit);
    this.over.set(exit);
    this.#booted.set('ended');
  }

  /** Waits until it serves, or never will. */
  *boots(within: number): Co<BootResult> {
    try {
      return yield* deadline(within, this.#booted.wait());
    } catch (error) {
      if (error instanceof DeadlineExceeded) return 'late';
      throw error;
    }
  }

  /** Whether it is still alive after so long. */
  *survives(milliseconds: number): Co<boolean> {
    if (milliseconds > 0) yield* race<unknown>([this.exited.wait(), sleep(milliseconds)]);
    return this.alive;
  }

  /** Waits for its end; false where that takes too long. */
  *ends(within: number): Co<boolean> {
    yield* race<unknown>([this.exited.wait(), sleep(within)]);
    return !this.alive;
  }

  kill(signal: NodeJS.Signals, why?: string): void {
    if (!this.alive) return;
    this.killedFor ??= why;
    this.#process.kill(signal);
  }
}
