// Runs one seed: a server, its clients and everything that goes wrong between them, from the first connection until nothing
// is left. Returns what was not as it must be: nothing.

import { fetchApp, installFetchGlobals } from '../../../src/app/fetch/index.ts';
import { nodeApp } from '../../../src/app/index.ts';
import { createSimKernel, type SimKernel } from '../../../src/kernel/sim/index.ts';
import { Loop } from '../../../src/loop/index.ts';
import { SocketListener } from '../../../src/net/index.ts';
import { type Logger, Server } from '../../../src/server/index.ts';
import { nodeServer } from '../behaviour/node-interface.ts';
import { SeedApp, type Style } from './app.ts';
import { ADDRESS, SeedClient } from './client.ts';
import { type Manner, type Plan, planOf } from './plan.ts';

/** What clients had to ask, what of that was answered as is due, and what they were at when the network cut them off. */
export type Count = `${'planned' | 'served'}, ${Manner}` | `cut off, ${'idle' | 'answering'}`;
export type Counts = { [count in Count]?: number };

export interface Outcome {
  readonly complaints: readonly string[];
  /** Of the whole run: equal for equal runs. */
  readonly fingerprint: number;
  readonly requests: number;
  readonly counts: Counts;
  readonly faults: number;
}

export async function runSeed(
  seed: number,
  style: Style,
  onTrace?: (line: string) => void,
): Promise<Outcome> {
  installFetchGlobals();
  const plan = planOf(seed);
  const run = new Run(plan, style, onTrace);
  // From a macrotask, so that promises run within; and another one, for those that the end has left behind.
  await new Promise<void>((resolve) => {
    setImmediate(() => {
      run.toTheEnd();
      setImmediate(resolve);
    });
  });
  return run.outcome();
}

class Run {
  readonly #plan: Plan;
  readonly #style: Style;
  readonly #kernel: SimKernel;
  readonly #loop: Loop;
  readonly #app: SeedApp;
  readonly #server: Server;
  readonly #clients: readonly SeedClient[];
  readonly #complaints: string[] = [];
  #waiting: number;
  #closed = false;

  constructor(plan: Plan, style: Style, onTrace: ((line: string) => void) | undefined) {
    this.#plan = plan;
    this.#style = style;
    const { seed, faults, latency, sendBuffer, receiveBuffer, settings } = plan;
    this.#kernel = createSimKernel({
      seed,
      faults,
      latency,
      sendBuffer,
      receiveBuffer,
      ...(onTrace !== undefined && { onTrace }),
    });
    this.#loop = new Loop(this.#kernel);
    this.#app = new SeedApp(this.#loop, style);
    const fetched = style === 'fetch' ? fetchApp(this.#app.handler) : undefined;
    const app = fetched ?? nodeApp(nodeServer(this.#app.handler));
    const listener = SocketListener.open(this.#loop, ADDRESS, { backlog: 4 });
    this.#server = new Server(
      { loop: this.#loop, app, settings, log: this.#log, settled: async () => fetched?.settled() },
      [listener],
    );
    void this.#server.closed.then(() => {
      this.#closed = true;
      if (this.#app.coroutines > 0)
        this.#complaints.push(`${this.#app.coroutines} coroutines outlived their connections`);
    });
    this.#clients = plan.clients.map(
      (client) => new SeedClient(this.#kernel, plan, style, client, this.#app.late, this.#onDone),
    );
    this.#waiting = this.#clients.length;
    if (plan.stopAt !== undefined) this.#kernel.after(plan.stopAt, this.#stop);
  }

  readonly #onDone = (): void => {
    this.#waiting--;
    if (this.#waiting === 0) this.#kernel.after(1, this.#stop);
  };

  readonly #stop = (): void => {
    this.#app.stopping = true;
    void this.#server.close();
  };

  readonly #log: Logger = {
    debug() {},
    info() {},
    warn: (_, message) => {
      const cutAllowed = this.#plan.settings.gracefulTimeout < 1000;
      const expected = message.includes('overloaded') || message.startsWith('new clients wait: accept: ');
      if (!expected && !cutAllowed) this.#complaints.push(`warned: ${message}`);
    },
    error: (fields, message) => {
      const { err } = fields as { err?: unknown };
      const expected =
        err instanceof Error &&
        (err.message.startsWith('expected of') || (this.#style === 'node' && err.message === 'aborted'));
      const timedOut = message.includes('handlerTimeout') && this.#plan.settings.handlerTimeout > 0;
      if (!expected && !timedOut)
        this.#complaints.push(`logged: ${message}: ${err instanceof Error ? err.stack : err}`);
    },
  };

  toTheEnd(): void {
    try {
      this.#loop.run();
      // What the server sent last is still on its way to its clients.
      for (let step = 0; this.#waiting > 0 && step < 2000; step++) this.#kernel.elapse(100);
    } catch (error) {
      this.#complaints.push(`threw: ${(error as Error).stack}`);
    }
  }

  outcome(): Outcome {
    const counts: Counts = {};
    const count = (what: Count, by: number): void => {
      counts[what] = (counts[what] ?? 0) + by;
    };
    for (const client of this.#clients) {
      client.judge();
      this.#complaints.push(...client.complaints);
      const { manner, requests } = client.plan;
      count(`planned, ${manner}`, requests.length);
      count(`served, ${manner}`, client.served);
      if (client.cutWhile !== undefined) count(`cut off, ${client.cutWhile}`, 1);
    }
    this.#complaints.push(...this.#app.complaints);
    this.#judgeApp();
    if (!this.#closed) this.#complaints.push('the server has not stopped');
    else this.#judgeRest();
    const { fingerprint, faults } = this.#kernel.statistics();
    return { complaints: this.#complaints, fingerprint, requests: this.#app.asked.length, counts, faults };
  }

  #judgeApp(): void {
    const { asked, open } = this.#app;
    if (new Set(asked).size < asked.length) this.#complaints.push(`the app was asked twice: ${asked}`);
    if (open !== 0) this.#complaints.push(`${open} streams or coroutines were never closed`);
  }

  /** What a server that has stopped leaves behind. */
  #judgeRest(): void {
    const { connections, inFlight, buffered } = this.#server.statistics();
    if (connections + inFlight + buffered !== 0)
      this.#complaints.push(`left ${connections} connections, ${inFlight} requests, ${buffered} bytes`);
    const { timers, watches, ready } = this.#loop.statistics();
    if (timers + watches + ready !== 0)
      this.#complaints.push(`left ${timers} timers, ${watches} watches, ${ready} ready`);
    this.#loop.close();
    for (const { fd, about } of this.#kernel.openDescriptors())
      this.#complaints.push(`left descriptor ${fd}: ${about}`);
  }
}
