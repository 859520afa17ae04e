// How a worker calls the app, as `--worker-class` says. What only one class needs is loaded where that one is asked for: a worker
// starts in 150 ms.

import type { Boot } from '../protocol/index.ts';
import type { AccessRecord, Logger } from '../server/index.ts';
import type { Parent } from './parent.ts';
import { Serving } from './serving.ts';
import type { ThreadsServing } from './threads-serving.ts';

/** What serves the app. */
export type AnyServing = Pick<Serving, keyof ThreadsServing & keyof Serving>;

export interface WorkerClass {
  readonly serving: AnyServing;
  /** To be called when the app is served. */
  readonly onServed: () => void;
}

/** Where the worker logs, and who started it. */
export interface Surroundings {
  readonly log: Logger;
  readonly recordAccess: ((record: AccessRecord) => void) | undefined;
  readonly parent: Parent | undefined;
}

/** Before the app at `path` is loaded. */
export async function makeWorkerClass(
  path: string,
  { rest, resolved, development = false }: Boot,
  { log, recordAccess, parent }: Surroundings,
): Promise<WorkerClass> {
  const { settings } = resolved;
  switch (settings.workerClass) {
    case 'async':
      return { serving: new Serving(path, resolved, log, recordAccess, parent), onServed: () => {} };
    case 'threads': {
      const { ThreadsServing } = await import('./threads-serving.ts');
      const options = { rest, development };
      return {
        serving: new ThreadsServing(path, resolved, log, recordAccess, parent, options),
        onServed: () => {},
      };
    }
    case 'green': {
      const { makeGreen } = await import('./green.ts');
      let isServed = false;
      const adapt = await makeGreen(path, settings, log, () => isServed);
      return {
        serving: new Serving(path, resolved, log, recordAccess, parent, adapt),
        onServed: () => {
          isServed = true;
        },
      };
    }
  }
}
