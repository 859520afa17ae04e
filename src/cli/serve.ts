// `siskin serve APP`: settings, and then an arbiter with workers, or the app in this process. Called by `command.ts`.

import process from 'node:process';
import { ConfigError, type Settings } from '../config/index.ts';
import { TAKEOVER } from '../protocol/index.ts';
import { withoutArbiter } from './alone.ts';
import { type CommandLine, readPlan } from './configuration.ts';
import { packageVersion } from './version.ts';

/** Serves the app until a signal, and exits with the status that says how it went. */
export async function serveCommand(command: CommandLine): Promise<void> {
  // Sockets that a service manager has passed on, and its watchdog, are for the process that it has started.
  if (process.env[TAKEOVER] !== undefined)
    for (const name of ['LISTEN_PID', 'WATCHDOG_PID']) process.env[name] = String(process.pid);
  const plan = await readPlan(command).catch(refuse);
  if (hasArbiter(plan.boot.resolved.settings)) {
    const { runArbiter } = await import('../arbiter/index.ts');
    const run = { plan, readPlan: () => readPlan(command), version: packageVersion() };
    process.exit(await runArbiter(run).catch(refuse));
  }
  plan.hooks.close();
  if (command.development === true) {
    refuse(
      new ConfigError(
        [],
        'siskin dev needs an arbiter, which is there on Linux, without --no-arbiter and --kernel node\n  What Node itself has: node --watch --import siskin/register app.js',
      ),
    );
  }
  const resolved = refuseWhatThrows(() => withoutArbiter(plan.boot.resolved));
  process.chdir(plan.cwd);
  Object.assign(process.env, plan.env);
  const { serveApp } = await import('../worker/index.ts');
  await serveApp({ ...plan.boot, resolved });
}

/** A parent needs sockets that it can hand down, and those of Node it can't. */
export function hasArbiter({ arbiter, kernel }: Settings): boolean {
  return arbiter && kernel !== 'node' && process.platform === 'linux';
}

function refuseWhatThrows<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    return refuse(error);
  }
}

/** Says what is wrong with what was given, and ends. */
export function refuse(error: unknown): never {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`siskin: ${error.message}\n`);
  process.exit(error.exitCode);
}
