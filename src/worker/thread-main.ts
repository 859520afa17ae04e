// The first file of a thread that serves the app (`--worker-class threads`): threads-serving.ts starts it. Loads the app as
// a worker does, and then takes requests from the main thread. Nothing here opens a socket, or attaches an event loop of
// ours to the system's.

import { Server as HttpServer } from 'node:http';
import { resolve } from 'node:path';
import process from 'node:process';
import { setImmediate } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import { type App, type FetchApp, fetchInterface, nodeApp } from '../app/index.ts';
import type { Settings } from '../config/index.ts';
import type { Logger } from '../server/index.ts';
import {
  type Leaves,
  leavesOf,
  portOf,
  ThreadSide,
  takeOverThread,
  type WorkerThreadData,
} from '../threads/index.ts';
import type { Servable } from './app-shapes.ts';
import { prepareFetch } from './app-style.ts';
import { reportLoads } from './development.ts';
import { serverOf } from './listener-server.ts';
import { AppLoadError, type LoadedApp, loadApp } from './load-app.ts';
import { readyExport, untilReady } from './readiness.ts';
import { TURNS } from './turns.ts';
import { whileAlive } from './while-alive.ts';

/** What it is started with. */
export interface ThreadBoot {
  readonly specifier: string;
  /** The app's file. */
  readonly path: string;
  /** The app's own arguments. */
  readonly rest: readonly string[];
  readonly development: boolean;
  readonly interface: Settings['interface'];
  readonly keepAliveTimeout: number;
}

const NO_LEAVES: Leaves = { expectations: false, hostless: false };

const { port, answers, answered, extra: boot } = workerData as WorkerThreadData<ThreadBoot>;
// As the app would find them if Node ran it.
process.argv.splice(1, Number.POSITIVE_INFINITY, resolve(boot.path), ...boot.rest);
const side = new ThreadSide(portOf(port));
const log: Logger = {
  debug: (fields, message) => side.log('debug', fields, message),
  info: (fields, message) => side.log('info', fields, message),
  warn: (fields, message) => side.log('warn', fields, message),
  error: (fields, message) => side.log('error', fields, message),
};
if (boot.development) reportLoads((file) => side.tell({ type: 'file', file }));
const calls = takeOverThread({ side, answers, answered, keepAliveTimeout: boot.keepAliveTimeout });
await prepareFetch(boot.path, boot.interface);

// An app that waits for what never happens must not be kept alive by what waits for its requests.
port.unref();
try {
  await load();
  port.ref();
} catch (error) {
  if (!(error instanceof AppLoadError)) throw error;
  side.tell({ type: 'failed', message: error.message });
  process.exit(error.exitCode);
}

async function load(): Promise<void> {
  const { specifier, interface: wanted } = boot;
  let isLoaded = false;
  const running = calls.listening.then(async () => {
    for (let turn = 0; turn < TURNS; turn++) await setImmediate();
    // It listens, and goes on: its file ends with an `await` of its end, perhaps. What it exports is not known, then.
    if (!isLoaded) await serveProgram(false, undefined);
    return isLoaded;
  });
  const loading = whileAlive(
    loadApp(specifier, process.cwd(), { interface: wanted, listens: calls.seen }),
    `${specifier} did not load\n  It awaits something that never happens, outside of any function.`,
  ).then((loaded) => {
    isLoaded = true;
    return loaded;
  });
  const first = await Promise.race([loading, running.then((known) => (known ? loading : undefined))]);
  if (first === undefined) return;
  if (first.kind === 'app') await serveExport(first);
  else {
    await whileAlive(calls.listening, first.complaint);
    await serveProgram(first.exportsApp, first.ready);
  }
}

async function serveProgram(exportsApp: boolean, ready: (() => unknown) | undefined): Promise<void> {
  side.onRelease = () => calls.closeAll();
  await announce({ interface: 'program', shape: '', leaves: NO_LEAVES, exportsApp }, ready);
}

async function serveExport({ servable, shape, ready }: LoadedApp): Promise<void> {
  let leaves = NO_LEAVES;
  if (servable.kind === 'fetch') side.open(0, { kind: 'fetch', app: await fetchAppOf(servable) });
  else {
    const app = nodeAppOf(servable);
    leaves = leavesOf(app);
    side.open(0, { kind: 'node', app });
  }
  side.onRelease = async () => {
    await calls.closeAll();
    if (servable.kind === 'server') await servable.release?.();
  };
  await announce(
    { interface: servable.kind === 'fetch' ? 'fetch' : 'node', shape: shape.name, leaves, exportsApp: false },
    ready,
  );
}

async function fetchAppOf({ handler }: Extract<Servable, { kind: 'fetch' }>): Promise<FetchApp> {
  const { fetchApp } = await fetchInterface();
  return fetchApp(handler, {
    onError: (error) => log.error({ err: error }, 'waitUntil: the promise was rejected'),
  });
}

function nodeAppOf(servable: Exclude<Servable, { kind: 'fetch' }>): App {
  const server =
    servable.kind === 'server' ? servable.server : serverOf(servable.listener, log, servable.passNext);
  if (server.keepAliveTimeout === new HttpServer().keepAliveTimeout)
    server.keepAliveTimeout = boot.keepAliveTimeout;
  return nodeApp(server);
}

type Found = Omit<Extract<Parameters<ThreadSide['tell']>[0], { type: 'loaded' }>, 'type'>;

async function announce(found: Found, ready: (() => unknown) | undefined): Promise<void> {
  side.tell({ type: 'loaded', ...found });
  if (ready !== undefined)
    await untilReady(readyExport(ready), (message) => side.tell({ type: 'unready', message }));
  side.tell({ type: 'ready' });
}
