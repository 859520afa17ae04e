// The suite's backends on real sockets: `serve` as programs call it, on the Linux kernel or on Node's own `net`, and
// clients that are Node's sockets.

import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { nodeApp } from '../../../src/app/index.ts';
import { resolveSettings, type Settings } from '../../../src/config/index.ts';
import { formatAddress } from '../../../src/kernel/index.ts';
import { serve } from '../../../src/serve.ts';
import {
  type AccessRecord,
  type RunningServer,
  type ServerHooks,
  startApp,
} from '../../../src/server/index.ts';
import {
  assertEmpty,
  type Backend,
  type Capability,
  collectingLogger,
  type LogLine,
  type Site,
  type SiteOptions,
} from './backend.ts';
import { RawClient } from './client.ts';
import { nodeServer } from './node-interface.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Turns of Node's loop in which what is on its way over the loopback arrives. */
const SETTLE_TURNS = 50;

export type KernelName = 'linux' | 'node';

const NAMES: Readonly<Record<KernelName, string>> = {
  linux: 'the Linux kernel',
  node: 'Node’s own sockets',
};
const CAPABILITIES: Readonly<Record<KernelName, readonly Capability[]>> = {
  linux: ['late resets'],
  node: [],
};

/** Apps are fetch handlers. */
export function fetchBackend(kernel: KernelName): Backend {
  return {
    name: NAMES[kernel],
    capabilities: new Set<Capability>([...CAPABILITIES[kernel], 'fetch']),
    open: (handler, options) =>
      SocketSite.open(options, (settings) => serve(handler, { ...settings, kernel })),
  };
}

/** Apps are listeners of `node:http`. */
export function nodeInterfaceBackend(kernel: KernelName): Backend {
  return {
    name: `${NAMES[kernel]}, through (req, res)`,
    capabilities: new Set(CAPABILITIES[kernel]),
    staying: 'keep-alive',
    open: (handler, options) =>
      SocketSite.open(options, async ({ log, recordAccess, ...given }) => {
        const { settings } = await resolveSettings({ options: { ...given, kernel } });
        return startApp(nodeApp(nodeServer(handler)), settings, { log, recordAccess });
      }),
  };
}

type Start = (
  options: Partial<Settings> & Required<Pick<ServerHooks, 'log' | 'recordAccess'>>,
) => Promise<RunningServer>;

export class SocketSite implements Site {
  readonly log: LogLine[] = [];
  readonly records: AccessRecord[] = [];
  readonly #sockets: Socket[] = [];
  #server!: RunningServer;
  #folder: string | undefined;
  readonly #time: VirtualTime | undefined;

  private constructor(time: VirtualTime | undefined) {
    this.#time = time;
  }

  /** With `time`, `start` starts the server on the loop of that. */
  static async open(
    { settings, unix = false }: SiteOptions,
    start: Start,
    time?: VirtualTime,
  ): Promise<SocketSite> {
    const site = new SocketSite(time);
    if (unix) site.#folder = mkdtempSync(join(tmpdir(), 'siskin-'));
    site.#server = await start({
      bind: [
        site.#folder === undefined
          ? { family: 'inet', host: '127.0.0.1', port: 0 }
          : { family: 'unix', path: join(site.#folder, 'site.sock') },
      ],
      ...settings,
      log: collectingLogger(site.log),
      recordAccess: (record) => site.records.push(record),
    });
    return site;
  }

  get address(): string {
    const address = this.#server.addresses[0]!;
    return address.family === 'unix' ? address.path : formatAddress(address);
  }

  dial(): RawClient {
    const address = this.#server.addresses[0]!;
    const socket = connect({
      ...(address.family === 'unix' ? { path: address.path } : { host: address.host, port: address.port }),
      allowHalfOpen: true,
      noDelay: true,
    });
    const raw = new RawClient({
      send: (bytes) => void socket.write(bytes),
      end: () => void socket.end(),
      close: () => void socket.destroy(),
      reset: () => void socket.resetAndDestroy(),
      pause: () => void socket.pause(),
      resume: () => void socket.resume(),
    });
    const news = (): void => this.#time?.news();
    for (const event of ['connect', 'data', 'drain', 'end', 'error', 'close']) socket.on(event, news);
    socket.on('data', (bytes: Buffer) => raw.onData(bytes));
    socket.on('end', () => raw.onEnding('fin'));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.syscall === 'write') raw.sendFailed = true;
      raw.onEnding('reset');
    });
    this.#sockets.push(socket);
    return raw;
  }

  async connect(): Promise<RawClient> {
    const raw = this.dial();
    const socket = this.#sockets.at(-1)!;
    if (socket.connecting) await new Promise((resolve) => socket.once('connect', resolve));
    // Its deadlines begin when the server knows of it.
    await this.#time?.settle();
    return raw;
  }

  statistics(): ReturnType<RunningServer['statistics']> {
    return this.#server.statistics();
  }

  sleep(milliseconds: number): Promise<void> {
    if (this.#time !== undefined) return this.#time.sleep(milliseconds);
    throw new Error('real time does not pass on command: this sentence needs virtual time');
  }

  async settle(): Promise<void> {
    if (this.#time !== undefined) return this.#time.settle();
    for (let turn = 0; turn < SETTLE_TURNS; turn++) await setImmediate();
  }

  stop(): Promise<void> {
    return this.#server.close();
  }

  async dispose(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await this.stop();
    this.#time?.end();
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true });
    assertEmpty(this.statistics());
  }
}
