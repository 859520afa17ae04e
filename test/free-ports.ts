// Ports for programs that are told theirs.

import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isListening } from '../examples/green/listening.ts';

/**
 * The first of `count` ports in a row that nobody has now. Below those that the system gives to whoever asks for any port
 * (ip(7), ip_local_port_range): a test beside this one could be given the next of them at any moment.
 */
export async function freePorts(count = 1): Promise<number> {
  for (;;) {
    const first = randomInt(10_000, 30_000);
    const all = Array.from({ length: count }, (_, i) => first + i);
    const free = await Promise.all(all.map(isFree));
    if (free.every(Boolean)) return first;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

/** Waits until somebody listens there; throws where `ended` comes first. */
export async function untilListening(port: number, ended: Promise<unknown>): Promise<void> {
  let over = false;
  void ended.then(() => {
    over = true;
  });
  for (;;) {
    if (await isListening(port)) return;
    if (over) throw new Error(`it ended before it listened on port ${port}`);
    await sleep(20);
  }
}
