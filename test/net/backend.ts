// Every kind of network that `net` works over, for suites that run over all of them: how to make a loop, run a
// coroutine on it to its end, and find what it left open.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import tls from 'node:tls';
import type { Address, Kernel } from '../../src/kernel/index.ts';
import { createLinuxKernel } from '../../src/kernel/linux/index.ts';
import { createNodeKernel } from '../../src/kernel/node/index.ts';
import { createSimKernel, type SimKernel, type SimOptions } from '../../src/kernel/sim/index.ts';
import { Loop } from '../../src/loop/index.ts';
import { connect, createPair, DuplexStream, listen, type Stream } from '../../src/net/index.ts';
import { type Co, deadline, sleep, spawn, until } from '../../src/task/index.ts';
import { temporaryFolder } from '../folder.ts';

/** Milliseconds: more than any test takes on a busy machine, so that one that hangs fails instead. */
const PATIENCE = 30_000;

const { directory: folder } = temporaryFolder('net');
let paths = 0;

/** A network with listeners and clients. */
export interface Network {
  readonly name: string;
  /** Runs `body` on a loop of its own; fails where it leaves a descriptor open. */
  run(body: (loop: Loop) => Co<void>): Promise<void>;
  /** Where a test may listen. */
  address(): Address;
  unixPath(): string;
  /** A listening descriptor, as a parent process would hand it down. */
  inherited(loop: Loop): number;
  /** Leaves a unix socket's file behind, as a process that was killed does. */
  abandon(loop: Loop, path: string): void;
  /** An address that does not answer, until `release` is called. */
  deafAddress(loop: Loop): { address: Address; release(): void };
}

/** Something that makes two connected streams. */
export interface Streams {
  readonly name: string;
  run(body: (loop: Loop) => Co<void>): Promise<void>;
  /** Two ends of one connection. */
  connected(): Co<[Stream, Stream]>;
  /** Whether a peer can tell a reset from an end. */
  readonly resets: boolean;
  /** More bytes than buffers ever hold. */
  readonly plenty: number;
}

/** Names that every network resolves: at the first address of `two.test` nobody listens. */
const HOSTS = { 'two.test': ['127.0.0.2', '127.0.0.1'], localhost: ['127.0.0.1'] };

/** A name that no resolver has to ask anybody about: a label has at most 63 octets (RFC 1035). */
export const UNKNOWN_HOST = `${'x'.repeat(64)}.invalid`;

export const simulated: Network = {
  name: 'the simulated kernel',
  run: (body) => runSimulated({ hosts: HOSTS }, body),
  address: () => ({ family: 'inet', host: '127.0.0.1', port: 0 }),
  unixPath: () => `/run/${paths++}.sock`,
  inherited: ({ kernel }) => kernel.listen(simulated.address(), { backlog: 8 }),
  abandon: ({ kernel }, path) => listenAndDie(kernel, path),
  deafAddress: () => ({ address: { family: 'inet', host: '192.0.2.1', port: 80 }, release() {} }),
};

const linux: Network = {
  ...realNetwork('the Linux kernel', () => withHosts(createLinuxKernel())),
  inherited: ({ kernel }) => kernel.listen(linux.address(), { backlog: 8 }),
};

const node: Network = {
  ...realNetwork('Node’s sockets', () => withHosts(createNodeKernel())),
  inherited: () => createLinuxKernel().listen(node.address(), { backlog: 8 }),
};

export const networks: readonly Network[] = [simulated, linux, node];

const memory: Streams = {
  name: 'a pair in memory',
  run: (body) => runSimulated({}, body),
  *connected() {
    yield* sleep(0);
    return createPair();
  },
  resets: true,
  plenty: 1024 * 1024,
};

/** Every kind of stream. */
export const streams: readonly Streams[] = [
  overTcp(simulated, 1024 * 1024),
  overUnix(simulated, 1024 * 1024),
  overTcp(linux, 12 * 1024 * 1024),
  overUnix(linux, 4 * 1024 * 1024),
  overTcp(node, 12 * 1024 * 1024),
  overUnix(node, 4 * 1024 * 1024),
  {
    name: 'TLS over Node’s sockets',
    run: node.run,
    resets: false,
    plenty: 12 * 1024 * 1024,
    connected: overTls,
  },
  memory,
];

function overTcp(network: Network, plenty: number): Streams {
  const { name, run } = network;
  return { name: `TCP over ${name}`, run, plenty, resets: true, connected: () => meet(network.address()) };
}

function overUnix(network: Network, plenty: number): Streams {
  const { name, run } = network;
  const connected = () => meet({ family: 'unix', path: network.unixPath() });
  return { name: `a unix socket over ${name}`, run, plenty, resets: false, connected };
}

/** Both ends of a TLS connection, which a shared key secures: that takes no certificate (RFC 4279). */
function* overTls(): Co<[Stream, Stream]> {
  const psk = Buffer.alloc(32, 7);
  const options = { ciphers: 'PSK', maxVersion: 'TLSv1.2', allowHalfOpen: true } as const;
  const server = tls.createServer({ ...options, pskCallback: () => psk });
  yield* until(once(server.listen(0, '127.0.0.1'), 'listening'));
  const accepted = once(server, 'secureConnection') as Promise<[tls.TLSSocket]>;
  const client = tls.connect({
    ...options,
    ...(server.address() as AddressInfo),
    host: '127.0.0.1',
    pskCallback: () => ({ psk, identity: 'client' }),
    checkServerIdentity: () => undefined,
  });
  yield* until(once(client, 'secureConnect'));
  const [socket] = yield* until(accepted);
  server.close();
  return [new DuplexStream(client), new DuplexStream(socket)];
}

/** A client, and the stream that a listener accepted from it. */
function* meet(address: Address): Co<[Stream, Stream]> {
  const listener = yield* listen(address);
  const client = yield* connect(listener.address);
  const server = yield* listener.accept();
  listener.close();
  return [client, server];
}

/** Registers a test that runs `body` on a loop of this kind. */
export function check(kind: Pick<Network, 'run'>, name: string, body: (loop: Loop) => Co<void>): void {
  test(name, () => kind.run(body));
}

/** Registers a test over two connected streams, which are closed after it. */
export function over(kind: Streams, name: string, body: (left: Stream, right: Stream) => Co<void>): void {
  check(kind, name, function* () {
    const [left, right] = yield* kind.connected();
    try {
      yield* body(left, right);
    } finally {
      left.close();
      right.close();
    }
  });
}

/** Runs `body` on a simulated network, with `loop.run()`. It must close all that it opens. */
export function runSimulated(
  options: SimOptions,
  body: (loop: Loop, kernel: SimKernel) => Co<void>,
): Promise<void> {
  const kernel = createSimKernel(options);
  const loop = new Loop(kernel);
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        const task = spawn(loop, deadline(PATIENCE * 1000, body(loop, kernel)));
        task.onDone(() => loop.stop());
        loop.run();
        task.result;
        const left = kernel.openDescriptors().filter(({ kind }) => kind !== 'poller' && kind !== 'file');
        assert.deepEqual(left, []);
        assert.equal(loop.statistics().watches, 0);
        loop.close();
        resolve();
      } catch (error) {
        reject(error);
      }
    });
  });
}

function realNetwork(name: string, create: () => Kernel): Omit<Network, 'inherited'> {
  return {
    name,
    async run(body) {
      const loop = new Loop(create());
      loop.attach();
      try {
        const before = openSockets();
        await spawn(loop, deadline(PATIENCE, body(loop)));
        assert.equal(loop.statistics().watches, 0);
        await settled(() => openSockets() <= before);
      } finally {
        loop.close();
      }
    },
    address: () => ({ family: 'inet', host: '127.0.0.1', port: 0 }),
    unixPath: () => join(folder, `${paths++}`),
    abandon: (_loop, path) => listenAndDie(createLinuxKernel(), path),
    // Its queue has room for one connection, which takes it; SYNs after that are dropped.
    deafAddress() {
      const kernel = createLinuxKernel();
      const listener = kernel.listen({ family: 'inet', host: '127.0.0.1', port: 0 }, { backlog: 0 });
      const address = kernel.localAddress(listener)!;
      const first = kernel.connect(address);
      const release = (): void => {
        for (const fd of [first, listener]) kernel.close(fd);
      };
      return { address, release };
    },
  };
}

function listenAndDie(kernel: Kernel, path: string): void {
  kernel.close(kernel.listen({ family: 'unix', path }, { backlog: 1 }));
}

function withHosts(kernel: Kernel): Kernel {
  const hosts: Readonly<Record<string, readonly string[]>> = HOSTS;
  return {
    ...kernel,
    resolve: (name, port) => {
      const found = hosts[name]?.map((host) => ({ family: 'inet', host, port }) as const);
      return found === undefined ? kernel.resolve(name, port) : Promise.resolve(found);
    },
  };
}

function openSockets(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;
}

/** Node closes descriptors a few turns of its loop after it was told to. */
async function settled(condition: () => boolean): Promise<void> {
  for (let turns = 0; turns < 50 && !condition(); turns++) await new Promise((next) => setImmediate(next));
  assert.ok(condition(), 'a socket was left open');
}

/** Lets everything that is on its way arrive. */
export const arrival = (): Co<void> => sleep(5);

/** Reads to the peer's end, `size` bytes at a time at most. */
export function* readToEnd(stream: Stream, size = 4096): Co<Buffer> {
  const chunks: Buffer[] = [];
  const buffer = new Uint8Array(size);
  for (;;) {
    const count = yield* stream.read(buffer);
    if (count === 0) return Buffer.concat(chunks);
    chunks.push(Buffer.from(buffer.subarray(0, count)));
  }
}

/** Reads `size` bytes as text. */
export function* readText(stream: Stream, size: number): Co<string> {
  const buffer = Buffer.alloc(size);
  let have = 0;
  while (have < size) {
    const count = yield* stream.read(buffer.subarray(have));
    if (count === 0) break;
    have += count;
  }
  return buffer.toString('utf8', 0, have);
}

/** What `coroutine` throws. */
export function* failureOf(coroutine: Co<unknown>): Co<Error & { code?: string }> {
  try {
    yield* coroutine;
  } catch (error) {
    return error as Error;
  }
  return assert.fail('it did not fail');
}

/** Bytes in which a missing, doubled or displaced one shows. */
export function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >>> 8) * 17 + (i >>> 16)) & 255;
  return bytes;
}
