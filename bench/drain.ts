// node bench/drain.ts [--servers siskin] [--times 30]
// SIGTERM under load, again and again: clients that keep their connection, clients that open one for each request,
// requests in flight for 20 ms, connections that only wait. Every request whose bytes were sent on an open connection
// must be answered whole. A connection refused once the listener is gone is no failure (somebody else's turn), and
// counted beside. Bar: 0 failed, exit code 0.

import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { requestText, routeCase } from './cases.ts';
import { takeLoadCore } from './children.ts';
import { Client } from './client.ts';
import { launch, type Running } from './launch.ts';
import { makeScratch, runMain } from './main.ts';
import { readFlags } from './options.ts';
import type { Server } from './servers.ts';
import { textTable } from './table.ts';
import { requireTools } from './tools.ts';

const KEEPING = 32;
const OPENING = 16;
const WAITING = 20;
/** Every fourth request goes to a handler that takes 20 ms. */
const SLOW_EVERY = 4;
/** Requests here take 20 ms, so a server that needs longer than this is stuck. */
const EXIT_WITHIN = 10;

/** What became of the requests of one or more runs. */
interface Tally {
  answered: number;
  /** Answered after SIGTERM. */
  drained: number;
  /** Failed on a connection that had answered before. */
  failedKept: number;
  /** Failed on a new connection: it was established and never served. */
  failedNew: number;
  refused: number;
  exits: number[];
  badExits: number;
  /** How often requests failed in which way. */
  readonly reasons: Map<string, number>;
}

async function main(): Promise<void> {
  requireTools('taskset');
  const { servers, numbers } = readFlags(process.argv.slice(2), ['siskin'], { times: 30 });
  takeLoadCore();
  const scratch = makeScratch();
  const rows: string[][] = [];
  for (const server of servers) {
    const absent = server.absent();
    if (absent !== undefined) process.stdout.write(`absent: ${server.name}: ${absent}\n`);
    if (absent !== undefined) continue;
    const tally = emptyTally();
    for (let i = 0; i < numbers.times; i++) await drainOnce(server, scratch, tally);
    rows.push(row(server, tally));
    for (const [reason, count] of tally.reasons)
      process.stdout.write(`${server.name}: ${count} x ${reason}\n`);
    if (server.name === 'siskin' && tally.failedKept + tally.failedNew + tally.badExits > 0)
      process.exitCode = 1;
  }
  const head = [
    'server',
    'answered',
    'after SIGTERM',
    'failed (kept)',
    'failed (new)',
    'refused',
    'exit s, at most',
    'exits not 0',
  ];
  process.stdout.write(`SIGTERM under load, ${numbers.times} times\n${textTable(head, rows)}\n`);
}

function row(server: Server, tally: Tally): string[] {
  const { answered, drained, failedKept, failedNew, refused, badExits, exits } = tally;
  const slowest = Math.max(...exits).toFixed(2);
  return [
    server.title,
    ...[answered, drained, failedKept, failedNew, refused].map(String),
    slowest,
    String(badExits),
  ];
}

function emptyTally(): Tally {
  const counts = { answered: 0, drained: 0, failedKept: 0, failedNew: 0, refused: 0, badExits: 0 };
  return { ...counts, exits: [], reasons: new Map() };
}

async function drainOnce(server: Server, scratch: string, tally: Tally): Promise<void> {
  const it = routeCase('/');
  const running = await launch((port) => server.command({ port, case: it, scratch }), it);
  const load = new Load(running.port, tally);
  try {
    await load.start();
    await sleep(150 + Math.random() * 200);
    load.draining = true;
    const begun = performance.now();
    const code = await terminate(running);
    tally.exits.push((performance.now() - begun) / 1000);
    if (code !== 0) tally.badExits++;
    await load.stop();
  } finally {
    await running.stop();
  }
}

/** The exit code; null when it had to be killed. */
async function terminate(running: Running): Promise<number | null> {
  const { child } = running;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), EXIT_WITHIN * 1000);
  await exited;
  clearTimeout(timer);
  return child.exitCode;
}

/** All the clients of one run. Each goes on until a connection is refused: then the server is gone. */
class Load {
  draining = false;
  #port: number;
  #tally: Tally;
  #requests: readonly string[];
  #clients = new Set<Client>();
  #loops: Promise<void>[] = [];

  constructor(port: number, tally: Tally) {
    this.#port = port;
    this.#tally = tally;
    this.#requests = Array.from({ length: SLOW_EVERY }, (_, i) =>
      requestText(routeCase(i === 0 ? '/later' : '/'), port),
    );
  }

  async start(): Promise<void> {
    for (let i = 0; i < WAITING; i++) await (await this.#connect())?.request(this.#requests[1]!);
    for (let i = 0; i < KEEPING; i++) this.#loops.push(this.#keep(i));
    for (let i = 0; i < OPENING; i++) this.#loops.push(this.#open(i));
  }

  /** After the server's end: what is not answered by then never will be. */
  async stop(): Promise<void> {
    await sleep(50);
    for (const client of this.#clients) client.destroy();
    await Promise.all(this.#loops);
  }

  /** One connection for all requests, as long as the server keeps it; then the next. Pauses of up to 4 ms. */
  async #keep(seed: number): Promise<void> {
    for (let client = await this.#connect(); client !== undefined; client = await this.#connect()) {
      for (let i = seed, more = true; more && !client.closed; i++) {
        more = await this.#ask(client, i, i > seed);
        await sleep(i % 5);
      }
      this.#drop(client);
    }
  }

  async #open(seed: number): Promise<void> {
    let i = seed;
    for (let client = await this.#connect(); client !== undefined; client = await this.#connect()) {
      await this.#ask(client, i++, false);
      this.#drop(client);
    }
  }

  /** Whether the connection goes on. */
  async #ask(client: Client, i: number, kept: boolean): Promise<boolean> {
    try {
      const answer = await client.request(this.#requests[i % SLOW_EVERY]!);
      if (answer.status !== 200) throw new Error(`status ${answer.status}`);
      this.#tally.answered++;
      if (this.draining) this.#tally.drained++;
      return !answer.last;
    } catch (error) {
      this.#fail(kept ? 'failedKept' : 'failedNew', error as Error);
      return false;
    }
  }

  /** Nothing once the server refuses. */
  async #connect(): Promise<Client | undefined> {
    try {
      const client = await Client.connect(this.#port);
      this.#clients.add(client);
      return client;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ECONNREFUSED') this.#tally.refused++;
      // The handshake was done and the connection queued; it was reset when the listener went.
      else if (code === 'ECONNRESET') this.#fail('failedNew', error as Error);
      else throw error;
      return undefined;
    }
  }

  #fail(kind: 'failedKept' | 'failedNew', error: Error): void {
    this.#tally[kind]++;
    const after = this.draining ? 'after SIGTERM' : 'before SIGTERM';
    const reason = `${after}: ${error.message.replace(/ 127\S+/, '')}`;
    this.#tally.reasons.set(reason, (this.#tally.reasons.get(reason) ?? 0) + 1);
  }

  #drop(client: Client): void {
    client.destroy();
    this.#clients.delete(client);
  }
}

await runMain(main);
