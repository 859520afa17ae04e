// The arbiter in this process: real sockets, real workers, real signals. `siskin serve` runs it.

import { availableParallelism } from 'node:os';
import process from 'node:process';
import type { ResolvedSettings } from '../config/index.ts';
import { createKernel } from '../kernel/index.ts';
import { ignoreBrokenPipes, type Logger, processLogger } from '../log/index.ts';
import { Loop } from '../loop/index.ts';
import type { Boot, Ready } from '../protocol/index.ts';
import { spawn } from '../task/index.ts';
import { Arbiter, type Command } from './arbiter.ts';
import { launcher } from './launch.ts';
import { ListeningSockets } from './sockets.ts';

export interface ArbiterRun {
  /** `app.ts:name` */
  readonly specifier: string;
  /** The app's own arguments. */
  readonly rest: readonly string[];
  readonly resolved: ResolvedSettings;
  /** The settings as they are now: for a reload. Rejects with `ConfigError`. */
  readonly readSettings: () => Promise<ResolvedSettings>;
}

/** As Gunicorn has them. */
const COMMANDS: Partial<Readonly<Record<NodeJS.Signals, Command>>> = {
  SIGTERM: 'stop',
  SIGINT: 'quit',
  SIGQUIT: 'quit',
  SIGHUP: 'reload',
  SIGTTIN: 'more',
  SIGTTOU: 'fewer',
};

/** Serves until told to stop; resolves with the status to end with. */
export async function runArbiter({ specifier, rest, resolved, readSettings }: ArbiterRun): Promise<number> {
  ignoreBrokenPipes();
  const { settings, warnings } = resolved;
  const log = processLogger(settings);
  for (const warning of warnings) log.warn({}, warning);
  const loop = new Loop(createKernel('linux'));
  loop.attach();
  const sockets = new ListeningSockets(loop.kernel, settings.reusePort);
  const bootWith = (current: ResolvedSettings): Boot => ({
    type: 'boot',
    specifier,
    rest,
    resolved: current,
  });
  const workers = settings.workers === 0 ? availableParallelism() : settings.workers;
  const arbiter = new Arbiter({
    loop,
    log,
    sockets,
    workers,
    launch: launcher(loop, sockets),
    boot: bootWith(resolved),
    readBoot: async () => bootWith(await readSettings()),
    onReady: announcer(log, specifier, workers),
  });
  for (const [signal, command] of Object.entries(COMMANDS)) {
    process.on(signal, () => arbiter.command(command));
  }
  // Nothing to do here, and without a listener Node would open its debugger, or the process end.
  for (const signal of ['SIGUSR1', 'SIGUSR2']) process.on(signal, () => {});
  try {
    return await spawn(loop, arbiter.run(), { name: 'the arbiter' });
  } finally {
    loop.close();
  }
}

/** Says once where the app is served; and again where another address comes to be. */
function announcer(log: Logger, specifier: string, workers: number): (ready: Ready) => void {
  const told = new Set<string>();
  return ({ kind, addresses, kernel }) => {
    const text = addresses.join(', ');
    if (told.has(text)) return;
    told.add(text);
    const many = workers === 1 ? '1 worker' : `${workers} workers`;
    const where = `pid ${process.pid}, ${many}, Node ${process.versions.node}, ${kernel}`;
    log.info({ app: specifier, ...kind }, `listening on ${text} (${where})`);
  };
}
