// An app served in this process: settings, app, server, and then waiting for the end. Ends the process itself: an app may
// hold timers and database pools that would keep it alive for ever.

import { resolve } from 'node:path';
import process from 'node:process';
import { inspect } from 'node:util';
import type { ResolvedSettings, Settings } from '../config/index.ts';
import { type AccessLog, createAccessLog, ignoreBrokenPipes, isHuman, processLogger } from '../log/index.ts';
import { isServing, stopAll } from '../node/index.ts';
import { beatInterval } from '../protocol/index.ts';
import type { Logger } from '../server/index.ts';
import { AppLoadError, parseSpecifier } from './load-app.ts';
import { describeLoadFailure } from './load-failure.ts';
import type { Parent } from './parent.ts';
import { Serving, StartError } from './serving.ts';
import { describeStartFailure, isListenFailure } from './start-failure.ts';
import { isHandled, type StopCause, stopCause } from './stop.ts';
import { Watchdog } from './watchdog.ts';

const RUNTIME_FAILURE = 1;
const LOAD_FAILURE = 3;
const NEVER = new Promise<never>(() => {});

/** Serves the app that `specifier` names until a signal, and exits with the status that says how it went. */
export async function serveApp(
  specifier: string,
  rest: readonly string[],
  resolved: ResolvedSettings,
  parent?: Parent,
): Promise<void> {
  ignoreBrokenPipes();
  let drained = false;
  // A worker may hear SIGTERM from its arbiter and from who stops both, and has no reason to hurry for that.
  const stopped =
    parent === undefined
      ? stopCause(process, process.exit, { drained: () => drained })
      : stopCause(process, () => {}, { signals: ['SIGTERM'] });
  try {
    const { path } = parseSpecifier(specifier, process.cwd());
    // As the app would find them if Node ran it: programs look for their own file there, and for their own flags.
    process.argv.splice(1, Number.POSITIVE_INFINITY, resolve(path), ...rest);
    process.exit(
      await serveUntilStopped(path, specifier, resolved, stopped, parent, () => {
        drained = true;
      }),
    );
  } catch (error) {
    const known = error instanceof AppLoadError || error instanceof StartError;
    // Thrown on, it would be one more uncaught error, and those only stop a server that runs.
    const message = known ? error.message : inspect(error);
    const status = known ? error.exitCode : RUNTIME_FAILURE;
    process.stderr.write(`siskin: ${message}\n`);
    parent?.report({ type: 'failed', status, message });
    process.exit(status);
  }
}

async function serveUntilStopped(
  path: string,
  specifier: string,
  resolved: ResolvedSettings,
  stopped: Promise<StopCause>,
  parent: Parent | undefined,
  onDrained: () => void,
): Promise<number> {
  const { settings, warnings } = resolved;
  const log = processLogger(settings);
  const access = settings.accessLog ? accessLogFor(settings.logFormat) : undefined;
  const watchdog = parent && new Watchdog(settings);
  if (parent !== undefined && settings.stallWarning > 0) parent.trace = watchdog;
  if (parent === undefined) for (const warning of warnings) log.warn({}, warning);

  const serving = new Serving(path, resolved, log, access?.record, parent);
  const orphaned = parent === undefined ? NEVER : reportTo(parent, watchdog!, serving, settings);
  // A program may listen long before it is loaded: what stops it meanwhile stops a server.
  const early = await Promise.race([serving.start(specifier), stopped]);
  if (early !== undefined && !isServing()) return explainEarlyEnd(early, path, resolved);
  const cause = early ?? (await Promise.race([stopped, serving.closed, orphaned]));
  // An arbiter tells of what it has asked for itself.
  const tell = parent !== undefined && cause.kind === 'signal' ? 'debug' : 'info';
  return stop(cause, serving, log, tell, access, settings.gracefulTimeout, onDrained);
}

/** Stopped before it has served anybody. */
function explainEarlyEnd(cause: StopCause, path: string, { origins }: ResolvedSettings): number {
  if (cause.kind !== 'error') return 0;
  const { error } = cause;
  if (isListenFailure(error)) {
    const origin =
      Reflect.get(error as Error, 'fromBind') === true
        ? origins.bind
        : ({ kind: 'program', name: path } as const);
    throw new StartError(describeStartFailure(error, origin));
  }
  const file = resolve(path);
  process.stderr.write(`siskin: ${path} did not load\n${describeLoadFailure(error, file, process.cwd())}\n`);
  return LOAD_FAILURE;
}

async function stop(
  cause: StopCause,
  serving: Serving,
  log: Logger,
  tell: 'info' | 'debug',
  access: AccessLog | undefined,
  gracefulTimeout: number,
  onDrained: () => void,
): Promise<number> {
  const deadline = performance.now() + gracefulTimeout;
  if (cause.kind === 'error') log.error({ err: cause.error }, `${cause.name}: stopping`);
  if (cause.kind === 'signal') log[tell]({ signal: cause.signal }, 'stopping: finishing what is in flight');
  if (cause.kind === 'orphaned')
    log.error({}, 'the arbiter has gone: finishing what is in flight, and stopping');
  const handled = cause.kind === 'signal' && isHandled(process, cause.signal);
  await Promise.all([serving.close(), stopAll(!handled)]);
  if (!handled) await serving.release(deadline - performance.now());
  onDrained();
  access?.flush();
  log[tell]({}, 'stopped');
  if (handled) await programEnds(deadline - performance.now());
  return cause.kind === 'error' ? RUNTIME_FAILURE : 0;
}

/** An app with a handler for the signal has something to do, and ends then: by itself, or because nothing is left. */
function programEnds(within: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.max(within, 0)).unref();
  });
}

/** Says that it is alive, until the arbiter has gone. */
function reportTo(
  parent: Parent,
  watchdog: Watchdog,
  serving: Serving,
  settings: Settings,
): Promise<StopCause> {
  const beat = (): void => {
    watchdog.beat();
    const { connections, inFlight, requests } = serving.statistics();
    const resident = process.memoryUsage.rss();
    parent.report({ type: 'beat', connections, inFlight, requests, resident });
  };
  setInterval(beat, beatInterval(settings)).unref();
  return new Promise((resolve) => parent.watch(() => resolve({ kind: 'orphaned' })));
}

function accessLogFor(format: 'auto' | 'human' | 'json'): AccessLog {
  return createAccessLog(!isHuman(format, process.stdout), process.stdout);
}
