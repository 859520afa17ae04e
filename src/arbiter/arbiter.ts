// The parent of the workers: what is to be, and one step at a time from what is. It never loads the app.
//
//   signals, `command` ──► commands ──► #serve ──► workers more or fewer, a reload, the end
//
//   each slot has a task that keeps a worker in it (`#keep`): boots one, waits for its end, boots the next
//   one task looks after the health of all (health.ts)
//
// Nothing here knows of processes or sockets but through `launcher.ts`, so all of it runs in simulated time.

import { ConfigError, type Settings } from '../config/index.ts';
import type { Logger } from '../log/index.ts';
import type { Loop } from '../loop/index.ts';
import type { Boot, Ready } from '../protocol/index.ts';
import {
  all,
  Channel,
  type Co,
  race,
  type Scope,
  Semaphore,
  Signal,
  scope,
  sleep,
  type Task,
  type TaskOptions,
  until,
} from '../task/index.ts';
import { Backoff } from './backoff.ts';
import { watchHealth } from './health.ts';
import type { Launch, Sockets } from './launcher.ts';
import { describeExit, stackOf } from './words.ts';
import { type BootResult, Worker } from './worker.ts';

/** What the arbiter is told to do. `stop`: finish what is in flight; `quit`: at once. */
export type Command = 'stop' | 'quit' | 'reload' | 'more' | 'fewer';

export interface ArbiterOptions {
  readonly loop: Loop;
  readonly launch: Launch;
  readonly sockets: Sockets;
  readonly log: Logger;
  /** What workers get. */
  readonly boot: Boot;
  /** The same, read anew: for a reload. May reject with `ConfigError`. */
  readonly readBoot: () => Promise<Boot>;
  /** Workers to begin with. */
  readonly workers: number;
  /** Told of each worker that serves. */
  readonly onReady?: (ready: Ready) => void;
}

/** Milliseconds from the last SYN that was answered to the last ACK that is waited for: see net/listener.ts. */
const HANDSHAKE_TIME = 60;
/** Milliseconds beyond `gracefulTimeout` in which a worker cuts what is left by itself. */
const MARGIN = 2_000;
/** Milliseconds from SIGQUIT to SIGKILL. */
const QUICK = 1_000;
/** Milliseconds until a replacement that has failed is tried again. */
const RECYCLE_PAUSE = 10_000;
const LOAD_FAILURE = 3;

/** A place for one worker, with listening sockets of its own. */
interface Slot {
  readonly index: number;
  readonly backoff: Backoff;
  worker: Worker | undefined;
  retired: boolean;
}

export class Arbiter {
  readonly #loop: Loop;
  readonly #options: ArbiterOptions;
  readonly #log: Logger;
  readonly #commands = new Channel<Command>(Number.POSITIVE_INFINITY);
  readonly #slots: Slot[] = [];
  readonly #workers = new Set<Worker>();
  /** Workers are replaced one after another, whoever asks for it. */
  readonly #replacing = new Semaphore(1);
  /** Set where the first start has failed: the status to end with. */
  readonly #failed = new Signal<number>();
  readonly #hurry = new Signal();
  /** Some worker has. */
  readonly #served = new Signal();
  #tasks: Scope | undefined;
  #boot: Boot;
  #stopping = false;
  #reload: Task<void> | undefined;

  constructor(options: ArbiterOptions) {
    this.#options = options;
    this.#loop = options.loop;
    this.#log = options.log;
    this.#boot = options.boot;
  }

  /** Asks for something to be done; returns at once. */
  command(command: Command): void {
    if (!this.#stopping || (command !== 'quit' && command !== 'stop')) {
      this.#commands.trySend(command);
    } else if (!this.#hurry.isSet) {
      this.#log.warn({}, 'told to stop a second time: what is in flight is cut');
      this.#hurry.set();
    }
  }

  /** Those that are alive, oldest first. */
  get workers(): readonly Worker[] {
    return [...this.#workers];
  }

  get #settings(): Settings {
    return this.#boot.resolved.settings;
  }

  /** Serves until told to stop. Returns the status to end with. */
  *run(): Co<number> {
    try {
      return yield* scope((tasks) => this.#serve(tasks));
    } finally {
      this.#options.sockets.close();
    }
  }

  *#serve(tasks: Scope): Co<number> {
    this.#tasks = tasks;
    tasks.spawn(this.#start());
    const current = () => [this.workers, this.#settings] as const;
    tasks.spawn(watchHealth(this.#loop, this.#log, current, (worker, why) => this.#recycle(worker, why)));
    tasks.spawn(this.#failToStart());
    for (;;) {
      const command = yield* this.#commands.receive();
      if (command === 'stop' || command === 'quit') {
        this.#reload?.cancel();
        yield* this.#stop(command === 'quit');
        tasks.cancel();
        return this.#failed.isSet ? yield* this.#failed.wait() : 0;
      }
      if (command === 'reload') this.#startReload();
      else if (command === 'more') this.#addSlot(true);
      else tasks.spawn(this.#removeSlot());
    }
  }

  /** One worker first: where the app does not load, it says so once. */
  *#start(): Co<void> {
    this.#addSlot();
    yield* this.#served.wait();
    for (let i = 1; i < this.#options.workers; i++) this.#addSlot();
  }

  *#failToStart(): Co<void> {
    yield* this.#failed.wait();
    this.command('quit');
  }

  #spawn<T>(coroutine: Co<T>, options?: TaskOptions): Task<T> {
    return this.#tasks!.spawn(coroutine, options);
  }

  // ── Slots ────────────────────────────────────────────────────────────────────────────────────────────────────

  #addSlot(told = false): void {
    const slot: Slot = {
      index: firstFree(this.#slots),
      backoff: new Backoff(),
      worker: undefined,
      retired: false,
    };
    this.#slots.push(slot);
    if (told) this.#log.info({ workers: this.#slots.length }, 'one worker more');
    this.#spawn(this.#keep(slot), { name: `the keeper of slot ${slot.index}` });
  }

  *#removeSlot(): Co<void> {
    const slot = this.#slots.at(-1);
    if (slot === undefined || this.#slots.length === 1) {
      this.#log.warn({}, 'one worker fewer would be none: ignored');
      return;
    }
    this.#slots.pop();
    slot.retired = true;
    this.#log.info({ workers: this.#slots.length }, 'one worker fewer');
    this.#options.sockets.stopListening(slot.index);
    yield* sleep(HANDSHAKE_TIME);
    const { worker } = slot;
    if (worker !== undefined) yield* this.#drain(worker);
    this.#options.sockets.closeSlot(slot.index);
  }

  /** Keeps a worker in `slot`. */
  *#keep(slot: Slot): Co<void> {
    while (!slot.retired && !this.#stopping) {
      const worker = slot.worker ?? (yield* this.#fill(slot));
      const end = yield* worker.over.wait();
      if (end === 'replaced') continue;
      slot.worker = undefined;
      if (slot.retired || this.#stopping || this.#failed.isSet) return;
      const pause = slot.backoff.after(end, worker, this.#settings.minUptime);
      const fields = { worker: slot.index, pid: worker.pid };
      const what = worker.killedFor ?? describeExit(end);
      if (pause === 0) this.#log.error(fields, `worker ${worker.pid} ${what}: another takes its place`);
      else {
        const times = `${slot.backoff.failures} times in a row`;
        this.#log.error(fields, `worker ${worker.pid} ${what}: ${times}; the next try is in ${pause} ms`);
        yield* sleep(pause);
      }
    }
  }

  /** Puts a new worker into `slot`; it serves, or has ended. */
  *#fill(slot: Slot): Co<Worker> {
    const worker = this.#launch(slot.index, this.#boot);
    slot.worker = worker;
    const { bootTimeout } = this.#settings;
    const result = yield* worker.boots(bootTimeout);
    if (result === 'late')
      worker.kill('SIGKILL', `did not listen within ${bootTimeout} ms (bootTimeout) and was killed`);
    if (result !== 'serving' && !this.#served.isSet && !this.#stopping) {
      const exit = yield* worker.exited.wait();
      this.#failed.set(exit.code ?? LOAD_FAILURE);
    }
    return worker;
  }

  #launch(slot: number, boot: Boot): Worker {
    const worker: Worker = new Worker(this.#loop, this.#options.launch, slot, boot, {
      onReady: (ready) => {
        this.#served.set();
        const ms = Math.round(worker.age);
        this.#log.debug({ worker: slot, pid: worker.pid, ms }, `worker ${worker.pid} serves`);
        this.#options.onReady?.(ready);
      },
      onStall: (stalled) => {
        const { ms, request } = stalled;
        const where = request === undefined ? '' : `, in ${request}`;
        const fields = { worker: slot, pid: worker.pid, ms, err: stackOf(stalled) };
        this.#log.warn(fields, `worker ${worker.pid} is deaf: its event loop is blocked${where}`);
      },
      onEnd: () => this.#workers.delete(worker),
    });
    this.#workers.add(worker);
    return worker;
  }

  // ── Reload ───────────────────────────────────────────────────────────────────────────────────────────────────

  #startReload(): void {
    if (this.#reload !== undefined && !this.#reload.done) {
      this.#log.warn({}, 'a reload is under way: it is begun anew');
      this.#reload.cancel();
    }
    this.#reload = this.#spawn(this.#replacing.with(this.#reloadAll()), { name: 'a reload' });
  }

  /** New workers with everything read anew, each of which must serve before an old one ends. */
  *#reloadAll(): Co<void> {
    this.#log.info({}, 'reload: new workers boot, old ones serve until then');
    const former = this.#boot;
    let replaced = 0;
    try {
      this.#boot = yield* until(this.#options.readBoot());
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#log.error({}, `reload failed, everything stays as it is: ${error.message}`);
      return;
    }
    for (const slot of [...this.#slots]) {
      if (slot.retired) continue;
      const failure = yield* this.#replace(slot);
      if (failure !== undefined) {
        this.#boot = former;
        const rest = `${replaced} of ${this.#slots.length} workers are new`;
        this.#log.error({}, `reload failed, the old workers go on serving (${rest}): the new one ${failure}`);
        return;
      }
      replaced++;
    }
    this.#log.info({ workers: replaced }, 'reload: done');
  }

  /** A new worker for `slot`, and then the end of the old one. What has failed otherwise. */
  *#replace(slot: Slot): Co<string | undefined> {
    const { bootTimeout, minUptime } = this.#settings;
    const next = this.#launch(slot.index, this.#boot);
    let taken = false;
    try {
      const result: BootResult = yield* next.boots(bootTimeout);
      if (result === 'late') return `did not listen within ${bootTimeout} ms (bootTimeout)`;
      if (result === 'ended' || !(yield* next.survives(minUptime))) {
        const exit = yield* next.exited.wait();
        return next.failure ?? describeExit(exit);
      }
      if (slot.retired) return undefined;
      const old = slot.worker;
      slot.worker = next;
      taken = true;
      if (old !== undefined) {
        old.over.set('replaced');
        this.#spawn(this.#drain(old));
      }
      return undefined;
    } finally {
      if (!taken) next.kill('SIGKILL', 'is not needed');
    }
  }

  /** Another one takes the place of `worker`, as soon as it serves. */
  #recycle(worker: Worker, why: string): void {
    const slot = this.#slots.find((each) => each.worker === worker);
    if (slot === undefined) return;
    this.#log.info({ worker: slot.index, pid: worker.pid }, `worker ${worker.pid} ${why}: it is replaced`);
    this.#spawn(this.#recycleIn(slot, worker), { name: 'a replacement' });
  }

  *#recycleIn(slot: Slot, worker: Worker): Co<void> {
    const failure = yield* this.#replacing.with(this.#replaceIn(slot, worker));
    if (failure === undefined) return;
    this.#log.error(
      { pid: worker.pid },
      `worker ${worker.pid} stays for now: the one for its place ${failure}`,
    );
    // Not at once again.
    yield* sleep(RECYCLE_PAUSE);
    worker.recycled = false;
  }

  *#replaceIn(slot: Slot, worker: Worker): Co<string | undefined> {
    // A reload may have done it meanwhile.
    return slot.worker !== worker || slot.retired ? undefined : yield* this.#replace(slot);
  }

  // ── The end ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** Lets `worker` finish what it does, and no longer than it may. */
  *#drain(worker: Worker): Co<void> {
    worker.draining = true;
    const { gracefulTimeout } = this.#settings;
    worker.kill('SIGTERM');
    if (yield* worker.ends(gracefulTimeout + MARGIN)) return;
    this.#log.warn({ pid: worker.pid }, `worker ${worker.pid} does not end: killed after gracefulTimeout`);
    worker.kill('SIGKILL', 'did not end and was killed');
    yield* worker.exited.wait();
  }

  *#stop(quick: boolean): Co<void> {
    this.#stopping = true;
    this.#options.sockets.stopListening();
    if (quick) {
      yield* this.#quit();
      return;
    }
    this.#log.info({ workers: this.#workers.size }, 'stopping: finishing what is in flight');
    yield* sleep(HANDSHAKE_TIME);
    yield* race<unknown>([all(this.workers.map((worker) => this.#drain(worker))), this.#hurry.wait()]);
    yield* this.#quit();
    this.#log.info({}, 'stopped');
  }

  *#quit(): Co<void> {
    yield* all(this.workers.map((worker) => this.#kill(worker)));
  }

  *#kill(worker: Worker): Co<void> {
    worker.kill('SIGQUIT');
    if (yield* worker.ends(QUICK)) return;
    worker.kill('SIGKILL');
    yield* worker.exited.wait();
  }
}

function firstFree(slots: readonly Slot[]): number {
  const taken = new Set(slots.map(({ index }) => index));
  let index = 0;
  while (taken.has(index)) index++;
  return index;
}
