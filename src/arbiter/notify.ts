// What a service manager is told: sd_notify(3), systemd's protocol, which others speak too. Nothing, where there is none.

import process from 'node:process';
import { sendDatagram } from '../kernel/linux/index.ts';
import type { Loop } from '../loop/index.ts';
import type { State } from './arbiter.ts';

export class ServiceManager {
  readonly #path: string | undefined;
  readonly #loop: Loop;
  #ended = false;

  constructor(loop: Loop, env: NodeJS.ProcessEnv) {
    this.#loop = loop;
    const path = env['NOTIFY_SOCKET'];
    this.#path = path === '' ? undefined : path;
    const { WATCHDOG_USEC: within, WATCHDOG_PID: who } = env;
    const mine = who === undefined || Number(who) === process.pid;
    if (this.#path !== undefined && mine && Number(within) > 0) this.#feed(Number(within) / 1000);
  }

  /** Says again and again that the arbiter is alive, twice as often as it must. */
  #feed(within: number): void {
    if (this.#ended) return;
    this.#tell('WATCHDOG=1');
    this.#loop.setTimer(within / 2, () => this.#feed(within));
  }

  onState(state: State): void {
    if (state === 'serving') this.#tell('READY=1', 'STATUS=serving');
    else if (state === 'retired') this.#tell('STATUS=no workers, told to wait');
    else if (state === 'stopping') this.#tell('STOPPING=1', 'STATUS=finishing what is in flight');
    else if (state === 'reloading') {
      const now = process.hrtime.bigint() / 1000n;
      this.#tell('RELOADING=1', `MONOTONIC_USEC=${now}`, 'STATUS=reloading');
    }
  }

  /** Another process is the service now, and this one says no more. */
  handOver(pid: number): void {
    this.#tell(`MAINPID=${pid}`);
    this.#ended = true;
  }

  close(): void {
    this.#ended = true;
  }

  #tell(...lines: string[]): void {
    if (this.#path !== undefined && !this.#ended) sendDatagram(this.#path, lines.join('\n'));
  }
}
