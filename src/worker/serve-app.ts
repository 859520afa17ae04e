// An app served in this process: settings, app, server, and then waiting for the end. Ends the process itself: an app may
// hold timers and database pools that would keep it alive for ever.

import { resolve } from 'node:path';
import process from 'node:process';
import { inspect } from 'node:util';
import type { BindAddress, ResolvedSettings, Settings } from '../config/index.ts';
import { type AccessLog, ignoreLostOutput, LogFileError, processLogs } from '../log/index.ts';
import { endSwitched, isServing, stopAll } from '../node/index.ts';
import {
  type Boot,
  beatInterval,
  HOOK_TIME,
  type WorkerHook,
  type WorkerHooks,
  type WorkerInfo,
} from '../protocol/index.ts';
import type { Logger } from '../server/index.ts';
import { AppExit } from './app-exit.ts';
import { prepareFetch } from './app-style.ts';
import { ConfigurationError, loadConfigurationFile } from './configuration-file.ts';

import { failurePage, reportLoads, reportModules } from './development.ts';

import { AppLoadError, parseSpecifier } from './load-app.ts';
import { describeLoadFailure } from './load-failure.ts';
import type { Parent } from './parent.ts';
import { StartError } from './serving.ts';
import { describeListenFailure, isListenFailure } from './start-failure.ts';
import { isHandled, type StopCause, stopCause } from './stop.ts';
import { Watchdog } from './watchdog.ts';
import { type AnyServing, makeWorkerClass } from './worker-class.ts';

const RUNTIME_FAILURE = 1;
const WRONG_USAGE = 2;
const LOAD_FAILURE = 3;
/** Their messages are for people. */
const KNOWN = [AppLoadError, StartError, ConfigurationError, LogFileError];
const NEVER = new Promise<never>(() => {});

/** Serves the app that `boot` names until a signal, and exits with the status that says how it went. */
export async function serveApp(boot: Boot, parent?: Parent): Promise<void> {
  const { specifier, rest } = boot;
  ignoreLostOutput();
  const appExit = new AppExit(process);
  const onStop = (): void => appExit.hold();
  let drained = false;
  // A worker may hear SIGTERM from its arbiter and from who stops both, and has no reason to hurry for that.
  const stopped =
    parent === undefined
      ? stopCause(process, appExit.now, { drained: () => drained, onStop })
      : stopCause(process, () => {}, { signals: ['SIGTERM'], onStop });
  try {
    const { path } = parseSpecifier(specifier, process.cwd());
    // As the app would find them if Node ran it: programs look for their own file there, and for their own flags.
    process.argv.splice(1, Number.POSITIVE_INFINITY, resolve(path), ...rest);
    appExit.now(
      await serveUntilStopped(path, boot, { stopped, appExit }, parent, () => {
        drained = true;
      }),
    );
  } catch (error) {
    const known = KNOWN.some((kind) => error instanceof kind);
    // Thrown on, it would be one more uncaught error, and those only stop a server that runs.
    const message = known ? (error as Error).message : inspect(error);
    const wrong = error instanceof LogFileError ? WRONG_USAGE : RUNTIME_FAILURE;
    const status = error instanceof AppLoadError ? LOAD_FAILURE : wrong;
    process.stderr.write(`siskin: ${message}\n`);
    parent?.report({ type: 'failed', status, message });
    appExit.now(status);
  }
}

async function serveUntilStopped(
  path: string,
  boot: Boot,
  { stopped, appExit }: { readonly stopped: Promise<StopCause>; readonly appExit: AppExit },
  parent: Parent | undefined,
  onDrained: () => void,
): Promise<number> {
  const {
    specifier,
    resolved,
    configuration,
    slot = 0,
    development = false,
    inspected = false,
    known = [],
  } = boot;
  const { settings, warnings } = resolved;
  const { log, access, reopen } = processLogs(settings);
  if (parent === undefined) process.on('SIGUSR1', reopen);
  else parent.onReopen = reopen;
  const info: WorkerInfo = { pid: process.pid, slot };
  const hooks = configuration === undefined ? {} : (await loadConfigurationFile(configuration)).hooks;
  // Before the thread of the watchdog, which starts beside what follows: both at once take longer than one after the other.
  if (settings.workerClass !== 'threads') await prepareFetch(path, settings.interface);
  const watchdog = parent && new Watchdog(settings);
  if (parent !== undefined && settings.stallWarning > 0) parent.trace = watchdog;
  if (parent === undefined) for (const warning of warnings) log.warn({}, warning);

  // Below what makes modules green, and so hears of what they were.
  if (inspected)
    reportModules((file, format) =>
      parent?.insist({ type: 'loaded', file, ...(format !== undefined && { format }) }),
    );
  const surroundings = { log, recordAccess: access?.record, parent };
  const { serving, onServed } = await makeWorkerClass(path, boot, surroundings);
  const orphaned = parent === undefined ? NEVER : reportTo(parent, watchdog!, serving, settings);
  // A program may listen long before it is loaded: what stops it meanwhile stops a server.
  const start = development
    ? startInDevelopment(serving, specifier, known, parent!)
    : serving.start(specifier);
  const early = await Promise.race([start, stopped]);
  if (early !== undefined && !isServing()) return explainEarlyEnd(early, path, resolved);
  onServed();
  if (early === undefined) void callHook(hooks, 'postWorkerInit', info, log);
  const cause = early ?? (await Promise.race([stopped, serving.closed, orphaned]));
  // An arbiter tells of what it has asked for itself.
  const tell = parent !== undefined && cause.kind === 'signal' ? 'debug' : 'info';
  return stop(cause, {
    serving,
    log,
    tell,
    access,
    within: settings.gracefulTimeout,
    onDrained,
    appExit,
    lastCall: () => callHook(hooks, 'workerExit', info, log),
  });
}

/** As `start`; an app that does not load is replaced by a page that says why. */
async function startInDevelopment(
  serving: AnyServing,
  specifier: string,
  known: readonly BindAddress[],
  parent: Parent,
): Promise<undefined> {
  reportLoads((file) => parent.report({ type: 'loaded', file }));
  try {
    return await serving.start(specifier);
  } catch (error) {
    if (!(error instanceof AppLoadError) || isServing()) throw error;
    process.stderr.write(`siskin: ${error.message}\n`);
    await serving.startInstead(failurePage(error.message), known);
    return undefined;
  }
}

/** Waits for it, but not for ever; where it fails, the log says so. */
async function callHook(hooks: WorkerHooks, name: WorkerHook, info: WorkerInfo, log: Logger): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    log.error({}, `the hook ${name} has not ended within ${HOOK_TIME / 1000} s: going on without it`);
    late.resolve();
  }, HOOK_TIME).unref();
  try {
    await Promise.race([hooks[name]?.(info), late.promise]);
  } catch (error) {
    log.error({ err: error }, `the hook ${name} failed`);
  }
  clearTimeout(timer);
}

/** Stopped before it has served anybody. */
function explainEarlyEnd(cause: StopCause, path: string, { origins }: ResolvedSettings): number {
  if (cause.kind !== 'error') return 0;
  const { error } = cause;
  if (isListenFailure(error)) throw new StartError(describeListenFailure(error, path, origins.bind));
  const file = resolve(path);
  process.stderr.write(`siskin: ${path} did not load\n${describeLoadFailure(error, file, process.cwd())}\n`);
  return LOAD_FAILURE;
}

/** What has to end, and who is to be told. */
interface Ending {
  readonly serving: AnyServing;
  readonly log: Logger;
  readonly tell: 'info' | 'debug';
  readonly access: AccessLog | undefined;
  /** Milliseconds. */
  readonly within: number;
  readonly onDrained: () => void;
  readonly appExit: AppExit;
  readonly lastCall: () => Promise<void>;
}

async function stop(
  cause: StopCause,
  { serving, log, tell, access, within, onDrained, appExit, lastCall }: Ending,
): Promise<number> {
  const deadline = performance.now() + within;
  if (cause.kind === 'error') log.error({ err: cause.error }, `${cause.name}: stopping`);
  if (cause.kind === 'signal') log[tell]({ signal: cause.signal }, 'stopping: finishing what is in flight');
  if (cause.kind === 'orphaned')
    log.error({}, 'the arbiter has gone: finishing what is in flight, and stopping');
  const handled = cause.kind === 'signal' && isHandled(process, cause.signal);
  // WebSockets, say, which only the app could have closed.
  void appExit.asked.then(endSwitched);
  await Promise.all([serving.close(), stopAll(!handled)]);
  if (!handled) await serving.release(deadline - performance.now());
  onDrained();
  await lastCall();
  access?.flush();
  log[tell]({}, 'stopped');
  if (handled) await Promise.race([appExit.asked, programEnds(deadline - performance.now())]);
  return cause.kind === 'error' ? RUNTIME_FAILURE : appExit.status;
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
  serving: AnyServing,
  settings: Settings,
): Promise<StopCause> {
  const interval = beatInterval(settings);
  let due = performance.now() + interval;
  let last = performance.eventLoopUtilization();
  let resident = 0;
  const beat = (): void => {
    watchdog.beat();
    const delay = Math.max(0, performance.now() - due);
    due += delay + interval;
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    resident = residentBytes() ?? resident;
    parent.report({ type: 'beat', ...serving.statistics(), resident, delay, utilization });
  };
  setInterval(beat, interval).unref();
  return new Promise((resolve) => parent.watch(() => resolve({ kind: 'orphaned' })));
}

/** Of memory; undefined where no descriptor is left to look it up with (EMFILE). */
function residentBytes(): number | undefined {
  try {
    return process.memoryUsage.rss();
  } catch {
    return undefined;
  }
}
