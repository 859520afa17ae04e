// What must be so however long it runs: connections spread evenly, and the arbiter's memory stays what it is.

import process from 'node:process';
import { requestText, routeCase } from '../cases.ts';
import { Client } from '../client.ts';
import { anonymousBytes } from '../proc.ts';
import type { Row } from '../rows.ts';
import { Service } from './service.ts';

/** Chance has a part in it. */
const TRIES = 9;

export async function balance(): Promise<Row> {
  const service = await Service.start(4);
  const ratios: number[] = [];
  for (let i = 0; i < TRIES; i++) ratios.push(await spread(service.port));
  await service.stop();
  ratios.sort((a, b) => a - b);
  const median = ratios[TRIES >> 1]!;
  return {
    what: `256 connections over 4 workers, ${TRIES} times`,
    bar: 'busiest / least busy <= 1.3',
    is: `${median.toFixed(2)} (${ratios[0]!.toFixed(2)} to ${ratios.at(-1)!.toFixed(2)})`,
    reached: median <= 1.3,
  };
}

async function spread(port: number): Promise<number> {
  const request = requestText(routeCase('/pid'), port);
  const clients = await Promise.all(Array.from({ length: 256 }, () => Client.connect(port)));
  const pids = await Promise.all(clients.map(async (client) => String((await client.request(request)).body)));
  for (const client of clients) client.destroy();
  const counts = [...Map.groupBy(pids, (pid) => pid).values()].map(({ length }) => length);
  return counts.length < 4 ? Number.POSITIVE_INFINITY : Math.max(...counts) / Math.min(...counts);
}

export async function memory(restarts: number): Promise<Row> {
  const service = await Service.start(2);
  // Of Node's program, more and more pages are read as they are needed; all processes share them.
  const own = (): number => anonymousBytes(service.arbiter);
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
    reached: Math.abs(growth) <= 5,
  };
}
