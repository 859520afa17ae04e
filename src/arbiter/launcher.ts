// How the arbiter's logic sees processes: it starts them, hears of them, sends them signals. `launch.ts` does so with real
// ones; tests do with simulated ones.

import type { Boot, Report } from '../protocol/index.ts';

/** How a process has ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** It could not even be started. */
  readonly error?: Error;
}

export interface WorkerProcess {
  /** 0 where it could not be started. */
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
}

/** What becomes of one process. */
export interface WorkerEvents {
  onReport(report: Report): void;
  /** Called once; nothing is called after it. */
  onExit(exit: Exit): void;
}

/** Starts a worker for `slot`; nothing of `events` is called before it returns. */
export type Launch = (slot: number, boot: Boot, events: WorkerEvents) => WorkerProcess;

/** The listening sockets, which outlive the workers. */
export interface Sockets {
  /** From here on nobody new comes: those of one slot, or of all. Who has begun to connect is still in the queue. */
  stopListening(slot?: number): void;
  /** Nobody will be in this slot any more: what was never accepted is reset. */
  closeSlot(slot: number): void;
  close(): void;
}
