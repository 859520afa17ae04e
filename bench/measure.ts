// One sample: a server started afresh, warmed up, loaded and stopped. Fresh processes let the rounds differ as
// deployments do (what V8 compiled, where memory lies), so the spread that is reported is the one users see.

import type { Case } from './cases.ts';
import { measureIdle } from './idle.ts';
import { launch, type Running } from './launch.ts';
import { runLoad } from './load.ts';
import { cpuSeconds, machineSeconds } from './proc.ts';
import { type IdleSample, type LoadSample, QUIET } from './results.ts';
import type { Server } from './servers.ts';

export interface Measurement {
  readonly server: Server;
  readonly case: Case;
  readonly round: number;
  readonly seconds: number;
  readonly connections: number;
  readonly scratch: string;
}

/**
 * Loads before the measured one, of a second each. V8 compiles in the first seconds; and when the first connections end, it
 * throws away code that it has made without having seen that: after one load of three seconds, the measured one had that
 * still before it, and a p99 of 3 to 4 ms instead of about 1.
 */
const WARM_UPS = 3;

/** Samples taken where the machine isn't quiet. The one least disturbed is kept: what is chosen by is not its result. */
const ATTEMPTS = 3;

export async function measureLoad(measurement: Measurement): Promise<LoadSample> {
  let best = await sampleLoad(measurement);
  for (let i = 1; i < ATTEMPTS && best.others > QUIET; i++) {
    const next = await sampleLoad(measurement);
    if (next.others < best.others) best = next;
  }
  return best;
}

async function sampleLoad(measurement: Measurement): Promise<LoadSample> {
  const { server, case: it, round, seconds, connections, scratch } = measurement;
  return withServer(measurement, async (running) => {
    const load = { port: running.port, case: it, connections, scratch };
    for (let i = 0; i < WARM_UPS; i++) await runLoad({ ...load, seconds: 1 });
    const before = {
      server: cpuSeconds(running.pid),
      ours: cpuSeconds(process.pid),
      machine: machineSeconds(),
    };
    const result = await runLoad({ ...load, seconds });
    const spent = cpuSeconds(running.pid) - before.server;
    // This process and all below it: the server, and wrk, which has ended and is counted with its parent.
    const ours = cpuSeconds(process.pid) - before.ours;
    const others = machineSeconds() - before.machine - ours;
    return {
      server: server.name,
      case: it.name,
      round,
      requests: result.requests,
      microseconds: (spent / result.requests) * 1e6,
      requestsPerSecond: result.requests / result.seconds,
      busy: spent / result.seconds,
      others: Math.max(0, others) / result.seconds,
      p50: result.p50,
      p99: result.p99,
      errors: result.errors,
    };
  });
}

export async function measureIdleConnections(measurement: Measurement): Promise<IdleSample> {
  const { server, case: it, round, scratch } = measurement;
  return withServer(measurement, async (running) => ({
    server: server.name,
    round,
    ...(await measureIdle(running, it, scratch)),
  }));
}

async function withServer<T>(measurement: Measurement, use: (running: Running) => Promise<T>): Promise<T> {
  const { server, case: it, scratch } = measurement;
  const running = await launch((port) => server.command({ port, case: it, scratch }), it);
  try {
    return await use(running);
  } finally {
    await running.stop();
  }
}
