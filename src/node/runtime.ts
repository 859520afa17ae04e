// What all servers of a process have in common: one event loop, one set of settings, one log. `configure` sets them before
// the program runs (the command line, `siskin/register`); a program that only imports `siskin/node` has the defaults.

import type { Server as NetServer } from 'node:net';
import { type BindAddress, defaultSettings, type Settings } from '../config/index.ts';
import { createKernel } from '../kernel/index.ts';
import { Loop } from '../loop/index.ts';
import {
  type AccessRecord,
  type Claim,
  CONSOLE_LOGGER,
  type Logger,
  type Server,
  type Trace,
} from '../server/index.ts';

export interface Configuration {
  readonly settings: Settings;
  readonly log: Logger;
  readonly recordAccess?: ((record: AccessRecord) => void) | undefined;
  /** Where the first server of the program listens, whatever the program says. */
  readonly bind?: readonly BindAddress[] | undefined;
  readonly claim?: Claim | undefined;
  readonly trace?: Trace | undefined;
}

let configuration: Configuration = { settings: defaultSettings(), log: CONSOLE_LOGGER };
let loop: Loop | undefined;
let bindTaken = false;
let stopping = false;
const engines = new Set<Server>();
const listeners = new Set<(server: Server) => void>();
/** Servers that Node itself serves. */
const strangers = new Set<NetServer>();

/** Sets what servers that listen from now on have. */
export function configure(wanted: Configuration): void {
  configuration = wanted;
}

export function current(): Configuration {
  return configuration;
}

/** The addresses given from outside, for the first server that asks. */
export function takeBind(): readonly BindAddress[] | undefined {
  if (bindTaken || configuration.bind === undefined) return undefined;
  bindTaken = true;
  return configuration.bind;
}

/** The loop that all servers run on, attached to Node's. It keeps the process alive as long as somebody listens. */
export function sharedLoop(): Loop {
  if (loop === undefined) {
    loop = new Loop(createKernel(configuration.settings.kernel));
    loop.attach();
  }
  return loop;
}

/** Notes an engine that listens, until it has closed. */
export function enlist(engine: Server): void {
  engines.add(engine);
  void engine.closed.then(() => engines.delete(engine));
  for (const listener of listeners) listener(engine);
}

/** Tells `listener` of every engine that begins to listen. */
export function onListening(listener: (server: Server) => void): void {
  listeners.add(listener);
}

/** Notes a server that Node itself serves, until it has closed. */
export function enlistStranger(server: NetServer): void {
  strangers.add(server);
  server.once('close', () => strangers.delete(server));
}

/** What all engines do now and have done, as far as they have not closed. */
export function statistics(): { connections: number; inFlight: number; requests: number } {
  const sum = { connections: 0, inFlight: 0, requests: 0 };
  for (const engine of engines) {
    const { connections, inFlight, requests } = engine.statistics();
    sum.connections += connections;
    sum.inFlight += inFlight;
    sum.requests += requests;
  }
  return sum;
}

/** What sockets are made of: `linux` or `node`. */
export function kernelName(): string {
  return sharedLoop().kernel.name;
}

/** The process is about to end: connections have a grace even where a program closes its server at once. */
export function isStopping(): boolean {
  return stopping;
}

/** Somebody listens, or Node does for us. */
export function isServing(): boolean {
  return engines.size + strangers.size > 0;
}

/**
 * Stops all servers gracefully; resolves when they have. `everybody`: those of Node's too, which a program that closes its
 * servers itself would not find open any more.
 */
export async function stopAll(everybody: boolean): Promise<void> {
  stopping = true;
  const closing: Promise<void>[] = [...engines].map((engine) => engine.close());
  if (everybody) closing.push(closeStrangers());
  await Promise.all(closing);
}

/** A stop waits for those who speak HTTP, and no longer for those whose protocol was switched. */
export function endSwitched(): void {
  for (const engine of engines) engine.endSwitched();
}

async function closeStrangers(): Promise<void> {
  const closed = [...strangers].map((server) => new Promise((resolve) => server.close(resolve)));
  if (closed.length === 0) return;
  const timeUp = Promise.withResolvers<void>();
  const timer = setTimeout(timeUp.resolve, configuration.settings.gracefulTimeout);
  await Promise.race([Promise.allSettled(closed), timeUp.promise]);
  clearTimeout(timer);
}
