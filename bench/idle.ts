// What a connection that waits costs: opens thousands, each after one answered request, and compares the server's
// memory with what it was before. Garbage is collected before both readings where the server can be asked to.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Memory } from './apps/probe.ts';
import { type Case, requestText } from './cases.ts';
import { Client } from './client.ts';
import { askJson, type Running } from './launch.ts';
import { runLoad } from './load.ts';
import { residentBytes } from './proc.ts';
import type { IdleSample } from './results.ts';

export const IDLE_CONNECTIONS = 10_000;
/** Opened at a time: fewer than any server's accept queue. */
const BATCH = 200;

interface Reading {
  readonly resident: number;
  readonly heap: number | undefined;
}

/** `scratch` takes wrk's script. */
export async function measureIdle(
  running: Running,
  it: Case,
  scratch: string,
): Promise<Omit<IdleSample, 'server' | 'round'>> {
  // Compiled code, pools and the young generation grow to their size first: they are not a connection's cost.
  await runLoad({ port: running.port, case: it, connections: 256, seconds: 3, scratch });
  const before = await settle(running);
  const clients = await openConnections(running.port, requestText(it, running.port));
  const after = await settle(running);
  const open = clients.filter((client) => !client.closed).length;
  for (const client of clients) client.destroy();
  if (open < IDLE_CONNECTIONS)
    throw new Error(`closed ${IDLE_CONNECTIONS - open} of ${IDLE_CONNECTIONS} idle connections`);
  return {
    connections: open,
    resident: (after.resident - before.resident) / open,
    heap:
      after.heap === undefined || before.heap === undefined ? undefined : (after.heap - before.heap) / open,
  };
}

/** Half a second for what runs later, then a collection, then the readings. */
async function settle(running: Running): Promise<Reading> {
  await sleep(500);
  const memory = await askJson<Memory>(running.port, '/memory').catch(() => undefined);
  await sleep(500);
  return { resident: residentBytes(running.pid), heap: memory?.heapUsed };
}

async function openConnections(port: number, request: string): Promise<Client[]> {
  const clients: Client[] = [];
  while (clients.length < IDLE_CONNECTIONS) {
    const batch = Array.from({ length: BATCH }, async () => {
      const client = await Client.connect(port);
      await client.request(request);
      return client;
    });
    clients.push(...(await Promise.all(batch)));
  }
  return clients;
}
