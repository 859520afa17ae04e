// As `serving.ts`, for `--worker-class threads`: the app is loaded by each thread of a pool, and what listens is here, in
// the main thread. Made by `serve-app.ts`.

import { extname, relative } from 'node:path';
import type { FetchHandler } from '../app/index.ts';
import { hostFetches } from '../blocking/host.ts';
import { type BindAddress, isBindGiven, type ResolvedSettings } from '../config/index.ts';
import { bindError, listenError, sharedLoop, targetsOf } from '../node/index.ts';
import type { Kind } from '../protocol/index.ts';
import { type AccessRecord, type Logger, type RunningServer, startApp } from '../server/index.ts';
import {
  type Leaves,
  type ListenAnswer,
  type ListenMessage,
  Pool,
  packError,
  startWorkerThread,
  THREADS_AT_ONCE,
  ThreadStartError,
  TICKS,
  threadsApp,
} from '../threads/index.ts';
import { announce } from './announce.ts';
import { inTime } from './in-time.ts';
import { AppLoadError } from './load-app.ts';
import type { Parent } from './parent.ts';
import { readyPath, untilReady } from './readiness.ts';
import { PRIVATE, Serving, StartError } from './serving.ts';
import { describeListenFailure, describeStartFailure, isListenFailure } from './start-failure.ts';
import type { StopCause } from './stop.ts';
import type { ThreadBoot } from './thread-main.ts';

const FILE = new URL(`../worker/thread-main${extname(import.meta.url)}`, import.meta.url);
const NO_LEAVES: Leaves = { expectations: false, hostless: false };

/** Milliseconds for threads to end in: one that is in a native call does not before that returns. */
const END_TIME = 1000;

/** What the threads must know beside the settings. */
interface AppOptions {
  readonly rest: readonly string[];
  readonly development: boolean;
}

/** An address, and which of the threads' apps is behind it. */
interface Door {
  readonly number: number;
  readonly server: RunningServer;
}

export class ThreadsServing {
  readonly #path: string;
  readonly #resolved: ResolvedSettings;
  readonly #log: Logger;
  readonly #recordAccess: ((record: AccessRecord) => void) | undefined;
  readonly #parent: Parent | undefined;
  readonly #options: AppOptions;
  readonly #closed = Promise.withResolvers<StopCause>();
  readonly #ready = Promise.withResolvers<void>();
  /** Those that programs listen at, by what they ask for. */
  readonly #doors = new Map<string, Promise<Door>>();
  readonly #servers = new Set<RunningServer>();
  #pool: Pool | undefined;
  /** The first program that listens does so where the settings say, whatever it asks for. */
  #bindIsFree = false;
  #instead: Serving | undefined;

  constructor(
    path: string,
    resolved: ResolvedSettings,
    log: Logger,
    recordAccess: ((record: AccessRecord) => void) | undefined,
    parent: Parent | undefined,
    options: AppOptions,
  ) {
    this.#path = path;
    this.#resolved = resolved;
    this.#log = log;
    this.#recordAccess = recordAccess;
    this.#parent = parent;
    this.#options = options;
  }

  /** Resolves when a server has ended that nobody has told to. */
  get closed(): Promise<StopCause> {
    return this.#closed.promise;
  }

  /** Loads the app in all threads and serves it; resolves once it is. Rejects with `AppLoadError` or `StartError`. */
  async start(specifier: string): Promise<undefined> {
    const { settings } = this.#resolved;
    const exportIsMeant =
      specifier !== this.#path || settings.interface === 'fetch' || settings.interface === 'node';
    this.#bindIsFree = isBindGiven(this.#resolved) && !exportIsMeant;
    // It has nothing else to do while they block.
    hostFetches(sharedLoop);
    const pool = this.#makePool(specifier);
    this.#pool = pool;
    const loaded = await pool.start().catch((error: unknown) => this.#explain(error));
    if (settings.timeout > 0) setInterval(() => pool.tick(), settings.timeout / TICKS).unref();
    void pool.broken.then((error) => this.#closed.resolve({ kind: 'error', name: 'threads hang', error }));
    const app = this.#name;
    if (loaded.interface === 'program') {
      if (loaded.exportsApp) {
        this.#log.info({ app }, `it exports an app and listens by itself: served where it listens`);
      }
      await this.#untilReady(pool, 1, NO_LEAVES);
    } else {
      await this.#untilReady(pool, 0, loaded.leaves);
      await this.#serveExport(pool, loaded);
    }
    this.#ready.resolve();
    return undefined;
  }

  #makePool(specifier: string): Pool {
    const { settings } = this.#resolved;
    const extra: ThreadBoot = {
      specifier,
      path: this.#path,
      rest: this.#options.rest,
      development: this.#options.development,
      interface: settings.interface,
      keepAliveTimeout: settings.keepAliveTimeout,
    };
    return new Pool({
      size: settings.threads,
      atOnce: THREADS_AT_ONCE,
      timeout: settings.timeout,
      log: this.#log,
      start: (number) =>
        startWorkerThread({ file: FILE, name: `siskin ${number}`, memory: settings.threadMemory, extra }),
      listen: (message) => this.#listen(message),
      onUnready: (message) => this.#parent?.report({ type: 'unready', message }),
      onFile: (file) => this.#parent?.report({ type: 'loaded', file }),
      later: (milliseconds, run) => void setTimeout(run, milliseconds).unref(),
    });
  }

  /** Serves `handler` in the place of an app that did not load. */
  async startInstead(handler: FetchHandler, places: readonly BindAddress[]): Promise<void> {
    this.#instead = new Serving(this.#path, this.#resolved, this.#log, this.#recordAccess, this.#parent);
    await this.#instead.startInstead(handler, places);
  }

  /** Stops what listens, when what is in flight is finished. */
  async close(): Promise<void> {
    await Promise.all([...this.#servers].map((server) => server.close()));
    await this.#instead?.close();
  }

  /** Lets the app end what it has begun, in each thread, within so many milliseconds; then the threads end. */
  async release(within: number): Promise<void> {
    const pool = this.#pool;
    if (pool === undefined) return;
    await inTime(pool.release(), within);
    await inTime(pool.close(), END_TIME);
  }

  statistics(): { connections: number; inFlight: number; requests: number } {
    if (this.#instead !== undefined) return this.#instead.statistics();
    const sum = { connections: 0, inFlight: 0, requests: 0 };
    for (const server of this.#servers) {
      const { connections, inFlight, requests } = server.statistics();
      sum.connections += connections;
      sum.inFlight += inFlight;
      sum.requests += requests;
    }
    return sum;
  }

  // ── Addresses ────────────────────────────────────────────────────────────────────────────────────────────────

  async #serveExport(
    pool: Pool,
    { interface: wanted, shape, leaves }: Parameters<typeof kindOf>[0],
  ): Promise<void> {
    const { settings, origins } = this.#resolved;
    try {
      const server = await this.#open(pool, 0, leaves, settings.bind);
      void server.closed.then(() => this.#closed.resolve({ kind: 'closed' }));
      this.#announce(server, kindOf({ interface: wanted, shape, leaves }, settings.threads));
    } catch (error) {
      throw new StartError(describeStartFailure(error, origins.bind));
    }
  }

  async #open(
    pool: Pool,
    door: number,
    leaves: Leaves,
    bind: readonly BindAddress[],
  ): Promise<RunningServer> {
    const hooks = {
      log: this.#log,
      ...(this.#recordAccess && { recordAccess: this.#recordAccess }),
      claim: this.#parent?.claim,
      trace: this.#parent?.trace,
    };
    const settings = { ...this.#resolved.settings, bind };
    const server = await startApp(threadsApp(pool, door, leaves), settings, hooks, () => pool.settled());
    this.#servers.add(server);
    return server;
  }

  /** A thread's program listens: where another thread's does already, or anew. */
  async #listen(message: ListenMessage): Promise<ListenAnswer> {
    const { address, port, addressType, fd, ordinal } = message;
    const place = JSON.stringify([address, port, addressType, fd, ordinal]);
    let door = this.#doors.get(place);
    if (door === undefined) {
      const given = this.#bindIsFree ? this.#resolved.settings.bind : undefined;
      this.#bindIsFree = false;
      door = this.#bind(this.#doors.size + 1, message, given);
      this.#doors.set(place, door);
    }
    try {
      const { number, server } = await door;
      return { door: number, address: server.addresses[0]! };
    } catch (error) {
      this.#doors.delete(place);
      return { error: packError(error) };
    }
  }

  async #bind(
    number: number,
    { address, port, addressType, fd, leaves }: ListenMessage,
    given: readonly BindAddress[] | undefined,
  ): Promise<Door> {
    const choices = given === undefined ? targetsOf(address, port, addressType, fd) : [given];
    for (const [index, choice] of choices.entries()) {
      try {
        const server = await this.#open(this.#pool!, number, leaves, choice);
        this.#announce(server, { interface: 'program', threads: this.#resolved.settings.threads });
        return { number, server };
      } catch (error) {
        if (index < choices.length - 1) continue;
        throw given === undefined
          ? listenError(error, address ?? undefined, port ?? undefined)
          : bindError(error);
      }
    }
    throw new Error('there is no address to listen at');
  }

  /** A path of the app answers 2xx: asked at a port that only this process knows. */
  async #untilReady(pool: Pool, door: number, leaves: Leaves): Promise<void> {
    const { settings } = this.#resolved;
    if (settings.readyPath === '') return;
    const server = await startApp(
      threadsApp(pool, door, leaves),
      { ...settings, bind: [PRIVATE], keepAliveGrace: 0 },
      { log: this.#log },
    );
    await untilReady(readyPath(server.url, settings.readyPath), (message) => {
      this.#log.debug({ app: this.#name }, `not ready yet: ${message}`);
      this.#parent?.report({ type: 'unready', message });
    });
    await server.close();
  }

  #announce({ addresses, kernel }: RunningServer, kind: Kind): void {
    const served = { app: this.#name, kind, addresses, kernel };
    void this.#ready.promise.then(() => announce(served, this.#log, this.#parent));
  }

  /** Why the first threads have not started: an address that can't be had, or an app that does not load. */
  #explain(error: unknown): never {
    void this.#pool?.close();
    if (!(error instanceof ThreadStartError)) throw error;
    const { cause } = error;
    if (isListenFailure(cause))
      throw new StartError(describeListenFailure(cause, this.#path, this.#resolved.origins.bind));
    throw new AppLoadError(error.message, { cause: error });
  }

  get #name(): string {
    return relative(process.cwd(), this.#path);
  }
}

function kindOf(
  loaded: {
    readonly interface: 'fetch' | 'node' | 'program';
    readonly shape: string;
    readonly leaves: Leaves;
  },
  threads: number,
): Kind {
  return { interface: loaded.interface, shape: loaded.shape, threads };
}
