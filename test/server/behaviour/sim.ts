// The suite's backend in the simulation: a server on a loop that runs on virtual time, clients that the simulated
// network drives. A wait that nothing can end is an error at once, and not a test that hangs.

import assert from 'node:assert/strict';
import {
  type FetchApp,
  type Fetcher,
  type FetchHandler,
  fetchApp,
  installFetchGlobals,
} from '../../../src/app/fetch/index.ts';
import type { App } from '../../../src/app/index.ts';
import { defaultSettings } from '../../../src/config/index.ts';
import type { Address } from '../../../src/kernel/index.ts';
import {
  createSimKernel,
  DeadlockError,
  type SimClient,
  type SimKernel,
} from '../../../src/kernel/sim/index.ts';
import { Loop } from '../../../src/loop/index.ts';
import { SocketListener } from '../../../src/net/index.ts';
import { type AccessRecord, Server } from '../../../src/server/index.ts';
import {
  assertEmpty,
  type Backend,
  collectingLogger,
  type LogLine,
  type Site,
  type SiteOptions,
} from './backend.ts';
import { RawClient } from './client.ts';

const HERE: Address = { family: 'inet', host: '127.0.0.1', port: 8000 };
const SOCKET_PATH = '/run/site.sock';
/** Longer than any step of a test takes in the simulated network, shorter than any deadline. */
const SETTLE_MS = 50;
const MOST_IDLE_STEPS = 10_000;

export const simBackend: Backend = {
  name: 'the simulated kernel',
  capabilities: new Set(['virtual time', 'late resets', 'any peer', 'fetch']),
  open: (handler, options) => Promise.resolve(openSite(handler, options)),
};

/** A simulated site of a fetch handler, or of a bare App. */
export function openSite(app: FetchHandler | Fetcher | App, options: SiteOptions = {}): Site {
  return new SimSite(app, options);
}

class SimSite implements Site {
  readonly log: LogLine[] = [];
  readonly records: AccessRecord[] = [];
  readonly #kernel: SimKernel;
  readonly #loop: Loop;
  readonly #server: Server;
  readonly #address: Address;
  readonly #clients: { raw: RawClient; sim: SimClient }[] = [];
  #failure: Error | undefined;
  #finished: (() => void) | undefined;
  #stopped = false;
  #idleSteps = 0;

  constructor(served: FetchHandler | Fetcher | App, { settings, unix = false }: SiteOptions) {
    installFetchGlobals();
    this.#kernel = createSimKernel();
    this.#loop = new Loop(this.#kernel);
    this.#address = unix ? { family: 'unix', path: SOCKET_PATH } : HERE;
    const adapted = 'handle' in served ? undefined : this.#adapt(served);
    const complete = { ...defaultSettings(), ...settings };
    const listener = SocketListener.open(this.#loop, this.#address, { backlog: complete.backlog });
    this.#server = new Server(
      {
        loop: this.#loop,
        app: adapted ?? (served as App),
        settings: complete,
        log: collectingLogger(this.log),
        recordAccess: (record) => this.records.push(record),
        ...(adapted !== undefined && { settled: () => adapted.settled() }),
      },
      [listener],
    );
    setImmediate(this.#drive);
  }

  #adapt(handler: FetchHandler | Fetcher): FetchApp {
    return fetchApp(handler, { onError: (error) => this.log.push(rejected(error)) });
  }

  /** From a macrotask, so that promises run within. */
  readonly #drive = (): void => {
    try {
      this.#loop.run();
      this.#idle();
    } catch (error) {
      this.#onError(error as Error);
    }
    if (this.#failure === undefined && !this.#stopped) setImmediate(this.#drive);
    else this.#finished?.();
  };

  #onError(error: Error): void {
    // A test that has another site to look at may leave this one with nothing to do.
    const awaited = this.#clients.some(({ raw }) => raw.awaited);
    if (error instanceof DeadlockError && !awaited && ++this.#idleSteps < MOST_IDLE_STEPS) return;
    this.#failure = error;
    for (const { raw } of this.#clients) raw.fail(error);
  }

  /** The server waits for nothing any more: what it has sent last still travels, which takes time. */
  #idle(): void {
    if (this.#stopped) return;
    assert.ok(++this.#idleSteps < MOST_IDLE_STEPS, 'the test waits for something that never happens');
    this.#kernel.elapse(1);
  }

  get address(): string {
    return this.#address.family === 'unix' ? this.#address.path : `127.0.0.1:${this.#address.port}`;
  }

  dial(from?: string): RawClient {
    // A client's events come while the loop waits: what they resolve runs as a task of the loop.
    const tell = (what: () => void): void => this.#loop.schedule({ run: what });
    const sim: SimClient = this.#kernel.client(this.#address, {
      ...(from !== undefined && { from: { family: 'inet', host: from, port: 50_000 } as const }),
      onData: (_, chunk) => tell(() => raw.onData(chunk)),
      onEnd: () => tell(() => raw.onEnding('fin')),
      onError: () => tell(() => raw.onEnding('reset')),
    });
    const raw = new RawClient({
      send: (bytes) => {
        sim.send(bytes);
      },
      end: () => void sim.shutdown(),
      close: () => void sim.close(),
      reset: () => void sim.reset(),
      pause: () => void sim.pause(),
      resume: () => void sim.resume(),
    });
    Object.defineProperty(raw, 'sendFailed', { get: () => sim.sendError !== 0 });
    if (this.#failure !== undefined) raw.fail(this.#failure);
    this.#clients.push({ raw, sim });
    return raw;
  }

  async connect(from?: string): Promise<RawClient> {
    const raw = this.dial(from);
    await this.settle();
    return raw;
  }

  statistics(): ReturnType<Server['statistics']> {
    return this.#server.statistics();
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.#loop.setTimer(milliseconds, () => this.#loop.schedule({ run: resolve }));
    });
  }

  settle(): Promise<void> {
    return this.sleep(SETTLE_MS);
  }

  stop(): Promise<void> {
    return this.#server.close();
  }

  async dispose(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    for (const { sim } of this.#clients) sim.close();
    await this.stop();
    this.#stopped = true;
    await new Promise<void>((resolve) => {
      this.#finished = resolve;
    });
    if (this.#failure !== undefined) throw this.#failure;
    assertEmpty(this.statistics());
    const { timers, watches, ready } = this.#loop.statistics();
    assert.deepEqual({ timers, watches, ready }, { timers: 0, watches: 0, ready: 0 });
    this.#loop.close();
    assert.deepEqual(this.#kernel.openDescriptors(), []);
  }
}

function rejected(error: unknown): LogLine {
  return { level: 'error', fields: { err: error }, message: 'waitUntil: the promise was rejected' };
}
