// Looks after the workers' health: one whose event loop is blocked says nothing, and is killed when that takes too long;
// one that has had its share of requests, memory or time gives its place to another.

import type { Settings } from '../config/index.ts';
import type { Logger } from '../log/index.ts';
import type { Loop } from '../loop/index.ts';
import { beatInterval } from '../protocol/index.ts';
import { type Co, sleep } from '../task/index.ts';
import type { Worker } from './worker.ts';

/** Milliseconds in which a worker says itself, by its watchdog, that it is blocked, and where: one that is stopped can't. */
const OWN_WORDS = 1000;

/** Intervals without a beat until new connections go to others: one is missed, and the second is a little late. */
const SUSPECT = 2.1;

/** Looks until it is cancelled; `current`: the workers, and what holds for them. */
export function* watchHealth(
  loop: Loop,
  log: Logger,
  current: () => readonly [readonly Worker[], Settings],
  recycle: (worker: Worker, why: string) => void,
): Co<never> {
  let lookedAt = loop.now();
  for (;;) {
    const [workers, settings] = current();
    const interval = beatInterval(settings);
    const late = loop.now() - lookedAt > 4 * interval;
    lookedAt = loop.now();
    for (const worker of workers) {
      if (!worker.alive || !worker.serving) continue;
      // Nobody ran while the machine slept, or this process was stopped: they are to be heard first.
      if (late) worker.heardAt = lookedAt;
      else examine(worker, lookedAt - worker.heardAt, settings, log);
      // One that has yet to prove itself is no use as a place for its successor: it is looked at again when it has a slot.
      const leave = worker.recycled || worker.draining || !worker.placed;
      const why = leave ? undefined : excess(worker, settings);
      if (why !== undefined) {
        worker.recycled = true;
        recycle(worker, why);
      }
    }
    yield* sleep(untilNextLook(workers, interval));
  }
}

/** Milliseconds: until a worker that hears can be suspect, which is rarer than beats are, or for one that doesn't, an interval. */
function untilNextLook(workers: readonly Worker[], interval: number): number {
  const longest = SUSPECT * interval;
  return Math.min(longest, ...workers.map(({ hears, silence }) => (hears ? longest - silence : interval)));
}

function examine(worker: Worker, deaf: number, settings: Settings, log: Logger): void {
  // Sooner than the log says so: a short pause of one worker is no news, but nobody has to wait for its end.
  if (deaf >= SUSPECT * beatInterval(settings)) worker.deaf = true;
  const { timeout, stallWarning } = settings;
  const fields = { worker: worker.slot, workerPid: worker.pid, ms: Math.round(deaf) };
  if (timeout > 0 && deaf >= timeout) {
    const where = worker.stall?.request === undefined ? '' : ` in ${worker.stall.request}`;
    worker.kill('SIGKILL', `was deaf for ${Math.round(deaf)} ms${where} (timeout) and was killed`);
  } else if (stallWarning > 0 && deaf >= stallWarning + OWN_WORDS && !worker.warned) {
    worker.warned = true;
    log.warn(fields, `worker ${worker.pid} is deaf: its event loop is blocked`);
  }
}

/** Of what it has had more than it may. */
function excess(
  { beat, age, chance }: Worker,
  { maxRequests, maxRequestsJitter, maxMemory, maxAge }: Settings,
): string | undefined {
  if (maxAge > 0 && age >= maxAge) return `is ${Math.round(age / 1000)} s old (maxAge)`;
  if (beat === undefined) return undefined;
  const requests = maxRequests + Math.floor(chance * (maxRequestsJitter + 1));
  if (maxRequests > 0 && beat.requests >= requests) return `has had ${beat.requests} requests (maxRequests)`;
  const megabytes = Math.round(beat.resident / 1024 ** 2);
  return maxMemory > 0 && beat.resident >= maxMemory ? `takes ${megabytes} MB (maxMemory)` : undefined;
}
