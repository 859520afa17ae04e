// A small program under test: an echo server on the bare kernel, as careful as the contract asks, and clients that
// the test drives. The fault tests run it over many seeds.

import { EAGAIN, type Kernel, WRITABLE } from '../../../src/kernel/index.ts';
import {
  createSimKernel,
  type SimClient,
  type SimKernel,
  type SimOptions,
} from '../../../src/kernel/sim/index.ts';

export const ADDRESS = { family: 'inet', host: '127.0.0.1', port: 7 } as const;
const LISTENER = 0;
const RETRY_MS = 10;

interface Connection {
  readonly unsent: Uint8Array[];
  ended: boolean;
}

export interface EchoRun {
  readonly kernel: SimKernel;
  readonly clients: readonly SimClient[];
  /** What each client was told to send. */
  readonly messages: readonly string[];
}

/** Serves `count` clients until each of them is answered or gone. */
export function runEcho(options: SimOptions, count: number, size: number): EchoRun {
  const kernel = createSimKernel(options);
  const server = new EchoServer(kernel);
  const messages = Array.from({ length: count }, (_, i) => `${i}`.repeat(size));
  const clients = messages.map((message) => {
    const client = kernel.client(ADDRESS);
    for (let at = 0; at < message.length; at += 50) client.send(message.slice(at, at + 50));
    return client.shutdown();
  });
  while (clients.some((client) => !client.done)) server.step();
  server.close();
  return { kernel, clients, messages };
}

class EchoServer {
  readonly #kernel: Kernel;
  readonly #listener: number;
  readonly #poller;
  readonly #connections = new Map<number, Connection>();
  readonly #buffer = new Uint8Array(1024);
  #outOfDescriptors = false;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#listener = kernel.listen(ADDRESS, { backlog: 16 });
    this.#poller = kernel.createPoller();
    this.#poller.add(this.#listener, LISTENER, 0);
  }

  step(): void {
    const count = this.#poller.wait(this.#outOfDescriptors ? RETRY_MS : -1);
    if (this.#outOfDescriptors) this.#accept();
    for (let i = 0; i < count; i++) {
      const token = this.#poller.token(i);
      if (token === LISTENER) this.#accept();
      else this.#serve(token);
    }
  }

  close(): void {
    for (const fd of [...this.#connections.keys()]) this.#end(fd);
    this.#poller.remove(this.#listener);
    this.#kernel.close(this.#listener);
    this.#poller.close();
  }

  #accept(): void {
    for (;;) {
      const fd = this.#kernel.accept(this.#listener);
      this.#outOfDescriptors = fd < 0 && fd !== -EAGAIN;
      if (fd < 0) return;
      this.#connections.set(fd, { unsent: [], ended: false });
      this.#poller.add(fd, fd, WRITABLE);
    }
  }

  #serve(fd: number): void {
    const connection = this.#connections.get(fd);
    if (connection !== undefined && this.#echo(fd, connection)) this.#end(fd);
  }

  /** True when the connection is over. */
  #echo(fd: number, connection: Connection): boolean {
    const { unsent } = connection;
    while (!connection.ended) {
      const count = this.#kernel.recv(fd, this.#buffer, 0, this.#buffer.length);
      if (count === -EAGAIN) break;
      if (count < 0) return true;
      if (count === 0) connection.ended = true;
      else unsent.push(this.#buffer.slice(0, count));
    }
    while (unsent.length > 0) {
      const count = this.#kernel.send(fd, unsent[0]!, 0, unsent[0]!.length);
      if (count === -EAGAIN) return false;
      if (count < 0) return true;
      if (count === unsent[0]!.length) unsent.shift();
      else unsent[0] = unsent[0]!.subarray(count);
    }
    return connection.ended;
  }

  #end(fd: number): void {
    this.#connections.delete(fd);
    this.#poller.remove(fd);
    this.#kernel.close(fd);
  }
}
