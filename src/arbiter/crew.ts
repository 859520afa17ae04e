// The workers and their places. Each place, a slot, has a task that keeps a worker in it (`#keep`): boots one, waits for its
// end, boots the next. What is to be done with them, the arbiter says (arbiter.ts).

import type { Settings } from '../config/index.ts';
import type { Logger } from '../log/index.ts';
import type { Loop } from '../loop/index.ts';
import type { Ready } from '../protocol/index.ts';
import { all, type Co, race, type Scope, Signal, sleep } from '../task/index.ts';
import { drain, quit } from './ending.ts';
import { callHook } from './hooks.ts';
import { type Exit, HANDSHAKE_TIME, type Launch, type Plan, type Sockets } from './launcher.ts';
import { type Places, type Replacement, Replacements } from './replacements.ts';
import { firstFree, Slot } from './slot.ts';
import { Steering } from './steering.ts';
import { describeChange, describeNext, stackOf } from './words.ts';
import { Worker } from './worker.ts';

export interface CrewOptions {
  readonly loop: Loop;
  readonly launch: Launch;
  readonly sockets: Sockets;
  readonly log: Logger;
  readonly plan: Plan;
  /** Told of each worker that serves. */
  readonly onReady: (ready: Ready) => void;
  /** Told of each file that a worker loads, in development. */
  readonly onLoad?: (file: string) => void;
}

const LOAD_FAILURE = 3;

export class Crew implements Places {
  /** What new workers are started with. */
  plan: Plan;
  readonly #loop: Loop;
  readonly #log: Logger;
  readonly #options: CrewOptions;
  readonly #steering: Steering;
  readonly #slots: Slot[] = [];
  readonly #workers = new Set<Worker>();
  readonly #replacements: Replacements;
  /** Set where the first start has failed: the status to end with. */
  readonly failed = new Signal<number>();
  /** Set where a worker has ended before it has served for `minUptime`. */
  readonly faltered = new Signal<void>();
  /** Some worker has. */
  readonly served = new Signal();
  #tasks: Scope | undefined;
  #stopping = false;
  /** Somebody has chosen a number. */
  #scaled = false;
  /** Slots before all workers were retired. */
  #retired = 0;

  constructor(options: CrewOptions) {
    this.#options = options;
    this.#loop = options.loop;
    this.#log = options.log;
    this.plan = options.plan;
    this.#steering = new Steering(options.sockets);
    this.#replacements = new Replacements(this, options.sockets, options.log);
  }

  get settings(): Settings {
    return this.plan.boot.resolved.settings;
  }

  /** Those that are alive, oldest first. */
  get workers(): readonly Worker[] {
    return [...this.#workers];
  }

  get slots(): readonly Slot[] {
    return this.#slots;
  }

  /** Fills `count` slots. One worker first: where the app does not load, it says so once. */
  *start(tasks: Scope, count: number): Co<void> {
    this.#tasks = tasks;
    this.#addSlot();
    yield* this.served.wait();
    // Unless somebody has said meanwhile how many there are to be.
    while (!this.#scaled && this.#slots.length < count) this.#addSlot();
  }

  /** Waits until there is a worker that serves in each slot. */
  *complete(count: number): Co<void> {
    while (this.serving < count) yield* sleep(20);
  }

  /** Waits until there is one in each slot that has served for `minUptime`, or one has ended before. Whether there is. */
  *prove(count: number): Co<boolean> {
    const { minUptime } = this.settings;
    while (this.#servingFor(minUptime) < count && !this.faltered.isSet) yield* sleep(20);
    return !this.faltered.isSet;
  }

  /** Slots in which a worker serves. */
  get serving(): number {
    return this.#servingFor(0);
  }

  #servingFor(milliseconds: number): number {
    return this.#slots.filter(({ worker }) => worker?.serving === true && worker.servedFor >= milliseconds)
      .length;
  }

  // ── Slots ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** More slots, or fewer: workers without one finish what they do. At least one stays. */
  *scale(count: number): Co<void> {
    if (count < 1) {
      this.#log.warn({}, 'one worker fewer would be none: ignored');
      return;
    }
    this.#scaled = true;
    const had = this.#slots.length;
    while (this.#slots.length < count) this.#addSlot();
    const surplus = this.#slots.splice(count);
    const now = this.#slots.length;
    if (now !== had) this.#log.info({ workers: now }, describeChange(now - had));
    for (const slot of surplus) slot.retired = true;
    this.#steering.update(this.#slots);
    if (surplus.length === 0) return;
    yield* sleep(HANDSHAKE_TIME);
    yield* all(surplus.map((slot) => this.#empty(slot)));
  }

  #addSlot(): void {
    const slot = new Slot(firstFree(this.#slots));
    this.#slots.push(slot);
    this.spawn(this.#keep(slot), `the keeper of slot ${slot.index}`);
  }

  *#empty(slot: Slot): Co<void> {
    if (slot.worker !== undefined) yield* this.drain(slot.worker);
    // Another one may have its number by now, and its sockets.
    if (this.#slots.some(({ index }) => index === slot.index)) return;
    this.#steering.forget(slot.index);
    this.#options.sockets.closeSlot(slot.index);
    this.#steering.update(this.#slots);
  }

  /** Keeps a worker in `slot`. */
  *#keep(slot: Slot): Co<void> {
    while (!slot.retired && !this.#stopping) {
      const worker = slot.worker ?? (yield* this.#fill(slot));
      const end = yield* worker.over.wait();
      yield* slot.restarting?.wait() ?? nothing();
      if (end === 'replaced' || slot.worker !== worker) continue;
      slot.worker = undefined;
      this.#steer();
      if (slot.retired || this.#stopping || this.failed.isSet) return;
      const pause = slot.backoff.after(end, worker, this.settings.minUptime);
      if (slot.backoff.failures > 0) this.faltered.set();
      const fields = { worker: slot.index, workerPid: worker.pid };
      const what = worker.describeEnd(end);
      const who = worker.pid === 0 ? 'a worker' : `worker ${worker.pid}`;
      this.#log.error(fields, `${who} ${what}: ${describeNext(slot.backoff.failures, pause)}`);
      if (pause > 0) {
        slot.pause = new Signal();
        yield* race<unknown>([sleep(pause), slot.pause.wait()]);
        yield* slot.restarting?.wait() ?? nothing();
      }
    }
  }

  /** Puts a new worker into `slot`; it serves, or has ended. */
  *#fill(slot: Slot): Co<Worker> {
    const worker = yield* this.launch(slot, this.plan);
    if (slot.worker !== undefined) {
      // While a hook was waited for, a reload has put another one there.
      worker.kill('SIGKILL', 'is not needed');
      return slot.worker;
    }
    slot.worker = worker;
    worker.placed = true;
    if (slot.retired) worker.kill('SIGKILL', 'is not needed');
    const { bootTimeout } = this.settings;
    const result = yield* worker.boots(bootTimeout);
    if (result === 'late') worker.kill('SIGKILL', `${worker.describeDelay(bootTimeout)} and was killed`);
    // Who works on it is about to put it right.
    const final = !this.served.isSet && this.plan.boot.development !== true;
    if (result !== 'serving' && final && !this.#stopping) {
      const exit = yield* worker.exited.wait();
      // One that could has said itself why.
      if (worker.failure === undefined)
        this.#log.error(
          { workerPid: worker.pid },
          `nothing is served: the worker ${worker.describeEnd(exit)}`,
        );
      this.failed.set(exit.code || LOAD_FAILURE);
    }
    return worker;
  }

  /** Starts a worker for `slot`, of which it gets the sockets; who takes it puts it there. */
  *launch(slot: Slot, plan: Plan): Co<Worker> {
    const { result } = yield* callHook(plan.hooks, this.#log, 'preSpawn', { slot: slot.index });
    const env = { ...plan.env, ...result?.env };
    slot.restarts++;
    const { index } = slot;
    const worker: Worker = new Worker(
      this.#loop,
      this.#options.launch,
      index,
      { ...plan, env },
      {
        onReady: (ready) => {
          this.served.set();
          const ms = Math.round(worker.age);
          this.#log.debug({ worker: index, workerPid: worker.pid, ms }, `worker ${worker.pid} serves`);
          this.#options.onReady(ready);
        },
        onStall: (stalled) => {
          const { ms, request } = stalled;
          const where = request === undefined ? '' : `, in ${request}`;
          const fields = { worker: index, workerPid: worker.pid, ms, err: stackOf(stalled) };
          this.#log.warn(fields, `worker ${worker.pid} is deaf: its event loop is blocked${where}`);
        },
        onLoad: (file) => this.#options.onLoad?.(file),
        onChange: () => this.#steer(),
        onEnd: (exit) => {
          this.#workers.delete(worker);
          if (!worker.placed) this.#options.sockets.withdraw(index, worker.pid);
          this.#tellOfEnd(worker, exit);
        },
      },
    );
    this.#workers.add(worker);
    return worker;
  }

  #tellOfEnd({ slot, pid }: Worker, { code, signal }: Exit): void {
    const { hooks } = this.plan;
    if (!hooks.has('childExit') || this.#tasks!.closed) return;
    this.#tasks!.spawn(callHook(hooks, this.#log, 'childExit', { slot, pid, code, signal }));
  }

  #steer(): void {
    if (!this.#stopping) this.#steering.update(this.#slots);
  }

  /** See replacements.ts. */
  replaceAll(plan: Plan): Co<Replacement> {
    return this.#replacements.replaceAll(plan);
  }

  /** See replacements.ts. */
  recycle(worker: Worker, why: string): void {
    this.#replacements.recycle(worker, why);
  }

  // ── All at once ──────────────────────────────────────────────────────────────────────────────────────────────

  /** For development: old workers end, and who comes meanwhile waits for those of the plan that is `read`. */
  *restart(read: Co<Plan>): Co<void> {
    const slots = [...this.#slots];
    for (const slot of slots) {
      slot.restarting = new Signal();
      slot.pause?.set();
      if (slot.worker !== undefined) this.#tasks!.spawn(this.drain(slot.worker));
    }
    try {
      this.plan = yield* read;
    } finally {
      for (const slot of slots) {
        const old = slot.worker;
        // Started since, by another restart.
        if (old?.draining === false) this.#tasks!.spawn(this.drain(old));
        slot.worker = undefined;
        slot.restarting?.set();
        slot.restarting = undefined;
        old?.over.set('replaced');
      }
    }
  }

  /** All workers finish what they do, and none takes their places. Their sockets stay open. */
  *retire(): Co<void> {
    const slots = this.#slots.splice(0);
    this.#retired = slots.length;
    for (const slot of slots) slot.retired = true;
    yield* all(slots.map((slot) => (slot.worker === undefined ? nothing() : this.drain(slot.worker))));
  }

  get isRetired(): boolean {
    return this.#slots.length === 0;
  }

  /** As many workers as there were. */
  *revive(plan: Plan): Co<Replacement> {
    this.plan = plan;
    const count = Math.max(this.#retired, 1);
    for (let i = 0; i < count; i++) this.#addSlot();
    const { bootTimeout } = this.settings;
    yield* race<unknown>([this.complete(count), sleep(bootTimeout)]);
    const replaced = this.serving;
    if (replaced < count)
      return { failure: `did not serve within ${bootTimeout} ms (bootTimeout)`, replaced };
    // Nobody has accepted anything from these for long.
    for (const { index, worker } of this.#slots) {
      if (worker !== undefined) this.#options.sockets.stopUnused(index, worker.pid)?.();
    }
    return { failure: undefined, replaced };
  }

  // ── The end ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** Lets `worker` finish what it does, and no longer than it may. */
  drain(worker: Worker): Co<void> {
    return drain(worker, this.settings.gracefulTimeout, this.#log);
  }

  /** Has `co` run for as long as the crew works. */
  spawn(co: Co<unknown>, name: string): void {
    this.#tasks!.spawn(co, { name });
  }

  /** No slot is filled any more. */
  stop(): void {
    this.#stopping = true;
  }

  /** All finish what they do, until `hurry` is set. */
  *drainAll(hurry: Signal): Co<void> {
    yield* race<unknown>([all(this.workers.map((worker) => this.drain(worker))), hurry.wait()]);
  }

  /** All end at once. */
  *quitAll(): Co<void> {
    yield* all(this.workers.map(quit));
  }

  /** Nobody comes any more; who has begun to is given the time. */
  *stopListening(): Co<void> {
    this.#options.sockets.stopListening();
    yield* sleep(HANDSHAKE_TIME);
  }
}

function* nothing(): Co<void> {}
