// Puts our engine under `http.Server`. The object a program has stays Node's own, made by Node's own constructor, so that
// `instanceof`, options and events are what they were; ours are the few methods that reach for a socket. The same methods
// go onto a class of our own (server.ts), or onto Node's (register.ts).

import { Server as HttpServer } from 'node:http';
import { isIPv6, type Socket } from 'node:net';
import type { BindAddress } from '../config/index.ts';
import { bindError, Engine, listenError, type NodeServer } from './engine.ts';
import { leaveToNode } from './listen-calls.ts';
import { current, takeBind } from './runtime.ts';

/** The engine of a server that has listened, for as long as it exists. */
const ENGINE = Symbol('siskin.engine');
type Intercepted = NodeServer & { [ENGINE]?: Engine; _connectionKey?: string };

/** UV_TCP_IPV6ONLY and UV_TCP_REUSEPORT, as Node's `listen` passes them on. */
const IPV6_ONLY = 1;
const REUSE_PORT = 2;

const node = {
  listen2: Reflect.get(HttpServer.prototype, '_listen2') as (this: unknown, ...args: unknown[]) => void,
  closeAllConnections: HttpServer.prototype.closeAllConnections,
  closeIdleConnections: HttpServer.prototype.closeIdleConnections,
  emitCloseIfDrained: Reflect.get(HttpServer.prototype, '_emitCloseIfDrained') as (this: unknown) => void,
};

/** Puts our methods onto `prototype`, that of `http.Server` or of a subclass. */
export function intercept(prototype: HttpServer): void {
  const ours = {
    _listen2: listen2,
    closeAllConnections,
    closeIdleConnections,
    _emitCloseIfDrained: emitCloseIfDrained,
  };
  for (const [name, value] of Object.entries(ours)) {
    Object.defineProperty(value, 'name', { value: name });
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true, enumerable: false });
  }
}

/** What Node's `listen` comes to, once it knows the address. `addressType`: 4, 6, or -1 for a path. */
function listen2(
  this: Intercepted,
  address: string | null,
  port: number | null,
  addressType: number | null,
  backlog: number | undefined,
  fd: number | undefined,
  flags: number | undefined,
): void {
  // Somebody else's handle: a cluster's, or one that was sent to this process.
  if (this._handle) {
    leaveToNode(this, 'cluster');
    node.listen2.call(this, address, port, addressType, backlog, fd, flags);
    return;
  }
  const options = {
    backlog: backlog && backlog > 0 ? backlog : current().settings.backlog,
    ipv6Only: ((flags ?? 0) & IPV6_ONLY) !== 0,
    reusePort: ((flags ?? 0) & REUSE_PORT) !== 0 || current().settings.reusePort,
  };
  const given = takeBind();
  const fail = (error: unknown): void => {
    const reason =
      given === undefined ? listenError(error, address ?? undefined, port ?? undefined) : bindError(error);
    process.nextTick(() => this.emit('error', reason));
  };
  try {
    const targets = given === undefined ? targetsOf(address, port, addressType, fd) : [given];
    const engine = open(this, targets, options);
    if (engine instanceof Promise) {
      engine.catch(fail);
      return;
    }
    this._handle = engine;
    this[ENGINE] = engine;
    this._connectionKey = `${addressType}:${address}:${port}`;
    quietNodeListener(this);
    if (this._unref === true) this.unref();
    process.nextTick(() => {
      if (this._handle) this.emit('listening');
    });
  } catch (error) {
    fail(error);
  }
}

export type Choice = readonly BindAddress[];

/** Each choice is tried until one can be had. */
function open(
  server: NodeServer,
  choices: readonly Choice[],
  options: Parameters<typeof Engine.listen>[2],
): ReturnType<typeof Engine.listen> {
  for (const [index, choice] of choices.entries()) {
    try {
      return Engine.listen(server, choice, options);
    } catch (error) {
      if (index === choices.length - 1) throw error;
    }
  }
  throw new Error('there is no address to listen at');
}

/** What `listen` asks for, as Node says it: addresses of which the first that can be had is meant. */
export function targetsOf(
  address: string | null,
  port: number | null,
  addressType: number | null,
  fd: number | undefined,
): readonly Choice[] {
  if (typeof fd === 'number' && fd >= 0) return [[{ family: 'fd', fd }]];
  if (addressType === -1) return [[{ family: 'unix', path: address! }]];
  // Every interface, IPv6 too where there is IPv6.
  if (!address) {
    return [
      [{ family: 'inet6', host: '::', port: port ?? 0 }],
      [{ family: 'inet', host: '0.0.0.0', port: port ?? 0 }],
    ];
  }
  return [[{ family: isIPv6(address) ? 'inet6' : 'inet', host: address, port: port ?? 0 }]];
}

/** Node's own listener would read our connections; those that a program emits itself are still its. */
function quietNodeListener(server: NodeServer): void {
  for (const listener of server.listeners('connection')) {
    if (listener.name !== 'connectionListener') continue;
    server.removeListener('connection', listener as () => void);
    server.prependListener('connection', function connection(this: unknown, socket: Socket) {
      if (!('isSiskin' in socket)) listener.call(this, socket);
    });
  }
}

function closeAllConnections(this: Intercepted): void {
  this[ENGINE]?.closeAllConnections();
  node.closeAllConnections.call(this);
}

function closeIdleConnections(this: Intercepted): void {
  this[ENGINE]?.closeIdleConnections();
  node.closeIdleConnections.call(this);
}

/** `close` comes when the connections have ended and the port is free. */
function emitCloseIfDrained(this: Intercepted): void {
  const engine = this[ENGINE];
  if (engine?.listening === true) return;
  if (this._handle === null && this._connections === 0) delete this[ENGINE];
  node.emitCloseIfDrained.call(this);
}
