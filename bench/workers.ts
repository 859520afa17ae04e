// node bench/workers.ts [--reloads 100] [--kills 50] [--restarts 200]
// What the arbiter promises, under load: clients that keep their connection, clients that open one for each request, and
// every fourth request takes 20 ms. Reloads drop nothing; a worker that is killed takes with it what was in flight in it,
// and nothing else; connections spread evenly; the arbiter's memory stays what it is.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { requestText, routeCase } from './cases.ts';
import { Client } from './client.ts';
import { freePort } from './launch.ts';
import { runMain } from './main.ts';
import { readFlags } from './options.ts';
import { residentBytes, tree } from './proc.ts';
import { textTable } from './table.ts';

const KEEPING = 24;
const OPENING = 8;
const SLOW_EVERY = 4;
const KILL_EVERY = 200;

const ROOT = join(import.meta.dirname, '..');

interface Row {
  readonly what: string;
  readonly bar: string;
  readonly is: string;
  readonly reached: boolean;
}

async function main(): Promise<void> {
  const { numbers } = readFlags(process.argv.slice(2), ['siskin'], {
    reloads: 100,
    kills: 50,
    restarts: 200,
  });
  const rows = [
    await reloads(numbers.reloads),
    await kills(numbers.kills),
    await balance(),
    await memory(numbers.restarts),
  ];
  const cells = rows.map(({ what, bar, is, reached }) => [what, bar, is, reached ? 'reached' : 'MISSED']);
  process.stdout.write(`${textTable(['what', 'must be', 'is', ''], cells)}\n`);
  if (rows.some(({ reached }) => !reached)) process.exitCode = 1;
}

/** `siskin serve` with workers, and what it has logged. */
class Service {
  readonly port: number;
  readonly process: ChildProcess;
  output = '';

  private constructor(port: number, workers: number, flags: readonly string[]) {
    this.port = port;
    const app = join(import.meta.dirname, 'apps/routes.ts');
    const serve = ['serve', app, '--bind', `127.0.0.1:${port}`, '--workers', String(workers)];
    const quiet = ['--log-level', 'debug', '--keep-alive-grace', '500ms', '--min-uptime', '50ms'];
    const command = [join(ROOT, 'src/cli/main.ts'), ...serve, ...quiet, ...flags];
    this.process = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.process.stdout!, this.process.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
  }

  static async start(workers: number, flags: readonly string[] = []): Promise<Service> {
    const service = new Service(await freePort(), workers, flags);
    await service.said(/worker \d+ serves/g, workers);
    return service;
  }

  /** Waits until the log has so many lines that match. */
  async said(pattern: RegExp, count: number): Promise<void> {
    while ((this.output.match(pattern) ?? []).length < count) {
      if (this.process.exitCode !== null) throw new Error(`it has ended:\n${this.output}`);
      await sleep(5);
    }
  }

  count(pattern: RegExp): number {
    return (this.output.match(pattern) ?? []).length;
  }

  get workers(): number[] {
    return tree(this.process.pid!).slice(1);
  }

  async stop(): Promise<number | null> {
    const exited = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    await exited;
    return this.process.exitCode;
  }
}

/** Clients that ask until told to stop. */
class Load {
  answered = 0;
  failed = 0;
  refused = 0;
  readonly reasons = new Map<string, number>();
  #stopping = false;
  readonly #port: number;
  readonly #requests: readonly string[];
  readonly #loops: Promise<void>[];

  constructor(port: number) {
    this.#port = port;
    this.#requests = Array.from({ length: SLOW_EVERY }, (_, i) =>
      requestText(routeCase(i === 0 ? '/later' : '/'), port),
    );
    this.#loops = Array.from({ length: KEEPING + OPENING }, (_, i) => this.#run(i, i < KEEPING));
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#loops);
  }

  async #run(seed: number, keeps: boolean): Promise<void> {
    for (let i = seed; !this.#stopping; ) {
      let client: Client;
      try {
        client = await Client.connect(this.#port);
      } catch (error) {
        this.refused++;
        this.#note(error as Error);
        await sleep(10);
        continue;
      }
      let more = true;
      while (more && !client.closed && !this.#stopping) {
        more = (await this.#ask(client, i++)) && keeps;
        await sleep(i % 5);
      }
      client.destroy();
    }
  }

  async #ask(client: Client, i: number): Promise<boolean> {
    try {
      const { status, last } = await client.request(this.#requests[i % SLOW_EVERY]!);
      if (status !== 200) throw new Error(`status ${status}`);
      this.answered++;
      return !last;
    } catch (error) {
      this.failed++;
      this.#note(error as Error);
      return false;
    }
  }

  #note({ message }: Error): void {
    const reason = message.replace(/ 127\S+/, '');
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
  }
}

async function reloads(times: number): Promise<Row> {
  const service = await Service.start(2);
  const load = new Load(service.port);
  for (let i = 1; i <= times; i++) {
    service.process.kill('SIGHUP');
    await service.said(/reload: done/g, i);
  }
  await load.stop();
  const status = await service.stop();
  report(load);
  return {
    what: `${times} reloads under load`,
    bar: '0 failed, 0 refused',
    is: `${load.failed} failed, ${load.refused} refused of ${load.answered}, exit ${status}`,
    reached: load.failed + load.refused === 0 && status === 0,
  };
}

async function kills(times: number): Promise<Row> {
  const service = await Service.start(2);
  const load = new Load(service.port);
  let longestGap = 0;
  for (let i = 0; i < times; i++) {
    const before = load.answered;
    const victim = service.workers[i % 2];
    if (victim !== undefined) process.kill(victim, 'SIGKILL');
    await sleep(KILL_EVERY);
    longestGap = load.answered === before ? longestGap + KILL_EVERY : 0;
  }
  await load.stop();
  await service.stop();
  report(load);
  // A kept connection has one request in flight; so has a new one.
  const bound = times * (KEEPING + OPENING);
  return {
    what: `a worker killed every ${KILL_EVERY} ms, ${times} times`,
    bar: '0 refused; only what is in flight fails',
    is: `${load.refused} refused, ${load.failed} failed of ${load.answered}`,
    reached: load.refused === 0 && load.failed < bound,
  };
}

async function balance(): Promise<Row> {
  const service = await Service.start(4);
  const request = requestText(routeCase('/pid'), service.port);
  const clients = await Promise.all(Array.from({ length: 256 }, () => Client.connect(service.port)));
  const pids = await Promise.all(clients.map(async (client) => String((await client.request(request)).body)));
  for (const client of clients) client.destroy();
  await service.stop();
  const counts = [...Map.groupBy(pids, (pid) => pid).values()].map(({ length }) => length);
  const ratio = Math.max(...counts) / Math.min(...counts);
  return {
    what: '256 connections over 4 workers',
    bar: 'busiest / least busy <= 1.3',
    is: `${counts.join(', ')}: ${ratio.toFixed(2)}`,
    reached: counts.length === 4 && ratio <= 1.3,
  };
}

async function memory(restarts: number): Promise<Row> {
  const service = await Service.start(2);
  const own = (): number => residentBytes(service.process.pid!) - sum(service.workers.map(residentBytes));
  const restart = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) {
      const serving = service.count(/worker \d+ serves/g);
      process.kill(service.workers[0]!, 'SIGKILL');
      await service.said(/worker \d+ serves/g, serving + 1);
    }
  };
  await restart(20);
  const before = own();
  await restart(restarts);
  const after = own();
  await service.stop();
  const growth = (after - before) / 1024 ** 2;
  return {
    what: `the arbiter's memory after ${restarts} restarts`,
    bar: '± 5 MB',
    is: `${(before / 1024 ** 2).toFixed(1)} -> ${(after / 1024 ** 2).toFixed(1)} MB`,
    reached: growth <= 5,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function report({ reasons }: Load): void {
  for (const [reason, count] of reasons) process.stdout.write(`${count} x ${reason}\n`);
}

await runMain(main);
