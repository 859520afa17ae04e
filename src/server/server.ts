// The server: listeners, an accept loop for each, and the end of it all. `serve` (index.ts) makes one.
//
// A drain: the listeners take no new connections, give out those that have begun, and close; each connection's next
// answer says `Connection: close`; idle ones have a grace for the request that may be on its way; what is still open at
// the graceful timeout is cut. Then comes what goes on without a client, until the same time.

import { type Address, SystemError } from '../kernel/index.ts';
import type { Listener, Stream } from '../net/index.ts';
import { Cancelled, type Co, sleep, Task } from '../task/index.ts';
import { serveConnection } from './connection.ts';
import { Connection } from './connection-state.ts';
import { type ContextOptions, ServerContext } from './context.ts';

/** Connections accepted at a stretch before others have their turn. */
const ACCEPT_BATCH = 64;
/** Milliseconds after which a full server looks whether there is room again. */
const FULL_PAUSE = 10;
/** Milliseconds after which accepting is tried again when it has failed. */
const RETRY_PAUSE = 1000;
/** Milliseconds between two lines that say so. */
const SHORTAGE_INTERVAL = 10_000;

/**
 * Milliseconds in which a new client has said something, however short the grace of idle ones is: its request is on its way. Some
 * open spare connections and keep silent on them.
 */
const OPENING_GRACE = 1000;

export class Server {
  readonly #context: ServerContext;
  readonly #listeners: readonly Listener[];
  readonly #connections = new Map<Task<void>, Connection>();
  #shortageKnownUntil = Number.NEGATIVE_INFINITY;
  readonly #acceptors: Task<void>[];
  readonly #ended = Promise.withResolvers<void>();
  #emptied: PromiseWithResolvers<void> | undefined;
  #closing: Promise<void> | undefined;

  /** Takes over `listeners` and accepts from them at once. */
  constructor(options: ContextOptions, listeners: readonly Listener[]) {
    this.#context = new ServerContext(options);
    this.#listeners = listeners;
    this.#acceptors = listeners.map(
      (listener) =>
        new Task(options.loop, this.#acceptFrom(listener), { name: 'an accept loop', context: 'none' }),
    );
  }

  get addresses(): readonly Address[] {
    return this.#listeners.map((listener) => listener.address);
  }

  /** Resolves once everything is closed. */
  get closed(): Promise<void> {
    return this.#ended.promise;
  }

  /** Accepts until the server stops; what stops it before is logged, and tried again. */
  *#acceptFrom(listener: Listener): Co<void> {
    while (!this.#context.draining) {
      try {
        yield* this.#acceptAll(listener);
      } catch (error) {
        // A drain ends here: the listener has given out its last connection, and is closed.
        if (this.#context.draining) return;
        this.#context.log.error({ err: error }, `accepting failed: trying again in ${RETRY_PAUSE} ms`);
        yield* sleep(RETRY_PAUSE);
      }
    }
  }

  *#acceptAll(listener: Listener): Co<never> {
    listener.onShortage = this.#onShortage;
    for (let batch = 0; ; batch++) {
      const stream = yield* listener.accept();
      this.#welcome(stream);
      if (batch % ACCEPT_BATCH === ACCEPT_BATCH - 1) yield* sleep(0);
      while (this.#connections.size >= this.#context.settings.maxConnections) yield* sleep(FULL_PAUSE);
    }
  }

  /** Clients wait meanwhile, and nobody would know why. */
  readonly #onShortage = (errno: number): void => {
    const { loop, log } = this.#context;
    if (loop.now() < this.#shortageKnownUntil) return;
    this.#shortageKnownUntil = loop.now() + SHORTAGE_INTERVAL;
    const { message } = new SystemError('accept', errno);
    const connections = this.#connections.size;
    log.warn({ connections }, `new clients wait: ${message}: raise "ulimit -n", or lower maxConnections`);
  };

  #welcome(stream: Stream): void {
    const { counters, loop } = this.#context;
    const connection = new Connection(this.#context, stream);
    const task = new Task(loop, serveConnection(connection), { name: 'a connection', context: 'none' });
    this.#connections.set(task, connection);
    counters.accepted++;
    counters.connections++;
    task.onDone(this.#onConnectionEnd);
    this.#context.app.opened?.(connection);
  }

  /** One function for all connections: a closure for each would cost 120 bytes more. */
  readonly #onConnectionEnd = (task: Task<void>): void => {
    const connection = this.#connections.get(task)!;
    this.#connections.delete(task);
    this.#context.counters.connections--;
    if (task.failed && !(task.error instanceof Cancelled)) this.#blame(connection, task.error);
    connection.release();
    this.#context.app.closed?.(connection);
    if (this.#connections.size === 0) this.#emptied?.resolve();
  };

  /** An error that reaches this far is ours: the connection can't be trusted any more, the others can. */
  #blame(connection: Connection, error: unknown): void {
    connection.lose(error instanceof Error ? error : new Error(String(error)));
    connection.stream.close('reset');
    this.#context.log.error({ err: error }, 'a connection ended with an internal error');
  }

  /** How many fields a head may have from now on. */
  limitFields(count: number): void {
    this.#context.headLimits = { ...this.#context.headLimits, fields: count };
  }

  /** Timeouts from now on, in milliseconds. */
  setTimeouts({ keepAlive, headers }: { readonly keepAlive?: number; readonly headers?: number }): void {
    if (keepAlive !== undefined) this.#context.keepAliveDeadlines.change(keepAlive);
    if (headers === undefined) return;
    this.#context.openingDeadlines.change(headers);
    this.#context.headersDeadlines.change(headers);
  }

  /** Closes connections: those that are between two requests, or all that speak HTTP, whatever they are doing. */
  hangUp(which: 'idle' | 'all'): void {
    const reason = new Error(`the app closes ${which} connections`);
    for (const connection of this.#connections.values()) {
      if (!connection.handedOver && (which === 'all' || connection.idle)) connection.hangUp(reason);
    }
  }

  /** Closes the connections whose protocol was switched: the app is done with them. */
  endSwitched(): void {
    const reason = new Error('the app has ended');
    for (const [task, connection] of this.#connections) if (connection.handedOver) task.cancel(reason);
  }

  /**
   * Takes no new connections; those there are go on for as long as they like, each until its next answer. Resolves when the
   * listeners are closed; `closed` does when the last connection is. `patient`: see `Listener.stopListening`.
   */
  async retire(patient: boolean): Promise<void> {
    if (!patient) {
      this.#context.impatient = true;
      for (const connection of this.#connections.values()) {
        if (connection.stream.peerClosed && !connection.handedOver)
          connection.hangUp(new Error('the app has closed its server'));
      }
    }
    await this.#stopListening(patient);
    void this.#empty().then(() => this.#finish());
  }

  async #stopListening(patient: boolean): Promise<void> {
    this.#context.draining = true;
    for (const listener of this.#listeners) listener.stopListening(patient);
    await Promise.allSettled(this.#acceptors);
    for (const listener of this.#listeners) listener.close();
  }

  /** Stops gracefully, within `gracefulTimeout`; called again, it is the same stop. See the drain above. */
  close(): Promise<void> {
    this.#closing ??= this.#drain();
    return this.#closing;
  }

  async #drain(): Promise<void> {
    const { settings, loop, keepAliveDeadlines, openingDeadlines } = this.#context;
    const notListening = this.#stopListening(true);
    keepAliveDeadlines.shorten(settings.keepAliveGrace);
    openingDeadlines.shorten(Math.max(settings.keepAliveGrace, OPENING_GRACE));
    const timeUp = Promise.withResolvers<void>();
    const timer = loop.setTimer(settings.gracefulTimeout, () => {
      this.#cutAll();
      // Behind what was cut: cancelled coroutines get to their `finally` before the end, if no further.
      loop.schedule({ run: timeUp.resolve });
    });
    await notListening;
    await this.#empty();
    await Promise.race([this.#background(), timeUp.promise]);
    loop.cancelTimer(timer);
    this.#finish();
  }

  #finish(): void {
    this.#context.close();
    this.#ended.resolve();
  }

  /** What goes on without a connection: work behind answers, and the cleanups of what was cancelled. */
  async #background(): Promise<void> {
    await Promise.allSettled(this.#context.coroutines);
    await this.#context.settled();
  }

  #empty(): Promise<void> {
    if (this.#connections.size === 0) return Promise.resolve();
    this.#emptied ??= Promise.withResolvers<void>();
    return this.#emptied.promise;
  }

  #cutAll(): void {
    const { log, settings, counters } = this.#context;
    log.warn(
      { connections: this.#connections.size, inFlight: counters.inFlight },
      `cut after ${settings.gracefulTimeout} ms (gracefulTimeout)`,
    );
    for (const acceptor of this.#acceptors) acceptor.cancel();
    for (const listener of this.#listeners) listener.close();
    const reason = new Error('the server stops');
    for (const [task, connection] of this.#connections) {
      connection.lose(reason);
      if (connection.handedOver) task.cancel(reason);
      else connection.wake();
    }
  }

  /** What it does now and has done. */
  statistics() {
    return { ...this.#context.counters };
  }
}
