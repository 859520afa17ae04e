// `siskin serve APP`: settings, app, server, and then waiting for the end. Called by `command.ts`. Ends the process
// itself: an app may hold timers and database pools that would keep it alive for ever.

import { relative } from 'node:path';
import process from 'node:process';
import { inspect } from 'node:util';
import { ConfigError, type ResolvedSettings, resolveSettings } from '../config/index.ts';
import { formatAddress } from '../kernel/index.ts';
import type { Logger, RunningServer } from '../server/index.ts';
import { type AccessLog, createAccessLog } from './access-log.ts';
import { AppLoadError, type LoadedApp, loadApp } from './load-app.ts';
import { createLogger, isHuman } from './log.ts';
import { describeStartFailure } from './start-failure.ts';
import { type StopCause, stopCause } from './stop.ts';

const RUNTIME_FAILURE = 1;

/** Serves the app that `specifier` names until a signal, and exits with the status that says how it went. */
export async function serveCommand(
  specifier: string,
  flags: Readonly<Record<string, unknown>>,
): Promise<void> {
  ignoreBrokenPipes();
  const stopped = stopCause(process, process.exit);
  try {
    const resolved = await resolveSettings({ flags, env: process.env });
    // Before the app: a class of its own that extends Request or Response extends those that the server speaks.
    (await import('../app/index.ts')).installFetchGlobals();
    const app = await loadWhileAlive(specifier);
    process.exit(await serveUntilStopped(app, resolved, stopped));
  } catch (error) {
    const known = error instanceof ConfigError || error instanceof AppLoadError;
    // Thrown on, it would be one more uncaught error, and those only stop a server that runs.
    process.stderr.write(`siskin: ${known ? error.message : inspect(error)}\n`);
    process.exit(known ? error.exitCode : RUNTIME_FAILURE);
  }
}

/** Node ends a process that waits for nothing, even within an `await`: then the app waits for what never comes. */
async function loadWhileAlive(specifier: string): Promise<LoadedApp> {
  const onIdle = (): never => {
    process.stderr.write(
      `siskin: ${specifier} did not load\n  It awaits something that never happens, outside of any function.\n`,
    );
    process.exit(3);
  };
  process.once('beforeExit', onIdle);
  try {
    return await loadApp(specifier, process.cwd());
  } finally {
    process.off('beforeExit', onIdle);
  }
}

async function serveUntilStopped(
  loaded: LoadedApp,
  { settings, origins, warnings }: ResolvedSettings,
  stopped: Promise<StopCause>,
): Promise<number> {
  const log = createLogger({
    level: settings.logLevel,
    format: settings.logFormat,
    stdout: process.stdout,
    stderr: process.stderr,
  });
  const access = settings.accessLog ? accessLogFor(settings.logFormat) : undefined;
  for (const warning of warnings) log.warn({}, warning);

  const { startServer } = await import('../server/index.ts');
  let server: RunningServer;
  try {
    server = await startServer(loaded.app, settings, { log, ...(access && { recordAccess: access.record }) });
  } catch (error) {
    process.stderr.write(`siskin: ${describeStartFailure(error, origins.bind)}\n`);
    return RUNTIME_FAILURE;
  }
  announce(log, loaded, server);

  const cause = await Promise.race([stopped, server.closed.then((): StopCause => ({ kind: 'closed' }))]);
  const status = cause.kind === 'error' ? RUNTIME_FAILURE : 0;
  if (cause.kind === 'error') log.error({ err: cause.error }, `${cause.name}: stopping`);
  if (cause.kind === 'signal') log.info({ signal: cause.signal }, 'stopping: finishing what is in flight');
  await server.close(cause.kind === 'signal' ? cause.signal : cause.kind);
  access?.flush();
  log.info({}, 'stopped');
  return status;
}

/** The one line at start: `listening on http://127.0.0.1:8000 (pid 4711, Node 26.9.0, linux)`. */
function announce(log: Logger, loaded: LoadedApp, server: RunningServer): void {
  const others = server.addresses.slice(1).map((address) => `, ${formatAddress(address)}`);
  const where = `pid ${process.pid}, Node ${process.versions.node}, ${server.kernel}`;
  const app = relative(process.cwd(), loaded.file);
  log.info({ app }, `listening on ${server.url}${others.join('')} (${where})`);
}

function accessLogFor(format: 'auto' | 'human' | 'json'): AccessLog {
  return createAccessLog(!isHuman(format, process.stdout), process.stdout);
}

/** A reader of the log that goes away (`| head`) does not end the server. */
function ignoreBrokenPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}
