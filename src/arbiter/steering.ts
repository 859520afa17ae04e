// Keeps new connections away from workers that can't serve them: where one is deaf, ends, or has ended, the kernel is told to
// spread what comes over the others, and one of those is lent its queue, for what has come already.

import type { Sockets } from './launcher.ts';
import type { Worker } from './worker.ts';

/** A place of a worker, as far as connections are concerned. */
export interface Place {
  readonly index: number;
  readonly worker: Worker | undefined;
  /** No worker comes here any more. */
  readonly retired: boolean;
}

interface Loan {
  readonly to: Worker;
}

export class Steering {
  readonly #sockets: Sockets;
  readonly #loans = new Map<number, Loan>();
  #steered = '';

  constructor(sockets: Sockets) {
    this.#sockets = sockets;
  }

  /** Looks at all places anew. Cheap where nothing has changed. */
  update(places: readonly Place[]): void {
    const able = places.filter(({ worker, retired }) => !retired && worker?.hears === true);
    const all = able.length === 0 ? places.filter(({ retired }) => !retired) : able;
    this.#steer(all.map(({ index }) => index));
    const helpers = able.map(({ worker }) => worker!);
    for (const place of places) {
      const needed = !able.includes(place) && helpers.length > 0;
      const loan = this.#loans.get(place.index);
      if (needed && loan?.to.hears === true) continue;
      if (loan !== undefined) this.#takeBack(place.index, loan);
      if (needed) this.#lend(place.index, leastBusy(helpers));
    }
  }

  /** The place has gone. */
  forget(index: number): void {
    const loan = this.#loans.get(index);
    if (loan !== undefined) this.#takeBack(index, loan);
    // The kernel has numbered the rest anew.
    this.#steered = '';
  }

  #steer(slots: readonly number[]): void {
    const key = slots.join();
    if (key === this.#steered) return;
    this.#steered = key;
    this.#sockets.steer(slots);
  }

  #lend(slot: number, to: Worker): void {
    to.lend(slot);
    this.#loans.set(slot, { to });
  }

  #takeBack(slot: number, { to }: Loan): void {
    to.takeBack(slot);
    this.#loans.delete(slot);
  }
}

function leastBusy(workers: readonly Worker[]): Worker {
  return workers.reduce((best, each) => (load(each) < load(best) ? each : best));
}

function load({ beat }: Worker): number {
  return beat?.connections ?? 0;
}
