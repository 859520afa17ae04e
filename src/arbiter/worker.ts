// One worker, as the arbiter knows it: a process, what it last said, and what is being waited for.

import type { Settings } from '../config/index.ts';
import type { Loop } from '../loop/index.ts';
import type { Beat, Ready, Report, Stack, Stalled } from '../protocol/index.ts';
import { type Co, DeadlineExceeded, deadline, race, Signal, sleep } from '../task/index.ts';
import type { Exit, Launch, Plan, WorkerProcess } from './launcher.ts';
import { describeExit } from './words.ts';

/** How a boot has ended. */
export type BootResult = 'serving' | 'ended' | 'late';

/** Told of what becomes of it. */
export interface WorkerListener {
  onReady(ready: Ready): void;
  onStall(stalled: Stalled): void;
  /** In development, or where it is inspected: it loads a file. */
  onLoad?(file: string, format: string | undefined): void;
  /** Whether it hears may be different from before. */
  onChange(): void;
  onEnd(exit: Exit): void;
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
  /** What it has said it waits for, until it is ready. */
  unready: string | undefined;
  beat: Beat | undefined;
  /** What it was last blocked in. */
  stall: Stalled | undefined;
  serving = false;
  /** It has served, whatever it does now. */
  served = false;
  #servesSince = Number.POSITIVE_INFINITY;
  draining = false;
  /** It has got its slot. */
  placed = false;
  /** Why it was killed, if it was, for the log. */
  killedFor: string | undefined;
  /** When it was last heard of. */
  heardAt: number;
  /** The log has said that it is deaf. */
  warned = false;
  #deaf = false;
  /** Another one is to take its place, for the reason that the log has given. */
  recycled = false;
  /** From 0 to 1: its share of the jitter. */
  readonly chance: number;

  #stack: Signal<Stack> | undefined;

  constructor(
    loop: Loop,
    launch: Launch,
    slot: number,
    plan: Pick<Plan, 'boot' | 'cwd' | 'env'>,
    listener: WorkerListener,
  ) {
    this.#loop = loop;
    this.slot = slot;
    this.startedAt = loop.now();
    loop.kernel.random(new Uint8Array(random.buffer));
    this.chance = random[0]! / 2 ** 32;
    this.heardAt = this.startedAt;
    this.#listener = listener;
    this.#process = launch(slot, plan, {
      onReport: (report) => this.#hear(report),
      onNonsense: (why) => this.kill('SIGKILL', why),
      onExit: (exit) => this.#end(exit),
    });
  }

  get pid(): number {
    return this.#process.pid;
  }

  get alive(): boolean {
    return !this.exited.isSet;
  }

  /** Its event loop turns, and takes connections. */
  get hears(): boolean {
    return this.serving && !this.draining && !this.#deaf;
  }

  /** It has missed its time to say something: nobody is to wait for it. */
  get deaf(): boolean {
    return this.#deaf;
  }

  set deaf(deaf: boolean) {
    if (deaf === this.#deaf) return;
    this.#deaf = deaf;
    this.#listener.onChange();
  }

  /** Milliseconds since it was last heard of. */
  get silence(): number {
    return this.#loop.now() - this.heardAt;
  }

  /** Milliseconds. */
  get age(): number {
    return this.#loop.now() - this.startedAt;
  }

  /** Milliseconds for which it has served; 0 where it has not. */
  get servedFor(): number {
    return Math.max(0, this.#loop.now() - this.#servesSince);
  }

  #hear(report: Report): void {
    // A thread says so, and that is no sign of life.
    if (report.type === 'stalled') {
      this.stall = report;
      this.warned = true;
      this.deaf = true;
      this.#listener.onStall(report);
      return;
    }
    if (report.type === 'stack') {
      this.#stack?.set(report);
      return;
    }
    if (report.type === 'loaded') {
      this.#listener.onLoad?.(report.file, report.format);
      return;
    }
    this.heardAt = this.#loop.now();
    this.deaf = false;
    this.warned = false;
    this.stall = undefined;
    if (report.type === 'beat') this.beat = report;
    else if (report.type === 'failed') this.failure = report.message;
    else if (report.type === 'unready') this.unready = report.message;
    else if (report.type === 'ready') {
      // A program may say so for each of its addresses.
      const first = !this.serving;
      if (first) this.#servesSince = this.#loop.now();
      this.serving = true;
      this.served = true;
      this.#listener.onReady(report);
      this.#booted.set('serving');
      if (first) this.#listener.onChange();
    }
  }

  #end(exit: Exit): void {
    this.serving = false;
    this.#listener.onEnd(exit);
    this.exited.set(exit);
    this.over.set(exit);
    this.#booted.set('ended');
  }

  reopen(): void {
    if (this.alive) this.#process.reopen();
  }

  lend(slot: number): void {
    if (this.alive) this.#process.lend(slot);
  }

  takeBack(slot: number): void {
    if (this.alive) this.#process.takeBack(slot);
  }

  /** Where its main thread is now; undefined where it does not say within so many milliseconds, or can't. */
  *stackNow(within: number): Co<Stack | undefined> {
    this.#stack ??= new Signal<Stack>();
    const answer = this.#stack;
    if (!this.alive || !this.#process.askForStack()) return undefined;
    yield* race<unknown>([answer.wait(), this.exited.wait(), sleep(within)]);
    this.#stack = undefined;
    return answer.isSet ? yield* answer.wait() : undefined;
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

  /** Why it is late, where it has not served within `bootTimeout`; what completes "the worker ...". */
  describeDelay(bootTimeout: number): string {
    const what = this.unready === undefined ? 'did not listen' : 'was not ready';
    const why = this.unready === undefined ? '' : `: ${this.unready}`;
    return `${what} within ${bootTimeout} ms (bootTimeout)${why}`;
  }

  /** Waits until it serves, and has lived for `minUptime` since. What has failed otherwise; it completes "the worker ...". */
  *proves({ bootTimeout, minUptime }: Settings): Co<string | undefined> {
    const result = yield* this.boots(bootTimeout);
    if (result === 'late') return this.describeDelay(bootTimeout);
    if (result === 'serving') {
      if (minUptime > 0) yield* race<unknown>([this.exited.wait(), sleep(minUptime)]);
      if (this.alive) return undefined;
    }
    const exit = yield* this.exited.wait();
    return this.failure === undefined ? this.describeEnd(exit) : `failed: ${this.failure}`;
  }

  /** How it has ended, or why it was killed; it completes "the worker ...". */
  describeEnd(exit: Exit): string {
    return this.killedFor ?? describeExit(exit);
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
