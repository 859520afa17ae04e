// What the client keeps, and how much of it: settings of the whole process, plain and green.

import { outOfRange } from './errors.ts';
import { checkDuration } from './sleep-sync.ts';

export interface FetchLimits {
  /** Connections to one origin at a time; requests past it wait for one to be free. */
  readonly maxConnections: number;
  /** Idle connections to one origin that are kept. */
  readonly maxIdle: number;
  /** Milliseconds for which an idle connection is kept, or less where the server says so (Keep-Alive: timeout=5). */
  readonly keepAlive: number;
  /** Milliseconds for which the addresses of a name are remembered. */
  readonly dnsCache: number;
}

/**
 * Connections: some thousands are what one process and one server have ports and descriptors for. Idle ones: as many as
 * a burst has needed. Kept for less than the 5 s after which Node's servers close theirs: who is told of that too late has
 * sent a request in vain.
 */
let limits: FetchLimits = { maxConnections: 2048, maxIdle: 1024, keepAlive: 4000, dnsCache: 5000 };

export function fetchLimits(): FetchLimits {
  return limits;
}

/**
 * Changes what `fetchSync` keeps, from the next request on.
 *
 * @throws RangeError (ERR_OUT_OF_RANGE) for numbers that can't be meant
 * @example setFetchLimits({ maxConnections: 50 });
 */
export function setFetchLimits(changes: Partial<FetchLimits>): void {
  const next = { ...limits, ...changes };
  if (!(Number.isInteger(next.maxConnections) && next.maxConnections >= 1))
    throw outOfRange(`maxConnections must be a whole number, 1 or more; got ${next.maxConnections}`);
  if (!(Number.isInteger(next.maxIdle) && next.maxIdle >= 0))
    throw outOfRange(`maxIdle must be a whole number, 0 or more; got ${next.maxIdle}`);
  checkDuration('keepAlive', next.keepAlive);
  checkDuration('dnsCache', next.dnsCache);
  limits = next;
}
