// `siskin serve` with workers, as the measurements start it, and what it has logged.

import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { start } from '../children.ts';
import { freePort } from '../launch.ts';
import { tree } from '../proc.ts';

const BENCH = join(import.meta.dirname, '..');
const ROOT = join(BENCH, '..');

/** The command as it is in the sources, and as users have it, built. */
export const SOURCES = join(ROOT, 'src/cli/main.ts');
export const BUILT = join(ROOT, 'dist/cli/main.js');

export interface ServiceOptions {
  /** A file in `bench/apps`. */
  readonly app?: string;
  readonly command?: string;
  readonly flags?: readonly string[];
}

export class Service {
  readonly port: number;
  readonly process: ChildProcess;
  output = '';

  private constructor(
    port: number,
    workers: number,
    { app = 'routes.ts', command = BUILT, flags: more = [] }: ServiceOptions,
  ) {
    this.port = port;
    const serve = ['serve', join(BENCH, 'apps', app), '--bind', `127.0.0.1:${port}`];
    const flags = ['--log-level', 'debug', '--keep-alive-grace', '500ms', '--min-uptime', '50ms'];
    const all = [process.execPath, command, ...serve, '--workers', String(workers), ...flags, ...more];
    this.process = start(all, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.process.stdout!, this.process.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
  }

  static async start(workers: number, options: ServiceOptions = {}): Promise<Service> {
    const service = new Service(await freePort(), workers, options);
    await service.said(/worker \d+ serves/g, workers);
    return service;
  }

  /** Waits until the log has so many lines that match. */
  async said(pattern: RegExp, count: number): Promise<void> {
    while (this.count(pattern) < count) {
      if (this.process.exitCode !== null && this.arbiter === this.process.pid)
        throw new Error(`it has ended:\n${this.output}`);
      await sleep(5);
    }
  }

  count(pattern: RegExp): number {
    return (this.output.match(pattern) ?? []).length;
  }

  /** The arbiter that serves now: others may have taken over. */
  get arbiter(): number {
    const successors = [...this.output.matchAll(/the new arbiter, (\d+), serves/g)];
    return Number(successors.at(-1)?.[1] ?? this.process.pid);
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.arbiter, signal);
  }

  get workers(): number[] {
    return tree(this.arbiter).slice(1);
  }

  /** The status of the process that was started. */
  async stop(): Promise<number | null> {
    const { arbiter } = this;
    this.signal('SIGTERM');
    // The child of a process that has ended is nobody's to wait for.
    while (existsSync(`/proc/${arbiter}`) && this.process.exitCode === null) await sleep(5);
    while (arbiter !== this.process.pid && existsSync(`/proc/${arbiter}`)) await sleep(5);
    return this.process.exitCode;
  }
}
