// A server of the tests with an arbiter, and clients that ask all the time.

import { Agent, get } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Child } from '../cli/child.ts';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export function ask(url: string, agent?: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get(url, { agent: agent ?? new Agent() }, async (response) => {
      resolve({ status: response.statusCode ?? 0, body: await text(response) });
    }).on('error', reject);
  });
}

/** Waits for a line of the log, the `count`-th of them. */
export function logged(child: Child, pattern: RegExp, count = 1): Promise<void> {
  const all = new RegExp(pattern.source, 'g');
  const { stdout, stderr } = child.process;
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      for (const stream of [stdout, stderr]) stream.off('data', look);
    };
    const look = (): void => {
      if ((`${child.stdout}${child.stderr}`.match(all) ?? []).length < count) return;
      stop();
      resolve();
    };
    for (const stream of [stdout, stderr]) stream.on('data', look);
    void child.exit.then(() => {
      stop();
      reject(new Error(`it ended before it said ${pattern}:\n${child.stdout}${child.stderr}`));
    });
    look();
  });
}

/** Asks without pause until told to stop: on kept connections, and on a new one for each request. */
export class Load {
  answers = 0;
  readonly failures: string[] = [];
  #stopping = false;
  readonly #clients: Promise<void>[];

  constructor(url: string) {
    const kept = new Agent({ keepAlive: true, maxSockets: 4 });
    this.#clients = [kept, kept, kept, kept, undefined, undefined].map((agent) => this.#ask(url, agent));
    void Promise.all(this.#clients).then(() => kept.destroy());
  }

  async #ask(url: string, agent: Agent | undefined): Promise<void> {
    while (!this.#stopping) {
      try {
        const { status } = await ask(url, agent);
        if (status !== 200) this.failures.push(String(status));
        this.answers++;
      } catch (error) {
        this.failures.push(String(error));
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#clients);
  }
}
