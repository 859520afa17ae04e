// How one worker ends: as it should, or at once.

import type { Logger } from '../log/index.ts';
import type { Co } from '../task/index.ts';
import type { Worker } from './worker.ts';

/** Milliseconds beyond `gracefulTimeout` in which a worker cuts what is left by itself. */
const MARGIN = 2_000;
/** Milliseconds from SIGQUIT to SIGKILL. */
const QUICK = 1_000;

/** Milliseconds for one that has never served: it has nothing to finish, and may be blocked in what it loads. */
const UNSERVED = 2_000;

/** Lets `worker` finish what it does, and no longer than it may. */
export function* drain(worker: Worker, gracefulTimeout: number, log: Logger): Co<void> {
  worker.draining = true;
  worker.kill('SIGTERM');
  const within = worker.served ? gracefulTimeout + MARGIN : Math.min(gracefulTimeout, UNSERVED);
  if (yield* worker.ends(within)) return;
  const when = worker.served ? 'after gracefulTimeout' : `after ${within} ms, as it serves nobody yet`;
  log.warn({ workerPid: worker.pid }, `worker ${worker.pid} does not end: killed ${when}`);
  worker.kill('SIGKILL', 'did not end and was killed');
  yield* worker.exited.wait();
}

/** Has it end at once. */
export function* quit(worker: Worker): Co<void> {
  worker.kill('SIGQUIT');
  if (yield* worker.ends(QUICK)) return;
  worker.kill('SIGKILL');
  yield* worker.exited.wait();
}
