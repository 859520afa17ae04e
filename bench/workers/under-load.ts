// Reloads and deaths under load: a reload drops nothing; a worker that is killed takes with it what was in flight in it, and
// nothing else.

import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { requestText, routeCase } from '../cases.ts';
import { Client } from '../client.ts';
import type { Row } from '../rows.ts';
import { CLIENTS, Load } from './load.ts';
import { Service } from './service.ts';

const KILL_EVERY = 200;

export async function reloads(times: number): Promise<Row> {
  const service = await Service.start(2);
  const load = new Load(service.port);
  for (let i = 1; i <= times; i++) {
    service.process.kill('SIGHUP');
    await service.said(/reload: done/g, i);
  }
  await load.stop();
  const status = await service.stop();
  load.report();
  return {
    what: `${times} reloads under load`,
    bar: '0 failed, 0 refused',
    is: `${load.failed} failed, ${load.refused} refused of ${load.answered}, exit ${status}`,
    reached: load.failed + load.refused === 0 && status === 0,
  };
}

/** One arbiter after another takes over, there and back. */
export async function takeovers(times: number): Promise<Row> {
  const service = await Service.start(2);
  const load = new Load(service.port);
  for (let i = 1; i <= times; i++) {
    service.signal('SIGUSR2');
    await service.said(/handed over, ended/g, i);
  }
  await load.stop();
  await service.stop();
  load.report();
  return {
    what: `${times} takeovers by a new arbiter under load`,
    bar: '0 failed, 0 refused',
    is: `${load.failed} failed, ${load.refused} refused of ${load.answered}`,
    reached: load.failed + load.refused === 0,
  };
}

/** A handler that never ends: when it is said, in which words, and what the others notice. */
export async function loop(): Promise<Row> {
  const service = await Service.start(2, { flags: ['--timeout', '4s'] });
  const client = await Client.connect(service.port);
  const start = performance.now();
  const hanging = client.request(`GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n`).catch(() => {});
  await service.said(/is deaf: its event loop is blocked, in GET \/endless/g, 1);
  const named = performance.now() - start;
  const stack = service.count(/routes\.ts:\d+/g) > 0;
  const load = new Load(service.port);
  await service.said(/\(timeout\) and was killed: another takes its place/g, 1);
  await service.said(/worker \d+ serves/g, 3);
  await load.stop();
  await hanging;
  await service.stop();
  load.report();
  return {
    what: 'a handler that loops for ever, one of two workers',
    bar: 'named within 1.5 s, with its stack; others: 0 failed',
    is: `${Math.round(named)} ms, ${stack ? 'with' : 'without'} stack; ${load.failed + load.refused} failed of ${load.answered}`,
    reached: named <= 1500 && stack && load.failed + load.refused === 0,
  };
}

/** New connections while one of two workers is blocked, and nobody knows it yet. */
export async function stall(): Promise<Row> {
  const service = await Service.start(2);
  const victim = service.workers[0]!;
  process.kill(victim, 'SIGSTOP');
  const request = requestText(routeCase('/'), service.port);
  const waits = await Promise.all(
    Array.from({ length: 100 }, async (_, i) => {
      await sleep(20 * i);
      const start = performance.now();
      const client = await Client.connect(service.port);
      await client.request(request);
      client.destroy();
      return performance.now() - start;
    }),
  );
  process.kill(victim, 'SIGCONT');
  await service.stop();
  const longest = Math.max(...waits);
  return {
    what: 'new connections for 2 s, one of two workers stopped',
    bar: 'longest wait <= 1 s',
    is: `${longest.toFixed(0)} ms`,
    reached: longest <= 1000,
  };
}

export async function kills(times: number): Promise<Row> {
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
  load.report();
  // A kept connection has one request in flight; so has a new one.
  const bound = times * CLIENTS;
  return {
    what: `a worker killed every ${KILL_EVERY} ms, ${times} times`,
    bar: '0 refused; only what is in flight fails',
    is: `${load.refused} refused, ${load.failed} failed of ${load.answered}`,
    reached: load.refused === 0 && load.failed < bound,
  };
}
