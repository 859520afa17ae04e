// Clients that keep their connection, and clients that open one for each request; every fourth request takes 20 ms.

import { setTimeout as sleep } from 'node:timers/promises';
import { requestText, routeCase } from '../cases.ts';
import { Client } from '../client.ts';

const KEEPING = 24;
const OPENING = 8;
const SLOW_EVERY = 4;
/** How many ask at a time. */
export const CLIENTS = KEEPING + OPENING;

/** Clients that ask until told to stop. */
export class Load {
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
    this.#loops = Array.from({ length: CLIENTS }, (_, i) => this.#run(i, i < KEEPING));
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

  /** Says how requests have failed. */
  report(): void {
    for (const [reason, count] of this.reasons) process.stdout.write(`${count} x ${reason}\n`);
  }
}
