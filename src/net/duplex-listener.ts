// Listening through Node's `net`, where there is no kernel of ours: same contract as `SocketListener`. Node accepts by
// itself, so connections wait in a queue of ours, as streams that already listen to what becomes of them.

import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import {
  type Address,
  ECANCELED,
  formatAddress,
  type ListenOptions,
  READABLE,
  SystemError,
} from '../kernel/index.ts';
import type { Co } from '../task/index.ts';
import { until } from '../task/index.ts';
import { DuplexStream } from './duplex.ts';
import { Readiness } from './readiness.ts';
import type { Listener, Stream } from './stream.ts';

const UNNAMED: Address = { family: 'unix', path: '' };

type Target = Address | { readonly family: 'fd'; readonly fd: number };

export class DuplexListener implements Listener {
  readonly #server: Server;
  readonly #readiness = new Readiness();
  readonly #queue: Stream[] = [];
  readonly #backlog: number;
  #accepted = 0;
  #address: Address;
  /** Who is at the other end of its connections, where Node can't tell: of a unix socket's. */
  #peer: Address | undefined;
  #stopping = false;
  /** Node accepts no more: what is queued is the rest. */
  #last = false;
  #closed = false;

  private constructor(server: Server, requested: Address, backlog: number) {
    this.#server = server;
    this.#backlog = backlog;
    this.#address = requested;
    server.on('connection', (socket: Socket) => {
      this.#accepted++;
      this.#queue.push(new DuplexStream(socket, this.#peer));
      this.#readiness.report(READABLE);
    });
    // Before the first connection: an inherited descriptor says only now what it is.
    server.on('listening', () => {
      this.#peer = boundAddress(server) === undefined ? UNNAMED : undefined;
    });
    // A failed accept is reported here. libuv has by then closed what it had no descriptor for.
    server.on('error', () => {});
  }

  get address(): Address {
    return this.#address;
  }

  /**
   * Begins to listen, and is bound when it returns. Where it can't be, Node says why only a moment later. `_listen2` is what
   * Node's own `listen` comes down to once it has looked up the host.
   */
  static openNow(target: Target, options: ListenOptions): DuplexListener | Promise<never> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    const { backlog, ipv6Only, reusePort } = options;
    const listener = new DuplexListener(server, target.family === 'fd' ? UNNAMED : target, backlog);
    const inner = server as Server & { _listen2(...args: unknown[]): void; _handle: object | null };
    const flags = (ipv6Only === true ? 1 : 0) | (reusePort === true ? 2 : 0);
    if (target.family === 'fd') inner._listen2(null, null, null, backlog, target.fd);
    else if (target.family === 'unix') inner._listen2(target.path, -1, -1, backlog);
    else
      inner._listen2(target.host, target.port, target.family === 'inet6' ? 6 : 4, backlog, undefined, flags);
    if (inner._handle === null) {
      return new Promise((_resolve, reject) => {
        server.once('error', reject);
      });
    }
    listener.#address = boundAddress(server) ?? listener.#address;
    return listener;
  }

  /** Binds and listens. Throws Node's error, shaped as a `SystemError` is. */
  static *open(target: Target, options: ListenOptions): Co<DuplexListener> {
    try {
      return yield* DuplexListener.#bind(target, options);
    } catch (error) {
      if (target.family !== 'unix' || !(yield* until(isStale(target.path, error)))) throw error;
      rmSync(target.path, { force: true });
      return yield* DuplexListener.#bind(target, options);
    }
  }

  static *#bind(target: Target, options: ListenOptions): Co<DuplexListener> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    // Made before the server listens: a connection may come before this coroutine goes on.
    const { backlog } = options;
    const listener = new DuplexListener(server, target.family === 'fd' ? UNNAMED : target, backlog);
    try {
      yield* until(listening(server, target, options));
      listener.#address = boundAddress(server) ?? listener.#address;
      if (target.family === 'unix' && options.mode !== undefined) chmodSync(target.path, options.mode);
      return listener;
    } catch (error) {
      listener.close();
      throw error;
    }
  }

  tryAccept(): Stream | undefined {
    const stream = this.#queue.shift();
    if (stream === undefined && this.#last) this.close();
    return stream;
  }

  *accept(): Co<Stream> {
    for (;;) {
      const stream = this.tryAccept();
      if (stream !== undefined) return stream;
      if (this.#closed) throw new SystemError('accept', -ECANCELED, formatAddress(this.address));
      this.#readiness.canRead = false;
      yield this.#readiness.readable;
    }
  }

  /**
   * Node can't stop without closing, which resets what the kernel has queued. It accepts one of those each time it polls
   * (libuv, since 1.45), so it is let poll until nobody comes: or, where clients never cease to, until those are accepted
   * that may have been in the queue.
   */
  stopListening(): void {
    if (this.#closed || this.#stopping) return;
    this.#stopping = true;
    const most = this.#accepted + this.#backlog;
    const afterPoll = (before: number): void => {
      if (this.#closed) return;
      const accepted = this.#accepted;
      if (accepted > before && accepted < most) {
        setImmediate(afterPoll, accepted);
        return;
      }
      this.#server.close();
      this.#last = true;
      this.#readiness.report(READABLE);
    };
    // The first immediate may come before Node has polled for I/O; between two of them it always has.
    setImmediate(() => setImmediate(afterPoll, this.#accepted));
  }

  setReferenced(referenced: boolean): void {
    if (referenced) this.#server.ref();
    else this.#server.unref();
  }

  /** As the kernel does, it resets what was never accepted. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#server.close();
    for (const stream of this.#queue.splice(0)) stream.close('reset');
    this.#readiness.report(READABLE);
  }
}

function listening(server: Server, target: Target, options: ListenOptions): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.once('listening', resolve);
  const { backlog } = options;
  if (target.family === 'fd') server.listen({ fd: target.fd, backlog });
  else if (target.family === 'unix') server.listen({ path: target.path, backlog });
  else {
    server.listen({
      host: target.host,
      port: target.port,
      backlog,
      reusePort: options.reusePort ?? false,
      ipv6Only: options.ipv6Only ?? false,
    });
  }
  return promise;
}

/** Whether a bind failed for a socket's file that nobody listens on any more. */
async function isStale(path: string, failure: unknown): Promise<boolean> {
  if ((failure as NodeJS.ErrnoException).code !== 'EADDRINUSE') return false;
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return false;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const probe = createConnection({ path });
  probe.once('connect', () => resolve(false));
  probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  const stale = await promise;
  probe.destroy();
  return stale;
}

/** What the system says; it has no name for a unix socket that was inherited. */
function boundAddress(server: Server): Address | undefined {
  const address = server.address();
  if (address === null || typeof address === 'string') return undefined;
  return { family: address.family === 'IPv6' ? 'inet6' : 'inet', host: address.address, port: address.port };
}
