// What the arbiter says of itself and its workers.

import process from 'node:process';
import type { Status, WorkerStack, WorkerStatus } from '../protocol/index.ts';
import { all, type Co } from '../task/index.ts';
import type { Arbiter } from './arbiter.ts';
import type { Worker } from './worker.ts';

/** What only the process knows. */
export interface StatusFacts {
  readonly version: string;
  /** Milliseconds since its start. */
  readonly uptime: () => number;
  readonly addresses: () => readonly string[];
}

/** Milliseconds in which a worker must say where it is. */
const STACK_TIME = 2000;

export function statusOf({ crew, state }: Arbiter, { version, uptime, addresses }: StatusFacts): Status {
  const restarts = new Map(crew.slots.map((slot) => [slot.worker, slot.restarts]));
  return {
    pid: process.pid,
    version,
    app: crew.plan.boot.specifier,
    state,
    uptime: Math.round(uptime()),
    addresses: addresses(),
    workers: crew.workers.map((worker) => workerStatus(worker, restarts.get(worker))),
  };
}

function workerStatus(worker: Worker, restarts: number | undefined): WorkerStatus {
  const { beat } = worker;
  return {
    slot: restarts === undefined ? null : worker.slot,
    pid: worker.pid,
    state: worker.draining ? 'ending' : worker.serving ? (worker.deaf ? 'deaf' : 'serving') : 'booting',
    age: Math.round(worker.age),
    requests: beat?.requests ?? 0,
    inFlight: beat?.inFlight ?? 0,
    connections: beat?.connections ?? 0,
    resident: beat?.resident ?? 0,
    // Of one that says nothing, for how long it has not.
    loopDelay: Math.round(worker.deaf ? worker.silence : (beat?.delay ?? 0)),
    utilization: beat?.utilization ?? 0,
    restarts: restarts ?? 0,
  };
}

/** Where each worker's main thread is now. */
export function* stacksOf({ crew }: Arbiter): Co<WorkerStack[]> {
  return yield* all(crew.workers.map((worker) => stackOf(worker)));
}

function* stackOf(worker: Worker): Co<WorkerStack> {
  const answer = yield* worker.stackNow(STACK_TIME);
  const { request, stack } = answer ?? {};
  return {
    pid: worker.pid,
    ...(request !== undefined && { request }),
    ...(stack !== undefined && { stack }),
  };
}
