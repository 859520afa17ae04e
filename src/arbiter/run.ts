// The arbiter in this process: real sockets, real workers, real signals. `siskin serve` runs it.

import { chownSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import process from 'node:process';
import { createKernel, SystemError } from '../kernel/index.ts';
import { reapOrphans } from '../kernel/linux/index.ts';
import { ignoreBrokenPipes, type Logger, type ProcessLogs, processLogs } from '../log/index.ts';
import { Loop } from '../loop/index.ts';
import { controlSocketFor, isOwnChild, type Ready, startDirectory } from '../protocol/index.ts';
import { type Co, scope, spawn } from '../task/index.ts';
import { Arbiter, type Command } from './arbiter.ts';
import { openControl, serveControl } from './control.ts';
import { launcher } from './launch.ts';
import type { Plan } from './launcher.ts';
import { ServiceManager } from './notify.ts';
import { removePidfile, writePidfile } from './pidfile.ts';
import { ListeningSockets } from './sockets.ts';
import type { StatusFacts } from './status.ts';
import { Predecessor, successorLauncher } from './takeover.ts';

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
export async function runArbiter({ plan, readPlan, version }: ArbiterRun): Promise<number> {
  ignoreBrokenPipes();
  const { resolved, specifier } = plan.boot;
  const { settings, warnings } = resolved;
  const logs = openLogs(plan);
  const { log } = logs;
  for (const warning of warnings) log.warn({}, warning);
  const loop = new Loop(createKernel('linux'));
  loop.attach();
  const sockets = new ListeningSockets(loop.kernel, settings.reusePort);
  const predecessor = Predecessor.meet(sockets);
  const pidfile = settings.pidfile === '' ? undefined : settings.pidfile;
  if (pidfile !== undefined) writePidfile(pidfile, predecessor?.pid);
  process.title = `${settings.procName || `siskin: ${specifier}`}: arbiter`;
  if (process.pid === 1) reapForOthers();

  const manager = new ServiceManager(loop, process.env);
  const addresses = new Announcer(log, specifier, countWorkers(plan));
  const launchSuccessor = successorLauncher(loop, sockets, startDirectory());
  const arbiter: Arbiter = new Arbiter({
    loop,
    log,
    sockets,
    plan,
    readPlan,
    countWorkers,
    launch: launcher(loop, sockets),
    // The first process of a container can't give its place to another one.
    launchSuccessor:
      process.pid === 1
        ? undefined
        : (events) => {
            const successor = launchSuccessor(events);
            const resign = (): void => {
              manager.handOver(successor.pid);
              successor.resign();
            };
            return { pid: successor.pid, stop: () => successor.stop(), resign };
          },
    inherited: predecessor === undefined ? 0 : sockets.slots,
    onReady: (ready) => addresses.tell(ready),
    onComplete: () => {
      predecessor?.relieve(loop, () => {
        log.info({}, `has taken over from ${predecessor.pid}`);
        // Of its workers there may have been more.
        arbiter.command({ workers: countWorkers(arbiter.crew.plan) });
      });
    },
    onState: (state) => manager.onState(state),
    reopenLogs: logs.reopen,
  });
  listenForSignals(arbiter);
  const facts: StatusFacts = {
    version,
    uptime: () => process.uptime() * 1000,
    addresses: () => addresses.all,
  };
  try {
    return await spawn(loop, serve(arbiter, plan, facts, log), { name: 'the arbiter' });
  } finally {
    manager.close();
    if (pidfile !== undefined) removePidfile(pidfile);
    loop.close();
  }
}

/** The arbiter, and beside it who can be asked about it. */
function* serve(arbiter: Arbiter, plan: Plan, facts: StatusFacts, log: Logger): Co<number> {
  return yield* scope(function* (tasks): Co<number> {
    const path = controlPath(plan);
    const listener = path === undefined ? undefined : yield* openControl(path);
    if (listener instanceof SystemError) tellOfControl(plan, listener, log);
    else if (listener !== undefined)
      tasks.spawn(serveControl(listener, arbiter, facts, log), { name: 'the control socket' });
    const status = yield* arbiter.run();
    tasks.cancel();
    return status;
  });
}

function controlPath({ boot }: Plan): string | undefined {
  const { controlSocket } = boot.resolved.settings;
  if (controlSocket === 'none') return undefined;
  return controlSocket === '' ? controlSocketFor(startDirectory()) : controlSocket;
}

/** Nobody has asked for it where nothing is set. */
function tellOfControl({ boot }: Plan, error: SystemError, log: Logger): void {
  const asked = boot.resolved.settings.controlSocket !== '';
  log[asked ? 'warn' : 'debug']({}, `siskin ctl will not reach this arbiter: ${error.message}`);
}

function countWorkers({ boot }: Plan): number {
  const { workers } = boot.resolved.settings;
  return workers === 0 ? availableParallelism() : workers;
}

/** Made here, so that they can be written by the user that workers become. */
function openLogs({ boot: { resolved, identity } }: Plan): ProcessLogs {
  const logs = processLogs(resolved.settings);
  const own = (): void => {
    if (identity === undefined) return;
    const { logFile, accessLogFile } = resolved.settings;
    for (const file of [logFile, accessLogFile]) if (file !== '') chownSync(file, identity.uid, identity.gid);
  };
  own();
  return {
    ...logs,
    reopen: () => {
      logs.reopen();
      own();
    },
  };
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
