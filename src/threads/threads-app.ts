// The pool as an App of the server: each request becomes a job for one of its threads.

import { type App, LATER, type WireExchange } from '../app/index.ts';
import { Job } from './job.ts';
import type { Leaves } from './messages.ts';
import type { Pool } from './pool.ts';

let ids = 0;

/** `door`: which of the threads' apps is meant. */
export function threadsApp(pool: Pool, door: number, leaves: Leaves): App {
  return {
    leaves: { connect: false, ...leaves },
    handle(exchange: WireExchange): typeof LATER {
      pool.submit(new Job(++ids, door, exchange));
      return LATER;
    },
  };
}
