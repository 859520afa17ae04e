// An arbiter whose workers are simulated, in simulated time: what it does in a day takes no time, and the same in each run.

import { Arbiter, type ArbiterOptions } from '../../src/arbiter/arbiter.ts';
import type {
  Exit,
  Plan,
  Sockets,
  Successor,
  SuccessorEvents,
  WorkerEvents,
  WorkerProcess,
} from '../../src/arbiter/launcher.ts';
import { ConfigError, defaultSettings, type Settings } from '../../src/config/index.ts';
import type { Loop } from '../../src/loop/index.ts';
import type { ArbiterHook, Boot, Report, SpawnResult } from '../../src/protocol/index.ts';
import { type Co, spawn } from '../../src/task/index.ts';
import { simulate } from '../task/simulate.ts';

/** How a simulated worker behaves. */
export interface Behaviour {
  /** Milliseconds from its start until it serves; never, if absent. */
  readonly boots?: number;
  /** It ends by itself, so many milliseconds after its start. */
  readonly ends?: { readonly after: number; readonly code?: number; readonly signal?: NodeJS.Signals };
  /** What it says before it ends. */
  readonly failure?: string;
  /** What another thread of it says. */
  readonly says?: { readonly after: number; readonly report: Report };
  /** Its event loop is blocked from then on: it says nothing, and hears no signal but SIGKILL. */
  readonly deafAfter?: number;
  /** Requests and bytes of memory that it has at a time after its start. */
  readonly uses?: (age: number) => { readonly requests?: number; readonly resident?: number };
  /** Its event loop turns again. */
  readonly hearsAfter?: number;
  /** Where it says that it is. */
  readonly stack?: readonly string[];
  /** Milliseconds from SIGTERM to its end; `Infinity`: it ignores it. */
  readonly drains?: number;
}

const GOOD: Behaviour = { boots: 100, drains: 20 };
const BEAT = 200;

/** A process that behaves as told. */
export class SimulatedWorker implements WorkerProcess {
  readonly pid: number;
  readonly slot: number;
  readonly boot: Boot;
  readonly env: NodeJS.ProcessEnv;
  readonly signals: NodeJS.Signals[] = [];
  /** What else it was told. */
  readonly calls: string[] = [];
  alive = true;
  serves = false;
  readonly #loop: Loop;
  readonly #behaviour: Behaviour;
  readonly #events: WorkerEvents;
  readonly #born: number;

  constructor(
    loop: Loop,
    pid: number,
    slot: number,
    { boot, env }: Pick<Plan, 'boot' | 'env'>,
    behaviour: Behaviour,
    events: WorkerEvents,
  ) {
    this.#loop = loop;
    this.pid = pid;
    this.slot = slot;
    this.boot = boot;
    this.env = env;
    this.#behaviour = behaviour;
    this.#events = events;
    this.#born = loop.now();
    const { boots, ends, failure, says } = behaviour;
    if (says !== undefined) this.#after(says.after, () => events.onReport(says.report));
    if (boots !== undefined) this.#after(boots, () => this.#serve());
    if (ends !== undefined) {
      this.#after(ends.after, () => {
        if (failure !== undefined)
          events.onReport({ type: 'failed', status: ends.code ?? 0, message: failure });
        this.#end({ code: ends.signal === undefined ? (ends.code ?? 0) : null, signal: ends.signal ?? null });
      });
    }
  }

  get #deaf(): boolean {
    const { deafAfter, hearsAfter = Number.POSITIVE_INFINITY } = this.#behaviour;
    const age = this.#loop.now() - this.#born;
    return deafAfter !== undefined && age >= deafAfter && age < hearsAfter;
  }

  kill(signal: NodeJS.Signals): void {
    this.signals.push(signal);
    if (signal === 'SIGKILL') this.#after(1, () => this.#end({ code: null, signal }));
    else if (this.#deaf) return;
    else if (signal === 'SIGQUIT') this.#after(1, () => this.#end({ code: 0, signal: null }));
    else if (signal === 'SIGTERM') {
      const { drains = 20 } = this.#behaviour;
      if (Number.isFinite(drains)) this.#after(drains, () => this.#end({ code: 0, signal: null }));
    }
  }

  reopen(): void {
    this.calls.push('reopen');
  }

  askForStack(): boolean {
    const { stack } = this.#behaviour;
    if (stack === undefined) return false;
    this.#after(30, () => this.#events.onReport({ type: 'stack', request: undefined, stack }));
    return true;
  }

  lend(slot: number): void {
    this.calls.push(`lend ${slot}`);
  }

  takeBack(slot: number): void {
    this.calls.push(`take back ${slot}`);
  }

  #serve(): void {
    this.serves = true;
    this.#events.onReport({
      type: 'ready',
      kind: { interface: 'fetch' },
      addresses: ['http://127.0.0.1:8000'],
      kernel: 'sim',
    });
    this.#beat();
  }

  #beat(): void {
    this.#after(BEAT, () => this.#beat());
    if (this.#deaf) return;
    const { requests = 0, resident = 0 } = this.#behaviour.uses?.(this.#loop.now() - this.#born) ?? {};
    this.#events.onReport({
      type: 'beat',
      connections: 0,
      inFlight: 0,
      requests,
      resident,
      delay: 0,
      utilization: 0,
    });
  }

  #after(milliseconds: number, action: () => void): void {
    this.#loop.setTimer(milliseconds, () => {
      if (this.alive) action();
    });
  }

  #end(exit: Exit): void {
    this.alive = false;
    this.serves = false;
    this.#events.onExit(exit);
  }
}

/** What the hooks do that there are. */
export type SimulatedHooks = Partial<
  Record<ArbiterHook, (info: unknown) => Promise<SpawnResult | undefined>>
>;

/** What a test sees of it all. */
export class Scene {
  readonly arbiter: Arbiter;
  readonly loop: Loop;
  /** Whether log files can be opened. */
  logsOpen = true;
  /** All that were ever started. */
  readonly started: SimulatedWorker[] = [];
  readonly log: string[] = [];
  readonly socketCalls: string[] = [];
  readonly states: string[] = [];
  readonly calls: string[] = [];
  readonly hooks: SimulatedHooks;
  /** Of the successor that was called last. */
  successor: SuccessorEvents | undefined;
  /** What the next ones do, in order; then they are good. */
  readonly script: Behaviour[];
  /** New workers do not listen where old ones did. */
  drops = false;
  /** What a reload finds. */
  reread: (() => Partial<Settings>) | undefined;

  constructor(
    loop: Loop,
    settings: Partial<Settings>,
    script: readonly Behaviour[],
    hooks: SimulatedHooks,
    inherited: number,
  ) {
    this.hooks = hooks;
    this.loop = loop;
    this.script = [...script];
    const say = (level: string) => (_fields: object, message: string) =>
      void this.log.push(`${level}: ${message}`);
    const sockets: Sockets = {
      steer: (slots) => void this.socketCalls.push(`steer ${slots.join()}`),
      stopListening: () => void this.socketCalls.push('stopListening'),
      stopUnused: (slot, pid) => {
        if (!this.drops) return undefined;
        this.socketCalls.push(`stopUnused ${slot} ${pid}`);
        return () => void this.socketCalls.push(`closeUnused ${slot}`);
      },
      withdraw: (slot, pid) => void this.socketCalls.push(`withdraw ${slot} ${pid}`),
      closeSlot: (slot) => void this.socketCalls.push(`closeSlot ${slot}`),
      close: () => void this.socketCalls.push('close'),
    };
    const options: ArbiterOptions = {
      loop,
      sockets,
      countWorkers: ({ boot }) => boot.resolved.settings.workers,
      log: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') },
      plan: this.#plan(settings),
      readPlan: async () => this.#plan({ ...settings, ...this.reread?.() }),
      launchSuccessor: (events) => this.#callSuccessor(events),
      onState: (state) => void this.states.push(state),
      reopenLogs: () => {
        this.calls.push('reopen logs');
        return this.logsOpen;
      },
      ...(inherited > 0 && { inherited, onComplete: () => void this.calls.push('complete') }),
      launch: (slot, plan, events) => {
        const behaviour = this.script.shift() ?? GOOD;
        const worker = new SimulatedWorker(loop, 100 + this.started.length, slot, plan, behaviour, events);
        this.started.push(worker);
        return worker;
      },
    };
    this.arbiter = new Arbiter(options);
  }

  #plan(settings: Partial<Settings>): Plan {
    const complete = { ...defaultSettings(), ...settings };
    return {
      boot: {
        specifier: 'app.ts',
        rest: [],
        resolved: { settings: complete, origins: {} as never, warnings: [] },
      },
      cwd: '/',
      files: [],
      env: {},
      hooks: {
        has: (name) => this.hooks[name] !== undefined,
        call: (name, info) => {
          this.calls.push(name);
          return this.hooks[name]!(info);
        },
        close: () => void this.calls.push('hooks closed'),
      },
    };
  }

  #callSuccessor(events: SuccessorEvents): Successor {
    this.successor = events;
    events.onStart(4711);
    return {
      stop: () => void this.calls.push('stop successor'),
      resign: () => void this.calls.push('resign'),
    };
  }

  get alive(): SimulatedWorker[] {
    return this.started.filter(({ alive }) => alive);
  }

  get serving(): SimulatedWorker[] {
    return this.started.filter(({ serves }) => serves);
  }

  /** Lines of the log that match. */
  said(pattern: RegExp): string[] {
    return this.log.filter((line) => pattern.test(line));
  }
}

/** Settings that can't be read. */
export function unreadable(): never {
  throw new ConfigError([
    {
      setting: 'bind',
      origin: { kind: 'environment', name: 'SISKIN_BIND' },
      got: 'x',
      reason: 'is wrong',
      expected: 'right',
    },
  ]);
}

/** Runs `test` beside an arbiter, stops that, and resolves with the status it ended with. */
export function withArbiter(
  {
    workers = 2,
    settings = {},
    script = [],
    hooks = {},
    inherited = 0,
  }: {
    workers?: number;
    settings?: Partial<Settings>;
    script?: readonly Behaviour[];
    hooks?: SimulatedHooks;
    /** Workers of an arbiter that it is to take over from. */
    inherited?: number;
  },
  test: (scene: Scene) => Co<void>,
): Promise<number> {
  return simulate(function* ({ loop }) {
    const scene = new Scene(loop, { workers, ...settings }, script, hooks, inherited);
    const running = spawn(loop, scene.arbiter.run());
    try {
      yield* test(scene);
    } finally {
      scene.arbiter.command('quit');
      yield* running.join();
    }
    return running.result;
  });
}
