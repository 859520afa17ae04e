// The error of a simulation in which everyone waits for ever: on Linux the test would hang, here it says who waits.

import { WRITABLE } from '../kernel.ts';
import type { SimPoller } from './poller.ts';

/** A `wait(-1)` that can never end: nothing is ready, and nothing is on its way. */
export class DeadlockError extends Error {
  override readonly name = 'DeadlockError';

  constructor(poller: SimPoller, now: number) {
    const waiting: string[] = [];
    for (const watch of poller.watches) {
      if (watch === undefined) continue;
      const wants = (watch.interest & WRITABLE) !== 0 ? 'to read or write' : 'to read';
      waiting.push(`  fd ${watch.fd} (token ${watch.token}) waits ${wants}: ${watch.socket.describe()}`);
    }
    super(
      `wait(-1) at ${now.toFixed(3)} ms would never return: nothing is ready and nothing is on its way.\n${
        waiting.length === 0 ? '  No socket is watched.' : waiting.join('\n')
      }`,
    );
  }
}
