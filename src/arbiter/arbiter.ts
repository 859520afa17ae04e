// The parent of the workers: what is to be, and one step at a time from what is. It never loads the app.
//
//   signals, siskin ctl ──► command() ──► #serve ──► workers more or fewer (crew.ts), a reload, a successor, the end
//
//   one task looks after the health of all (health.ts)
//
// Nothing here knows of processes or sockets but through `launcher.ts`, so all of it runs in simulated time.

import type { Logger } from '../log/index.ts';
import type { Loop } from '../loop/index.ts';
import type { Ready } from '../protocol/index.ts';
import {
  Cancelled,
  Channel,
  type Co,
  race,
  type Scope,
  Signal,
  scope,
  sleep,
  type Task,
  until,
} from '../task/index.ts';
import { Crew } from './crew.ts';
import { watchHealth } from './health.ts';
import { callHook } from './hooks.ts';
import type { Launch, LaunchSuccessor, Plan, Sockets, Successor } from './launcher.ts';
import { describeFailure, describeFixed } from './words.ts';

/**
 * What the arbiter is told to do. `stop`: finish what is in flight; `quit`: at once; `retire`: workers alone do. `restart`: as a
 * reload, but old workers end first, for development.
 */
export type Command =
  | 'stop'
  | 'quit'
  | 'reload'
  | 'more'
  | 'fewer'
  | 'reopen'
  | 'retire'
  | 'take over'
  | 'restart'
  | { readonly workers: number };

/** What has come of a command. */
export interface Outcome {
  readonly ok: boolean;
  /** For people. */
  readonly message: string;
}

/** What goes on, for whoever asks. */
export type State = 'starting' | 'serving' | 'reloading' | 'retired' | 'stopping';

export interface ArbiterOptions {
  readonly loop: Loop;
  readonly launch: Launch;
  readonly sockets: Sockets;
  readonly log: Logger;
  readonly plan: Plan;
  /** The same, read anew: for a reload. May reject with `ConfigError`. */
  readonly readPlan: () => Promise<Plan>;
  /** Workers that a plan wants. */
  readonly countWorkers: (plan: Plan) => number;
  /** How another arbiter is started that takes over, where one can be. */
  readonly launchSuccessor?: LaunchSuccessor | undefined;
  /** How many workers serve what this one takes over. */
  readonly inherited?: number;
  /** Told of each worker that serves. */
  readonly onReady?: (ready: Ready) => void;
  /** Told of each file that a worker loads, in development. */
  readonly onLoad?: (file: string) => void;
  /** All workers serve. */
  readonly onComplete?: () => void;
  readonly onState?: (state: State) => void;
  /** Opens log files anew. False where one could not be: it has been said. */
  readonly reopenLogs?: () => boolean;
}

const START_FAILURE = 1;
/** How often `bootTimeout` passes until a successor gives up that has no worker in some slot. */
const COMPLETION = 2;

interface Order {
  readonly command: Command;
  readonly outcome: Signal<Outcome>;
}

export class Arbiter {
  readonly crew: Crew;
  readonly #options: ArbiterOptions;
  readonly #log: Logger;
  readonly #orders = new Channel<Order>(Number.POSITIVE_INFINITY);
  readonly #hurry = new Signal();
  #tasks: Scope | undefined;
  #state: State = 'starting';
  #reload: Task<void> | undefined;
  /** That were begun. */
  #reloads = 0;
  #successor: Successor | undefined;
  /** Another arbiter has the sockets, and serves. */
  #handedOver = false;

  constructor(options: ArbiterOptions) {
    this.#options = options;
    this.#log = options.log;
    this.crew = new Crew({ ...options, onReady: (ready) => options.onReady?.(ready) });
  }

  get state(): State {
    return this.#state;
  }

  #enter(state: State): void {
    if (this.#state === state || this.#state === 'stopping') return;
    this.#state = state;
    this.#options.onState?.(state);
  }

  /** Asks for something to be done; returns at once. What comes of it can be waited for. */
  command(command: Command): Signal<Outcome> {
    const outcome = new Signal<Outcome>();
    if (this.#state !== 'stopping') this.#orders.trySend({ command, outcome });
    else {
      if (command === 'quit' || command === 'stop') this.#hasten();
      outcome.set({ ok: false, message: 'it is stopping' });
    }
    return outcome;
  }

  #hasten(): void {
    if (this.#hurry.isSet) return;
    this.#log.warn({}, 'told to stop a second time: what is in flight is cut');
    this.#hurry.set();
  }

  /** Serves until told to stop. Returns the status to end with. */
  *run(): Co<number> {
    const { sockets, log } = this.#options;
    const info = { pid: process.pid };
    try {
      const { failed } = yield* callHook(this.crew.plan.hooks, log, 'onStarting', info);
      const status = failed ? START_FAILURE : yield* scope((tasks) => this.#serve(tasks));
      yield* callHook(this.crew.plan.hooks, log, 'onExit', info);
      return status;
    } finally {
      this.crew.plan.hooks.close();
      sockets.close();
    }
  }

  *#serve(tasks: Scope): Co<number> {
    const { loop, countWorkers, inherited = 0 } = this.#options;
    const { crew } = this;
    this.#tasks = tasks;
    tasks.spawn(this.#start(tasks, Math.max(countWorkers(crew.plan), inherited)));
    const current = () => [crew.workers, crew.settings] as const;
    tasks.spawn(watchHealth(loop, this.#log, current, (worker, why) => crew.recycle(worker, why)));
    tasks.spawn(this.#failToStart());
    for (;;) {
      const { command, outcome } = yield* this.#orders.receive();
      if (command === 'stop' || command === 'quit') {
        this.#reload?.cancel();
        yield* this.#stop(command === 'quit');
        outcome.set({ ok: true, message: 'stopped' });
        tasks.cancel();
        return crew.failed.isSet ? yield* crew.failed.wait() : 0;
      }
      this.#obey(command, outcome);
    }
  }

  *#start(tasks: Scope, count: number): Co<void> {
    const { crew } = this;
    const { inherited = 0 } = this.#options;
    yield* crew.start(tasks, count);
    this.#enter('serving');
    tasks.spawn(callHook(crew.plan.hooks, this.#log, 'whenReady', { pid: process.pid }));
    if (this.#options.onComplete === undefined) return;
    const { bootTimeout } = crew.settings;
    // What takes over must not fail in its first moments: the one before could not come back.
    const proof = inherited > 0 ? crew.prove(count) : crew.complete(count);
    const late = COMPLETION * bootTimeout + crew.settings.minUptime;
    const proven = yield* race<unknown>([proof, sleep(late)]);
    if (proven !== false && crew.serving >= count) this.#options.onComplete();
    else if (inherited > 0) {
      this.#log.error(
        {},
        proven === false
          ? 'a worker has ended in its first moments: the arbiter before this one goes on'
          : `only ${crew.serving} of ${count} workers serve: the arbiter before this one goes on`,
      );
      crew.failed.set(START_FAILURE);
    }
  }

  *#failToStart(): Co<void> {
    yield* this.crew.failed.wait();
    this.command('quit');
  }

  #obey(command: Exclude<Command, 'stop' | 'quit'>, outcome: Signal<Outcome>): void {
    const { crew } = this;
    const tasks = this.#tasks!;
    if (command === 'reload' || command === 'restart') this.#startReload(outcome, command === 'restart');
    else if (command === 'more') tasks.spawn(this.#scale(() => crew.slots.length + 1, outcome));
    else if (command === 'fewer') tasks.spawn(this.#scale(() => crew.slots.length - 1, outcome));
    else if (command === 'reopen') this.#reopen(outcome);
    else if (command === 'retire') tasks.spawn(this.#retire(outcome));
    else if (command === 'take over') this.#callSuccessor(outcome);
    else tasks.spawn(this.#scale(() => command.workers, outcome));
  }

  /** `wanted` is asked when its turn comes: several orders may come at once. */
  *#scale(wanted: () => number, outcome: Signal<Outcome>): Co<void> {
    const count = wanted();
    if (count > 0 && this.#state === 'retired') this.#enter('serving');
    yield* this.crew.scale(count);
    const now = this.crew.slots.length;
    outcome.set({ ok: now === count, message: `${now} ${now === 1 ? 'worker' : 'workers'}` });
  }

  #reopen(outcome: Signal<Outcome>): void {
    const ok = this.#options.reopenLogs?.() ?? true;
    for (const worker of this.crew.workers) worker.reopen();
    const message = ok
      ? 'log files are opened anew'
      : 'a log file could not be opened, and the old one stays: see the log';
    outcome.set({ ok, message });
  }

  /** Workers finish and end, and the arbiter waits, for a reload to fill their places or for its own end. */
  *#retire(outcome: Signal<Outcome>): Co<void> {
    this.#log.info({}, 'workers finish what they do and end; the arbiter waits');
    this.#enter('retired');
    yield* this.crew.retire();
    outcome.set({ ok: true, message: 'no worker is left' });
  }

  // ── Reload ───────────────────────────────────────────────────────────────────────────────────────────────────

  #startReload(outcome: Signal<Outcome>, atOnce: boolean): void {
    if (this.#reload !== undefined && !this.#reload.done) {
      if (!atOnce) this.#log.warn({}, 'a reload is under way: it is begun anew');
      this.#reload.cancel();
    }
    this.#reload = this.#tasks!.spawn(atOnce ? this.#restart(outcome) : this.#reloadAll(outcome), {
      name: 'a reload',
    });
  }

  /** New workers with everything read anew, each of which must serve before an old one ends. */
  *#reloadAll(outcome: Signal<Outcome>): Co<void> {
    const { crew } = this;
    this.#log.info({}, 'reload: new workers boot, old ones serve until then');
    this.#enter('reloading');
    const mine = ++this.#reloads;
    const former = crew.plan;
    let plan: Plan | undefined;
    try {
      plan = yield* this.#read();
      yield* callHook(plan.hooks, this.#log, 'onReload', { pid: process.pid });
      const retired = crew.isRetired;
      const { failure, replaced } = yield* retired ? crew.revive(plan) : crew.replaceAll(plan);
      if (failure === undefined) yield* this.#finishReload(former, plan, replaced, outcome);
      else {
        crew.plan = former;
        const message = describeFailure(failure, replaced, crew.slots.length, retired);
        this.#log.error({}, `reload failed, ${message}`);
        outcome.set({ ok: false, message });
      }
    } catch (error) {
      if (error instanceof Cancelled) throw error;
      const { message } = error as Error;
      this.#log.error({}, `reload failed, everything stays as it is: ${message}`);
      outcome.set({ ok: false, message: `everything stays as it is: ${message}` });
    } finally {
      if (plan !== undefined && crew.plan !== plan) plan.hooks.close();
      else if (plan !== undefined) former.hooks.close();
      if (!outcome.isSet) outcome.set({ ok: false, message: 'something else was asked for meanwhile' });
      if (mine === this.#reloads) this.#enter(crew.isRetired ? 'retired' : 'serving');
    }
  }

  /** Where nobody waits for it any more, what it has started is ended. */
  *#read(): Co<Plan> {
    const reading = this.#options.readPlan();
    let plan: Plan | undefined;
    try {
      plan = yield* until(reading);
      return plan;
    } finally {
      if (plan === undefined) {
        reading.then(
          ({ hooks }) => hooks.close(),
          () => {},
        );
      }
    }
  }

  *#restart(outcome: Signal<Outcome>): Co<void> {
    const { crew } = this;
    const former = crew.plan;
    try {
      yield* crew.restart(this.#read());
      outcome.set({ ok: true, message: 'restarted' });
    } catch (error) {
      if (error instanceof Cancelled) throw error;
      const { message } = error as Error;
      this.#log.error({}, `as before, what has changed can't be used: ${message}`);
      outcome.set({ ok: false, message });
    } finally {
      if (crew.plan !== former) former.hooks.close();
    }
  }

  *#finishReload(former: Plan, plan: Plan, replaced: number, outcome: Signal<Outcome>): Co<void> {
    const { countWorkers } = this.#options;
    const { crew } = this;
    const wanted = countWorkers(plan);
    // A number that `siskin ctl scale` has chosen stays, unless the configuration says another one now.
    if (wanted !== countWorkers(former)) yield* crew.scale(wanted);
    this.#log.info({ workers: replaced }, 'reload: done');
    const fixed = describeFixed(former.boot.resolved.settings, plan.boot.resolved.settings);
    if (fixed !== undefined) this.#log.warn({}, fixed);
    const done = `${replaced} ${replaced === 1 ? 'worker is' : 'workers are'} new`;
    outcome.set({ ok: true, message: fixed === undefined ? done : `${done}; ${fixed}` });
  }

  // ── A successor ──────────────────────────────────────────────────────────────────────────────────────────────

  #callSuccessor(outcome: Signal<Outcome>): void {
    const { launchSuccessor } = this.#options;
    const why =
      launchSuccessor === undefined
        ? 'a container ends with its first process, which can give its place to nobody: reload instead'
        : this.#successor === undefined
          ? undefined
          : 'another one takes over already';
    if (why !== undefined) {
      this.#log.error({}, `no new arbiter: ${why}`);
      outcome.set({ ok: false, message: why });
      return;
    }
    let newcomer = 0;
    const successor = launchSuccessor!({
      onStart: (pid) => {
        newcomer = pid;
        this.#log.info({}, `a new arbiter, ${pid}, is started to take over`);
      },
      onServing: () => {
        this.#log.info({}, `the new arbiter, ${newcomer}, serves: this one finishes and ends`);
        this.#handedOver = true;
        successor.resign();
        outcome.set({ ok: true, message: `${newcomer} has taken over` });
        this.command('stop');
      },
      onEnd: (how) => {
        if (this.#handedOver || this.#successor === undefined) return;
        this.#successor = undefined;
        const message = `everything stays as it is: the new arbiter ${how}`;
        this.#log.error({}, `no new arbiter, ${message}`);
        outcome.set({ ok: false, message });
      },
    });
    this.#successor = successor;
  }

  // ── The end ──────────────────────────────────────────────────────────────────────────────────────────────────

  *#stop(quick: boolean): Co<void> {
    const { crew } = this;
    this.#enter('stopping');
    crew.stop();
    if (!this.#handedOver) {
      this.#successor?.stop();
      if (!quick) this.#log.info({ workers: crew.workers.length }, 'stopping: finishing what is in flight');
      // Without waiting where everything is cut anyway.
      if (quick) this.#options.sockets.stopListening();
      else yield* crew.stopListening();
    }
    if (!quick) yield* crew.drainAll(this.#hurry);
    yield* crew.quitAll();
    if (!quick) this.#log.info({}, this.#handedOver ? 'handed over, ended' : 'stopped');
  }
}
