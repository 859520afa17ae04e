// Listening through Node's `net`, where there is no kernel of ours: same contract as `SocketListener`.

import { chmodSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
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

export class DuplexListener implements Listener {
  readonly address: Address;
  readonly #server: Server;
  readonly #readiness = new Readiness();
  readonly #queue: Socket[] = [];
  #closed = false;

  private constructor(server: Server, address: Address) {
    this.#server = server;
    this.address = address;
  }

  /** Binds and listens. Throws Node's error, shaped as a `SystemError` is. */
  static *open(target: Address | { readonly fd: number }, options: ListenOptions): Co<DuplexListener> {
    const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: false });
    yield* until(listening(server, target, options));
    const listener = new DuplexListener(server, addressOf(server, target));
    server.on('connection', (socket: Socket) => {
      listener.#queue.push(socket);
      listener.#readiness.report(READABLE);
    });
    // A failed accept (no descriptors) is reported here; what is queued in the kernel stays there.
    server.on('error', () => {});
    return listener;
  }

  tryAccept(): Stream | undefined {
    const socket = this.#queue.shift();
    return socket === undefined ? undefined : new DuplexStream(socket);
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

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#server.close();
    this.#readiness.report(READABLE);
  }
}

function listening(
  server: Server,
  target: Address | { readonly fd: number },
  options: ListenOptions,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.once('listening', () => {
    server.off('error', reject);
    if ('path' in target && options.mode !== undefined) chmodSync(target.path, options.mode);
    resolve();
  });
  const { backlog } = options;
  if ('fd' in target) server.listen({ fd: target.fd, backlog });
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

function addressOf(server: Server, target: Address | { readonly fd: number }): Address {
  const address = server.address();
  if (address === null || typeof address === 'string') {
    return { family: 'unix', path: address ?? ('path' in target ? target.path : '') };
  }
  return { family: address.family === 'IPv6' ? 'inet6' : 'inet', host: address.address, port: address.port };
}
