// `listen` in a thread: a program that listens by itself becomes one of the thread's apps, and the main thread binds the
// address, once for all threads. Node's `listen` has read its arguments and looked up the host by then.
//
//   program ── listen(...) ──► Node ── _listen2(address, port, ...) ──► the main thread: a door, and its address

import { Server as HttpServer } from 'node:http';
import { Server as NetServer } from 'node:net';
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { type App, nodeApp } from '../app/index.ts';
import type { Address } from '../kernel/index.ts';
import { type Leaves, type ListenAnswer, unpackError } from './messages.ts';
import type { ThreadSide } from './thread-side.ts';

/** What Node's `http.Server` has that its types do not say. */
type NodeServer = HttpServer & {
  _handle: object | null;
  _connectionKey?: string;
  _unref?: boolean;
};

export interface ListenCalls {
  /** The program has called `listen` of some web server. */
  seen(): boolean;
  /** Resolves when the first one listens, with that server. */
  readonly listening: Promise<HttpServer>;
  /** Closes what listens, as far as the program can tell; resolves when it has been told. */
  closeAll(): Promise<void>;
}

export interface ListenOptions {
  readonly side: ThreadSide;
  readonly answers: MessagePort;
  readonly answered: Int32Array;
  /** Milliseconds: what a server has that sets none. */
  readonly keepAliveTimeout: number;
}

/** What a server has when its program says nothing: see Node's documentation of `http.createServer`. */
const NODE_KEEP_ALIVE = 5_000;

/** From here on every `http.Server` of the thread that listens is served through the main thread. */
export function takeOverThread({ side, answers, answered, keepAliveTimeout }: ListenOptions): ListenCalls {
  const listening = Promise.withResolvers<HttpServer>();
  const asked = new Map<string, number>();
  const open = new Set<HttpServer>();
  let seen = false;

  const { listen } = NetServer.prototype;
  replace(NetServer.prototype, 'listen', function (this: NetServer, ...args: unknown[]): unknown {
    if (this instanceof HttpServer) {
      seen = true;
      this.once('listening', () => listening.resolve(this));
    }
    return Reflect.apply(listen, this, args);
  });

  const ask = (
    server: HttpServer,
    address: string | null,
    port: number | null,
    addressType: number | null,
    fd: number | undefined,
  ): ListenAnswer => {
    const place = JSON.stringify([address, port, addressType, fd]);
    const ordinal = asked.get(place) ?? 0;
    asked.set(place, ordinal + 1);
    const before = Atomics.load(answered, 0);
    side.tell({ type: 'listen', address, port, addressType, fd, ordinal, leaves: leavesOf(nodeApp(server)) });
    // A program that listens may ask for its port in the next line.
    Atomics.wait(answered, 0, before);
    return receiveMessageOnPort(answers)!.message as ListenAnswer;
  };

  replace(
    HttpServer.prototype,
    '_listen2',
    function (
      this: NodeServer,
      address: string | null,
      port: number | null,
      addressType: number | null,
      _backlog: unknown,
      fd: number | undefined,
    ): void {
      const answer = ask(this, address, port, addressType, fd);
      if ('error' in answer) {
        process.nextTick(() => this.emit('error', unpackError(answer.error)));
        return;
      }
      if (this.keepAliveTimeout === NODE_KEEP_ALIVE) this.keepAliveTimeout = keepAliveTimeout;
      open.add(this);
      side.open(answer.door, { kind: 'node', app: nodeApp(this) });
      this._handle = handleAt(answer.address, () => {
        open.delete(this);
        side.open(answer.door, undefined);
      });
      this._connectionKey = `${addressType}:${address}:${port}`;
      process.nextTick(() => {
        if (this._handle) this.emit('listening');
      });
    },
  );

  return {
    seen: () => seen,
    listening: listening.promise,
    closeAll: async () => {
      await Promise.all([...open].map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

/** What the main thread must know of an app, since it reads the heads. */
export function leavesOf({ leaves }: App): Leaves {
  return { expectations: leaves?.expectations === true, hostless: leaves?.hostless === true };
}

/** The handle of a listening server, as `net.Server` uses one. */
function handleAt(address: Address, close: () => void): object {
  return {
    ref() {},
    unref() {},
    hasRef: () => true,
    close,
    ...(address.family !== 'unix' && {
      getsockname(out: object): number {
        const family = address.family === 'inet6' ? 'IPv6' : 'IPv4';
        Object.assign(out, { address: address.host, family, port: address.port });
        return 0;
      },
    }),
  };
}

function replace(prototype: object, name: string, value: (...args: never[]) => unknown): void {
  Object.defineProperty(value, 'name', { value: name });
  Object.defineProperty(prototype, name, { value, writable: true, configurable: true, enumerable: false });
}
