// New workers in the places of old ones: in all of them (a reload), or in one whose worker has grown too old or too large.
// The new one serves before the old one ends. The crew has the places (crew.ts).

import type { Settings } from '../config/index.ts';
import type { Logger } from '../log/index.ts';
import { type Co, Semaphore, sleep } from '../task/index.ts';
import { HANDSHAKE_TIME, type Plan, type Sockets } from './launcher.ts';
import type { Slot } from './slot.ts';
import type { Worker } from './worker.ts';

/** Where workers are replaced. */
export interface Places {
  /** What new workers are started with. */
  plan: Plan;
  readonly settings: Settings;
  readonly slots: readonly Slot[];
  launch(slot: Slot, plan: Plan): Co<Worker>;
  drain(worker: Worker): Co<void>;
  spawn(co: Co<unknown>, name: string): void;
}

/** What has come of new workers for all slots. */
export interface Replacement {
  /** Why it was given up. */
  readonly failure: string | undefined;
  /** Workers that are new. */
  readonly replaced: number;
}

/** Milliseconds until a replacement that has failed is tried again. */
const RECYCLE_PAUSE = 10_000;

export class Replacements {
  readonly #places: Places;
  readonly #sockets: Sockets;
  readonly #log: Logger;
  /** Workers are replaced one after another, whoever asks for it. */
  readonly #replacing = new Semaphore(1);
  /** Old workers that end while new ones have their places. */
  #ending: Semaphore;

  constructor(places: Places, sockets: Sockets, log: Logger) {
    this.#places = places;
    this.#sockets = sockets;
    this.#log = log;
    this.#ending = new Semaphore(places.settings.maxUnavailable);
  }

  /** A new worker, of `plan`, for each slot, one after another. What has failed otherwise, and how many are new. */
  *replaceAll(plan: Plan): Co<Replacement> {
    const { maxUnavailable } = plan.boot.resolved.settings;
    if (maxUnavailable !== this.#places.settings.maxUnavailable) this.#ending = new Semaphore(maxUnavailable);
    let replaced = 0;
    for (const slot of [...this.#places.slots]) {
      if (slot.retired) continue;
      const failure = yield* this.#replacing.with(this.#replace(slot, plan));
      if (failure !== undefined) return { failure, replaced };
      this.#places.plan = plan;
      replaced++;
    }
    return { failure: undefined, replaced };
  }

  /** A new worker for `slot`, and then the end of the old one. What has failed otherwise. */
  *#replace(slot: Slot, plan: Plan): Co<string | undefined> {
    const ending = this.#ending;
    yield* ending.acquire();
    let next: Worker | undefined;
    let old: Worker | undefined;
    try {
      next = yield* this.#places.launch(slot, plan);
      const failure = yield* next.proves(plan.boot.resolved.settings);
      if (failure !== undefined || slot.retired) return failure;
      old = slot.worker;
      slot.worker = next;
      next.placed = true;
      return undefined;
    } finally {
      if (next?.placed === false) next.kill('SIGKILL', 'is not needed');
      if (old === undefined) ending.release();
      else {
        old.over.set('replaced');
        this.#places.spawn(this.#release(slot, old, next!, ending), 'the end of an old worker');
      }
    }
  }

  /** Lets `old` go, and what only it has listened on. */
  *#release(slot: Slot, old: Worker, next: Worker, ending: Semaphore): Co<void> {
    try {
      const closeUnused = this.#sockets.stopUnused(slot.index, next.pid);
      if (closeUnused !== undefined) yield* sleep(HANDSHAKE_TIME);
      yield* this.#places.drain(old);
      closeUnused?.();
    } finally {
      ending.release();
    }
  }

  /** Another one takes the place of `worker`, as soon as it serves. */
  recycle(worker: Worker, why: string): void {
    const slot = this.#places.slots.find((each) => each.worker === worker);
    if (slot === undefined) return;
    this.#log.info(
      { worker: slot.index, workerPid: worker.pid },
      `worker ${worker.pid} ${why}: it is replaced`,
    );
    this.#places.spawn(this.#recycleIn(slot, worker), 'a replacement');
  }

  *#recycleIn(slot: Slot, worker: Worker): Co<void> {
    const failure = yield* this.#replacing.with(this.#replaceIn(slot, worker));
    if (failure === undefined) return;
    this.#log.error(
      { workerPid: worker.pid },
      `worker ${worker.pid} stays for now: the one for its place ${failure}`,
    );
    // Not at once again.
    yield* sleep(RECYCLE_PAUSE);
    worker.recycled = false;
  }

  *#replaceIn(slot: Slot, worker: Worker): Co<string | undefined> {
    // A reload may have done it meanwhile.
    return slot.worker !== worker || slot.retired ? undefined : yield* this.#replace(slot, this.#places.plan);
  }
}
