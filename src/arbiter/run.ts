// The arbiter in this process: real sockets, real workers, real signals. `siskin serve` runs it.

import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { ConfigError, type Settings } from '../config/index.ts';
import { createKernel } from '../kernel/index.ts';
import { reapOrphans } from '../kernel/linux/index.ts';
import { ignoreLostOutput, LogFileError, type Logger, type ProcessLogs, processLogs } from '../log/index.ts';
import { Loop } from '../loop/index.ts';
import {
  controlSocketFor,
  type Identity,
  isOwnChild,
  type Ready,
  startDirectory,
} from '../protocol/index.ts';
import { type Co, type Scope, scope, spawn } from '../task/index.ts';
import { Arbiter, type Command } from './arbiter.ts';
import { Control } from './control.ts';
import { launcher } from './launch.ts';
import type { LaunchSuccessor, Plan } from './launcher.ts';
import { ServiceManager } from './notify.ts';
import { removePidfile, writePidfile } from './pidfile.ts';
import { ListeningSockets } from './sockets.ts';
import type { StatusFacts } from './status.ts';
import { Predecessor, successorLauncher } from './takeover.ts';
import { FileWatch } from './watch.ts';

export interface ArbiterRun {
  readonly plan: Plan;
  /** The same, read anew: for a reload. Rejects with `ConfigError`. */
  readonly readPlan: () => Promise<Plan>;
  /** Of this program. */
  readonly version: string;
}

/** As Gunicorn has them. */
const COMMANDS: Partial<Readonly<Record<NodeJS.Signals, Command>>> = {
  SIGTERM: 'stop',
  SIGINT: 'quit',
  SIGQUIT: 'quit',
  SIGHUP: 'reload',
  SIGTTIN: 'more',
  SIGTTOU: 'fewer',
  SIGUSR1: 'reopen',
  SIGUSR2: 'take over',
};

/** Milliseconds from the end of a child to the look at what else has ended. */
const REAP_PAUSE = 100;

/** Serves until told to stop; resolves with the status to end with. Rejects with `ConfigError` before it begins. */
export async function runArbiter(run: ArbiterRun): Promise<number> {
  ignoreLostOutput();
  // V8 lets the garbage of a process that does little lie for hours. With this it collects sooner: memory without files behind
  // it stays at 23 MB over 1,000 restarts of workers, where it had grown from 21 to 28 in some hundred.
  setFlagsFromString('--optimize-for-size');
  const loop = new Loop(createKernel('linux'));
  loop.attach();
  try {
    return await new Service(loop, run).serve();
  } finally {
    loop.close();
  }
}

/** An arbiter with all that is around it: who can be asked about it, who has to know of it, who was here before. */
class Service {
  readonly #loop: Loop;
  readonly #plan: Plan;
  readonly #log: Logger;
  readonly #sockets: ListeningSockets;
  readonly #predecessor: Predecessor | undefined;
  readonly #manager: ServiceManager;
  readonly #arbiter: Arbiter;
  readonly #control: Control;
  /** In development: what workers have loaded. */
  readonly #watch: FileWatch;
  #tasks: Scope | undefined;

  constructor(loop: Loop, { plan, readPlan, version }: ArbiterRun) {
    const { resolved, specifier } = plan.boot;
    const { identity } = plan.boot;
    // Made here, so that workers can write them when they are somebody else.
    const logs = openLogs(resolved.settings, identity);
    for (const warning of resolved.warnings) logs.log.warn({}, warning);
    this.#loop = loop;
    this.#plan = plan;
    this.#log = logs.log;
    this.#sockets = new ListeningSockets(loop.kernel, resolved.settings.reusePort);
    this.#predecessor = Predecessor.meet(this.#sockets);
    if (this.#predecessor === undefined) this.#writePidfile();
    process.title = `${resolved.settings.procName || `siskin: ${specifier}`}: arbiter`;
    this.#manager = new ServiceManager(loop, process.env);
    this.#watch = new FileWatch((files) => this.#restart(files));
    for (const file of plan.files) this.#watch.add(file);
    const addresses = new Announcer(this.#log, specifier, countWorkers(plan));
    this.#arbiter = new Arbiter({
      loop,
      log: this.#log,
      sockets: this.#sockets,
      plan,
      readPlan,
      countWorkers,
      launch: launcher(loop, this.#sockets),
      launchSuccessor: process.pid === 1 ? undefined : this.#successorLauncher(),
      inherited: this.#predecessor === undefined ? 0 : this.#sockets.slots,
      onReady: (ready) => addresses.tell(ready),
      onComplete: () => this.#predecessor?.relieve(loop, () => this.#takeCharge()),
      onState: (state) => this.#manager.onState(state),
      reopenLogs: logs.reopen,
      ...(plan.boot.development === true && { onLoad: (file) => this.#watch.add(file) }),
    });
    const uptime = (): number => process.uptime() * 1000;
    const facts: StatusFacts = { version, uptime, addresses: () => addresses.all };
    this.#control = new Control(this.#arbiter, facts, this.#log);
  }

  #restart(files: readonly string[]): void {
    this.#log.info(
      { files: files.map((file) => relative(process.cwd(), file)).join(', ') },
      'changed: restarting',
    );
    this.#arbiter.command('restart');
  }

  async serve(): Promise<number> {
    if (process.pid === 1) reapForOthers();
    listenForSignals(this.#arbiter);
    try {
      return await spawn(
        this.#loop,
        scope((tasks) => this.#serve(tasks)),
        { name: 'the arbiter' },
      );
    } finally {
      this.#manager.close();
      this.#watch.close();
      const { pidfile } = this.#settings;
      if (pidfile !== '') removePidfile(pidfile);
    }
  }

  *#serve(tasks: Scope): Co<number> {
    this.#tasks = tasks;
    if (this.#predecessor === undefined) this.#openControl();
    const status = yield* this.#arbiter.run();
    tasks.cancel();
    return status;
  }

  get #settings(): Settings {
    return this.#plan.boot.resolved.settings;
  }

  /** This one gives up what there can be only one of, and the new one takes it. */
  #successorLauncher(): LaunchSuccessor {
    const launch = successorLauncher(this.#loop, this.#sockets, startDirectory());
    return (events) => {
      let newcomer = 0;
      const onStart = (pid: number): void => {
        newcomer = pid;
        events.onStart(pid);
      };
      const successor = launch({ ...events, onStart });
      return {
        stop: () => successor.stop(),
        resign: () => {
          this.#control.close();
          this.#manager.handOver(newcomer);
          successor.resign();
        },
      };
    };
  }

  /** The one before has given up. */
  #takeCharge(): void {
    this.#log.info({}, `has taken over from ${this.#predecessor!.pid}`);
    this.#sockets.own();
    try {
      this.#writePidfile();
    } catch (error) {
      // It serves: a file is no reason to stop.
      this.#log.error({}, (error as Error).message);
    }
    this.#openControl();
    // Of the other one's workers there may have been more.
    this.#arbiter.command({ workers: countWorkers(this.#arbiter.crew.plan) });
  }

  #writePidfile(): void {
    const { pidfile } = this.#settings;
    if (pidfile !== '') writePidfile(pidfile, this.#predecessor?.pid);
  }

  #openControl(): void {
    const { controlSocket } = this.#settings;
    const asked = controlSocket !== '';
    const path = asked ? controlSocket : controlSocketFor(startDirectory());
    if (path === undefined || path === 'none' || this.#tasks!.closed) return;
    this.#control.open(this.#tasks!, path, asked);
  }
}

/** Throws `ConfigError`. */
function openLogs(settings: Settings, owner: Identity | undefined): ProcessLogs {
  try {
    return processLogs(settings, { owner });
  } catch (error) {
    throw error instanceof LogFileError ? new ConfigError([], error.message) : error;
  }
}

function countWorkers({ boot }: Plan): number {
  const { workers } = boot.resolved.settings;
  return workers === 0 ? availableParallelism() : workers;
}

function listenForSignals(arbiter: Arbiter): void {
  for (const [signal, command] of Object.entries(COMMANDS)) {
    process.on(signal, () => void arbiter.command(command));
  }
  // A terminal sends it whenever somebody changes the size of its window.
  const terminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  process.on('SIGWINCH', () => {
    if (!terminal) arbiter.command('retire');
  });
}

/** The first process of a container has the children of others, too, when these have ended. */
function reapForOthers(): void {
  let waiting = false;
  const reap = (): void => {
    waiting = false;
    // What Node waits for it sees itself, in a moment.
    if (reapOrphans(isOwnChild).blocked) later();
  };
  const later = (): void => {
    if (waiting) return;
    waiting = true;
    setTimeout(reap, REAP_PAUSE).unref();
  };
  process.on('SIGCHLD', later);
}

/** Says once where the app is served; and again where another address comes to be. */
class Announcer {
  readonly #log: Logger;
  readonly #app: string;
  readonly #workers: number;
  readonly #told = new Set<string>();
  /** Where the newest worker listens. */
  all: readonly string[] = [];

  constructor(log: Logger, app: string, workers: number) {
    this.#log = log;
    this.#app = app;
    this.#workers = workers;
  }

  tell({ kind, addresses, kernel }: Ready): void {
    this.all = addresses;
    const text = addresses.join(', ');
    if (this.#told.has(text)) return;
    this.#told.add(text);
    const many = this.#workers === 1 ? '1 worker' : `${this.#workers} workers`;
    const where = `pid ${process.pid}, ${many}, Node ${process.versions.node}, ${kernel}`;
    this.#log.info({ app: this.#app, ...kind }, `listening on ${text} (${where})`);
  }
}
