// From a `http.Server` that is about to listen to a server of ours that serves its listeners. Node's `listen` has read its
// arguments and looked up the host by then; it hands over numeric addresses, and expects a handle: this file makes one.
//
//   program ── listen(...) ──► Node ── _listen2(address, port, ...) ──► Engine.listen ──► our listeners, our loop
//   program ── close() ──────► Node ── handle.close() ───────────────► Engine.close

import type { Server as HttpServer } from 'node:http';
import { type NodeSocket, nodeApp } from '../app/index.ts';
import type { BindAddress, Settings } from '../config/index.ts';
import { type Address, SystemError } from '../kernel/index.ts';
import { type Listener, listenNow } from '../net/index.ts';
import { Server } from '../server/index.ts';
import { current, enlist, isStopping, sharedLoop } from './runtime.ts';

/** What Node's `http.Server` has that its types do not say. */
export type NodeServer = HttpServer & {
  _handle: Engine | object | null;
  _connections: number;
  _unref?: boolean;
  keepAliveTimeoutBuffer?: number;
  maxHeaderSize?: number;
  _emitCloseIfDrained(): void;
};

/** What a program has when it says nothing: see Node's documentation of `http.createServer`. */
const NODE_DEFAULTS = { keepAliveTimeout: 5_000, headersTimeout: 60_000 };
/** Node has 0 for none. */
const NEVER = 365 * 24 * 3600 * 1000;

export interface ListenFlags {
  readonly backlog: number;
  readonly ipv6Only: boolean;
  readonly reusePort: boolean;
}

/** The handle of a listening server, as `net.Server` uses one, and the server behind it. */
export class Engine {
  readonly #program: NodeServer;
  readonly #listeners: readonly Listener[];
  readonly #server: Server;
  #keepAliveTimeout: number;
  #headersTimeout: number;
  #requestTimeout: number;
  #maxHeadersCount: number | null;
  /** The listeners are still open. */
  listening = true;
  /** Absent where there is no port: Node then says the path that it was given. */
  readonly getsockname: ((out: Record<string, unknown>) => number) | undefined;

  /** Takes over `listeners`. */
  constructor(program: NodeServer, listeners: readonly Listener[]) {
    const { settings, log, recordAccess, trace } = current();
    this.#program = program;
    this.#listeners = listeners;
    adoptTimeouts(program, settings);
    this.#keepAliveTimeout = program.keepAliveTimeout;
    this.#headersTimeout = program.headersTimeout;
    this.#requestTimeout = program.requestTimeout;
    this.#maxHeadersCount = program.maxHeadersCount;
    const app = nodeApp(program, {
      onRequest: () => this.#readLimits(),
      onOpen: (socket) => this.#welcome(socket),
      onClose: () => {
        program._connections--;
        program._emitCloseIfDrained();
      },
    });
    this.#server = new Server(
      { loop: sharedLoop(), app, settings: settingsOf(program, settings), log, recordAccess, trace },
      listeners,
    );
    this.#applyTimeouts();
    const { address } = this;
    if (address.family !== 'unix') this.getsockname = (out) => describeAddress(address, out);
    enlist(this.#server);
  }

  /** Listens at all of `targets`. Throws `SystemError`; rejects where Node's own sockets say so only later. */
  static listen(
    program: NodeServer,
    targets: readonly BindAddress[],
    flags: ListenFlags,
  ): Engine | Promise<never> {
    const listeners: Listener[] = [];
    try {
      for (const target of targets) {
        const { settings, claim } = current();
        const options = { ...flags, mode: settings.unixMode };
        const listener = listenNow(sharedLoop(), claim?.(target, options) ?? target, options);
        if (listener instanceof Promise) {
          for (const open of listeners) open.close();
          return listener;
        }
        listeners.push(listener);
      }
    } catch (error) {
      for (const open of listeners) open.close();
      throw error;
    }
    return new Engine(program, listeners);
  }

  get address(): Address {
    return this.#listeners[0]!.address;
  }

  // ── As a handle of Node's ────────────────────────────────────────────────────────────────────────────────────

  ref(): void {
    for (const listener of this.#listeners) listener.setReferenced(true);
  }

  unref(): void {
    for (const listener of this.#listeners) listener.setReferenced(false);
  }

  hasRef(): boolean {
    return this.#program._unref !== true;
  }

  /** Takes no new connections. The program's `close` event waits until the port is free. */
  close(): void {
    void this.#server.retire(isStopping()).then(() => {
      this.listening = false;
      this.#program._emitCloseIfDrained();
    });
  }

  // ── What the program's server asks for ───────────────────────────────────────────────────────────────────────

  closeIdleConnections(): void {
    // A stop of the process lets clients send what is on its way; see `keepAliveGrace`.
    if (isStopping()) void this.#server.close();
    else this.#server.hangUp('idle');
  }

  closeAllConnections(): void {
    this.#server.hangUp('all');
  }

  #welcome(socket: () => NodeSocket): void {
    const program = this.#program;
    program._connections++;
    if (typeof program.maxConnections === 'number' && program._connections > program.maxConnections) {
      const { localAddress, localPort, localFamily, remoteAddress, remotePort, remoteFamily } = socket();
      program.emit('drop', { localAddress, localPort, localFamily, remoteAddress, remotePort, remoteFamily });
      socket().destroy();
      return;
    }
    this.#readLimits();
    // Node's own listener is one of them, and takes no part.
    const heard = program.listenerCount('connection') > 1;
    if (!heard && !(program.timeout > 0)) return;
    const connection = socket();
    if (program.timeout > 0) connection.setTimeout(program.timeout);
    if (heard) program.emit('connection', connection);
  }

  // ── Timeouts and limits, which a program may change at any time ──────────────────────────────────────────────

  #readLimits(): void {
    const { keepAliveTimeout, headersTimeout, requestTimeout, maxHeadersCount } = this.#program;
    if (maxHeadersCount !== this.#maxHeadersCount) {
      this.#maxHeadersCount = maxHeadersCount;
      this.#server.limitFields(fieldsOf(this.#program) ?? current().settings.limitRequestFields);
    }
    const same = keepAliveTimeout === this.#keepAliveTimeout && headersTimeout === this.#headersTimeout;
    if (same && requestTimeout === this.#requestTimeout) return;
    this.#keepAliveTimeout = keepAliveTimeout;
    this.#headersTimeout = headersTimeout;
    this.#requestTimeout = requestTimeout;
    this.#applyTimeouts();
  }

  #applyTimeouts(): void {
    const grace = this.#program.keepAliveTimeoutBuffer ?? 0;
    // A head is part of its request.
    const headers = Math.min(this.#headersTimeout || NEVER, this.#requestTimeout || NEVER);
    this.#server.setTimeouts({
      keepAlive: this.#keepAliveTimeout > 0 ? this.#keepAliveTimeout + grace : NEVER,
      headers,
    });
  }
}

function describeAddress({ family, host, port }: Exclude<Address, { family: 'unix' }>, out: object): number {
  Object.assign(out, { address: host, family: family === 'inet6' ? 'IPv6' : 'IPv4', port });
  return 0;
}

/** Where the program has said nothing, the settings hold; it sees them as if it had set them. */
function adoptTimeouts(program: NodeServer, settings: Settings): void {
  for (const name of ['keepAliveTimeout', 'headersTimeout'] as const) {
    if (program[name] === NODE_DEFAULTS[name]) program[name] = settings[name];
  }
}

/** Limits that the program's options set. */
function settingsOf(program: NodeServer, settings: Settings): Settings {
  const { maxHeaderSize } = program;
  const size = typeof maxHeaderSize === 'number' && maxHeaderSize > 0 ? maxHeaderSize : undefined;
  const fields = fieldsOf(program);
  return {
    ...settings,
    ...(fields !== undefined && { limitRequestFields: fields }),
    ...(size !== undefined && { limitRequestLine: size, limitRequestHeaders: size }),
  };
}

function fieldsOf({ maxHeadersCount }: NodeServer): number | undefined {
  return typeof maxHeadersCount === 'number' ? maxHeadersCount || MOST_FIELDS : undefined;
}

/** Node has 0 for any number; something has to bound it. */
const MOST_FIELDS = 10_000;

/** `error` as Node's `listen` reports it: `listen EADDRINUSE: address already in use 127.0.0.1:3000`. */
export function listenError(error: unknown, address: string | undefined, port: number | undefined): Error {
  if (!(error instanceof SystemError)) return error as Error;
  const where = port !== undefined && port >= 0 ? `${address}:${port}` : String(address);
  const { code, errno } = error;
  const meaning = error.message.replace(/^.*: (.*) \(.*$/, '$1');
  return Object.assign(new Error(`listen ${code}: ${meaning} ${where}`), {
    code,
    errno,
    syscall: 'listen',
    address,
    ...(port !== undefined && port >= 0 && { port }),
  });
}

/** The same for an address that was given from outside: the program has not asked for it, and knows another. */
export function bindError(error: unknown): Error {
  const subject = error instanceof SystemError ? error.subject : undefined;
  return Object.assign(listenError(error, subject, undefined), { fromBind: true });
}
