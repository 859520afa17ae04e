// What is served in this process, and the line that says so: a fetch handler, an app of `node:http`, or a program that
// listens by itself. Made by `serve-app.ts`. Before the app's file is imported, our engine is put under `node:http`, so that
// whatever listens in it is ours.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { relative } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Fetcher, FetchHandler } from '../app/index.ts';
import { type BindAddress, isBindGiven, type ResolvedSettings } from '../config/index.ts';
import type { Address } from '../kernel/index.ts';
import { configure, kernelName, onListening, statistics } from '../node/index.ts';
import type { Kind } from '../protocol/index.ts';
import { type AccessRecord, type Logger, type RunningServer, startServer } from '../server/index.ts';
import { announce } from './announce.ts';
import type { Release, Servable } from './app-shapes.ts';
import { inTime } from './in-time.ts';
import { serverOf } from './listener-server.ts';
import { type LoadedApp, type LoadedProgram, loadApp } from './load-app.ts';
import type { Parent } from './parent.ts';
import { hearMessages, type ParentMessages } from './parent-messages.ts';
import { readyExport, readyMessage, readyPath, untilReady } from './readiness.ts';
import { describeStartFailure } from './start-failure.ts';
import type { StopCause } from './stop.ts';
import { takeOver } from './take-over.ts';
import { TURNS } from './turns.ts';
import { whileAlive } from './while-alive.ts';

/** Milliseconds after which somebody is told that the server has still to begin to listen. */
const PATIENCE = 5_000;

/** The server can't listen. The message is for people. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly exitCode = 1;
}

/** A port of the system's choice. */
export const PRIVATE = { family: 'inet', host: '127.0.0.1', port: 0 } as const;

const PROGRAM: Kind = { interface: 'program' };

/** Makes of a fetch handler what is to be called in its place. */
export type Adapt = (handler: Fetcher | FetchHandler) => FetchHandler;

export class Serving {
  readonly #path: string;
  readonly #resolved: ResolvedSettings;
  readonly #log: Logger;
  readonly #recordAccess: ((record: AccessRecord) => void) | undefined;
  readonly #parent: Parent | undefined;
  readonly #adapt: Adapt | undefined;
  readonly #closed = Promise.withResolvers<StopCause>();
  /** Of what listens next. */
  #kind: Kind = PROGRAM;
  /** Resolved once the app says that it is ready. */
  readonly #ready = Promise.withResolvers<void>();
  /** What listens next is for a question of our own. */
  #probing = false;
  /** What the app says to its parent. */
  #messages: ParentMessages = { ready: false };
  #server: RunningServer | undefined;
  #release: Release | undefined;

  constructor(
    path: string,
    resolved: ResolvedSettings,
    log: Logger,
    recordAccess: ((record: AccessRecord) => void) | undefined,
    parent?: Parent,
    adapt?: Adapt,
  ) {
    this.#adapt = adapt;
    this.#path = path;
    this.#resolved = resolved;
    this.#log = log;
    this.#recordAccess = recordAccess;
    this.#parent = parent;
  }

  /** Resolves when a server has ended that nobody has told to. */
  get closed(): Promise<StopCause> {
    return this.#closed.promise;
  }

  /** Loads the app and serves it; resolves once it is. Rejects with `AppLoadError` or `StartError`. */
  async start(specifier: string): Promise<undefined> {
    const wanted = this.#resolved.settings.interface;
    const exportIsMeant = specifier !== this.#path || wanted === 'fetch' || wanted === 'node';
    // What listens beside an app has an address of its own.
    this.#configure(isBindGiven(this.#resolved) && !exportIsMeant);
    const calls = takeOver();
    this.#messages = hearMessages(process, this.#log);
    onListening(({ addresses }) => {
      if (!this.#probing) this.#announce(addresses, kernelName(), this.#kind);
    });

    let isLoaded = false;
    void calls.listening.then(async (server) => {
      for (let turn = 0; turn < TURNS; turn++) await setImmediate();
      // It listens, and goes on: its file ends with an `await` of its end, perhaps. What it exports is not known, then.
      if (isLoaded) return;
      await this.#untilReady(undefined, (use) => this.#probe(server, use));
      this.#ready.resolve();
    });
    const loaded = await whileAlive(
      loadApp(specifier, process.cwd(), { interface: wanted, listens: calls.seen }),
      `${specifier} did not load\n  It awaits something that never happens, outside of any function.`,
    );
    isLoaded = true;
    if (loaded.kind === 'program') await this.#awaitProgram(loaded, calls.listening);
    else {
      await this.#untilReady(loaded.ready, (probe) => this.#serveForProbe(loaded.servable, probe));
      await this.#serveApp(loaded);
    }
    this.#ready.resolve();
    if (loaded.kind === 'app' && !exportIsMeant) calls.onNext(this.#onLateListen);
    return undefined;
  }

  /** Serves `handler` in the place of an app that did not load, where that has listened, if it has. */
  async startInstead(handler: FetchHandler, places: readonly BindAddress[]): Promise<void> {
    const bind = places.length === 0 ? this.#resolved.settings.bind : places;
    await this.#serveFetch(handler, 'a page that says what is wrong', bind);
    this.#ready.resolve();
  }

  /** Stops what `start` has started; programs' own servers are stopped by `stopAll`. */
  async close(): Promise<void> {
    await this.#server?.close();
  }

  /** Lets the app end what it has begun, within so many milliseconds. */
  async release(within: number): Promise<void> {
    if (this.#release === undefined) return;
    try {
      await inTime(this.#release(), within);
    } catch (error) {
      this.#log.error({ err: error }, 'the app failed to end');
    }
  }

  /** Nobody else reaches the app meanwhile, unless it is a program that listens already. */
  async #untilReady(
    ready: (() => unknown) | undefined,
    serveForProbe: (use: (url: string) => Promise<void>) => Promise<void>,
  ): Promise<void> {
    const { readyPath: path, waitReady } = this.#resolved.settings;
    const tell = (reason: string): void => {
      this.#log.debug({ app: this.#name }, `not ready yet: ${reason}`);
      this.#parent?.report({ type: 'unready', message: reason });
    };
    if (ready !== undefined) await untilReady(readyExport(ready), tell);
    if (waitReady) await untilReady(readyMessage(this.#messages), tell);
    if (path !== '') await serveForProbe((url) => untilReady(readyPath(url, path), tell));
  }

  /** At a port of its own, which only this process knows. */
  async #serveForProbe(servable: Servable, use: (url: string) => Promise<void>): Promise<void> {
    if (servable.kind !== 'fetch') {
      const server =
        servable.kind === 'server'
          ? servable.server
          : serverOf(servable.listener, this.#log, servable.passNext);
      return this.#probe(server, use);
    }
    const settings = { ...this.#resolved.settings, bind: [PRIVATE], keepAliveGrace: 0 };
    const server = await startServer(servable.handler, settings, { log: this.#log });
    await use(server.url);
    await server.close();
  }

  async #probe(server: NetServer, use: (url: string) => Promise<void>): Promise<void> {
    const { settings } = this.#resolved;
    configure({ settings, log: this.#log });
    this.#probing = true;
    const front = createServer((request, response) => server.emit('request', request, response));
    front.listen({ port: PRIVATE.port, host: PRIVATE.host, exclusive: true });
    await once(front, 'listening');
    this.#probing = false;
    await use(`http://${PRIVATE.host}:${(front.address() as AddressInfo).port}`);
    front.close();
    this.#configure(false);
  }

  async #awaitProgram(program: LoadedProgram, listening: Promise<NetServer>): Promise<void> {
    if (program.exportsApp) {
      this.#log.info(
        { app: this.#name },
        `it exports an app and listens by itself: served where it listens; to serve the export instead: ${this.#path}:default`,
      );
    }
    const waiting = setTimeout(() => void this.#tellOfWaiting(), PATIENCE).unref();
    const server = await whileAlive(listening, program.complaint);
    clearTimeout(waiting);
    await this.#untilReady(program.ready, (use) => this.#probe(server, use));
    process.once('beforeExit', () => this.#log.info({ app: this.#name }, 'the program has ended'));
  }

  async #tellOfWaiting(): Promise<void> {
    const { default: cluster } = await import('node:cluster');
    if (Object.keys(cluster.workers ?? {}).length > 0) return;
    this.#log.warn({ app: this.#name }, 'no app is exported, and nothing listens yet: waiting for that');
  }

  /** Too late to leave the export alone, which may be the same app. */
  readonly #onLateListen = (): void => {
    this.#log.info(
      { app: this.#name },
      'it exports an app, which is served, and begins to listen by itself as well; for that alone: --interface program',
    );
  };

  async #serveApp({ servable, shape }: LoadedApp): Promise<void> {
    try {
      if (servable.kind === 'fetch') await this.#serveFetch(servable.handler, shape.name);
      else await this.#serveNode(servable, shape.name);
    } catch (error) {
      throw new StartError(describeStartFailure(error, this.#resolved.origins.bind));
    }
  }

  async #serveFetch(
    exported: Fetcher | FetchHandler,
    shape: string,
    bind: readonly BindAddress[] = this.#resolved.settings.bind,
  ): Promise<void> {
    const handler = this.#adapt?.(exported) ?? exported;
    const hooks = {
      log: this.#log,
      ...(this.#recordAccess && { recordAccess: this.#recordAccess }),
      claim: this.#parent?.claim,
      trace: this.#parent?.trace,
    };
    this.#server = await startServer(handler, { ...this.#resolved.settings, bind }, hooks);
    void this.#server.closed.then(() => this.#closed.resolve({ kind: 'closed' }));
    this.#announce(this.#server.addresses, this.#server.kernel, { interface: 'fetch', shape });
  }

  async #serveNode(servable: Exclude<Servable, { kind: 'fetch' }>, shape: string): Promise<void> {
    const server =
      servable.kind === 'server'
        ? servable.server
        : serverOf(servable.listener, this.#log, servable.passNext);
    this.#configure(true);
    this.#kind = { interface: 'node', shape };
    server.listen();
    await once(server, 'listening');
    if (servable.kind === 'server') this.#release = servable.release;
    this.#kind = PROGRAM;
  }

  #configure(bind: boolean): void {
    const { settings } = this.#resolved;
    configure({
      settings,
      log: this.#log,
      recordAccess: this.#recordAccess,
      claim: this.#parent?.claim,
      trace: this.#parent?.trace,
      ...(bind && { bind: settings.bind }),
    });
  }

  get #name(): string {
    return relative(process.cwd(), this.#path);
  }

  #announce(addresses: readonly Address[], kernel: string, kind: Kind): void {
    const served = { app: this.#name, kind, addresses, kernel };
    void this.#ready.promise.then(() => announce(served, this.#log, this.#parent));
  }

  /** What it does now and has done. */
  statistics(): { connections: number; inFlight: number; requests: number } {
    return this.#server?.statistics() ?? statistics();
  }
}
