// What `siskin ctl` and an arbiter say to each other, over a unix socket that only the arbiter's user can open: one line of JSON
// each way, and the connection ends; where the arbiter was told to end, it ends with the arbiter's process.

export type ControlRequest =
  | { readonly command: 'status' | 'reload' | 'stop' | 'quit' | 'reopen' | 'stacks' }
  | { readonly command: 'scale'; readonly workers: number }
  | { readonly command: 'kill'; readonly pid: number };

export interface ControlAnswer {
  readonly ok: boolean;
  /** For people; where something was done, or could not be. */
  readonly message?: string;
  /** It was told to end, and does so within so many milliseconds; then this connection ends, too. */
  readonly endsWithin?: number;
  readonly status?: Status;
  readonly stacks?: readonly WorkerStack[];
}

/** What an arbiter and its workers do. */
export interface Status {
  readonly pid: number;
  readonly version: string;
  readonly app: string;
  readonly state: string;
  /** Milliseconds since its start. */
  readonly uptime: number;
  readonly addresses: readonly string[];
  readonly workers: readonly WorkerStatus[];
}

export interface WorkerStatus {
  /** Its place; null for one whose place another has. */
  readonly slot: number | null;
  readonly pid: number;
  readonly state: 'booting' | 'serving' | 'deaf' | 'ending';
  /** Milliseconds. */
  readonly age: number;
  readonly requests: number;
  readonly inFlight: number;
  readonly connections: number;
  /** Bytes of memory. */
  readonly resident: number;
  /** Milliseconds by which its event loop was late when last heard of. */
  readonly loopDelay: number;
  /** From 0 to 1: how busy its event loop is. */
  readonly utilization: number;
  /** How often the worker in this place was started again. */
  readonly restarts: number;
}

export interface WorkerStack {
  readonly pid: number;
  readonly request?: string;
  /** Innermost first; empty: it waits for events; absent: it can't be had. */
  readonly stack?: readonly string[];
}

/** The longest line. */
export const CONTROL_LIMIT = 1024 * 1024;
