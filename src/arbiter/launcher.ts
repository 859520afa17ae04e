// How the arbiter's logic sees processes: it starts them, hears of them, sends them signals. `launch.ts` does so with real
// ones; tests do with simulated ones.

import type { ArbiterHook, Boot, Report, SpawnResult } from '../protocol/index.ts';

/** Everything that a start reads, and a reload reads anew. */
export interface Plan {
  /** What workers are told. */
  readonly boot: Boot;
  /** The directory they run in. */
  readonly cwd: string;
  /** Their environment. */
  readonly env: NodeJS.ProcessEnv;
  readonly hooks: Hooks;
  /** What it was read from and is watched in development; absolute paths. */
  readonly files: readonly string[];
}

/** Code of the configuration file, which runs elsewhere. */
export interface Hooks {
  has(name: ArbiterHook): boolean;
  /** Rejects where it throws. */
  call(name: ArbiterHook, info: unknown): Promise<SpawnResult | undefined>;
  /** They are not called any more. */
  close(): void;
}

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
  /** Opens its log files anew. */
  reopen(): void;
  /** Asks for its JavaScript stack, which it reports, even where its event loop is blocked. False where it can't. */
  askForStack(): boolean;
  /** It is to accept what waits in the queues of `slot`, too. */
  lend(slot: number): void;
  /** No longer. */
  takeBack(slot: number): void;
}

/** What becomes of one process. */
export interface WorkerEvents {
  onReport(report: Report): void;
  /** It has said what no worker says, and is to be killed. `why` completes "the worker ...". */
  onNonsense(why: string): void;
  /** Called once; nothing is called after it. */
  onExit(exit: Exit): void;
}

/** Starts a worker for `slot`; nothing of `events` is called before it returns. */
export type Launch = (
  slot: number,
  plan: Pick<Plan, 'boot' | 'cwd' | 'env'>,
  events: WorkerEvents,
) => WorkerProcess;

/** Milliseconds from the last SYN that was answered to the last ACK that is waited for: see net/listener.ts. */
export const HANDSHAKE_TIME = 60;

/** The listening sockets, which outlive the workers. */
export interface Sockets {
  /** New connections go to these slots alone, evenly. */
  steer(slots: readonly number[]): void;
  /** From here on nobody new comes. Who has begun to connect is still in the queue. */
  stopListening(): void;
  /**
   * A worker, which `pid` names, has asked for all that it wants, and has the slot for itself. Nobody new comes to what
   * only workers before it have asked for: in this slot, or, where all slots share a socket, in any. Returns what closes
   * that; undefined where there is nothing.
   */
  stopUnused(slot: number, pid: number): (() => void) | undefined;
  /** A worker has ended that never got the slot: closes what nobody but it has asked for. */
  withdraw(slot: number, pid: number): void;
  /** Nobody will be in this slot any more: what was never accepted is reset. */
  closeSlot(slot: number): void;
  close(): void;
}

/** A new arbiter that takes over: it has been handed the sockets, and boots its workers. */
export interface Successor {
  /** It ends, and everything is as it was. */
  stop(): void;
  /** The rest is its own. */
  resign(): void;
}

/** What becomes of it. */
export interface SuccessorEvents {
  /** It runs, and this is its process id. */
  onStart(pid: number): void;
  /** All of its workers serve. */
  onServing(): void;
  /** It has ended, or could not be started; what completes "the new arbiter ...". */
  onEnd(how: string): void;
}

/** Starts a successor. */
export type LaunchSuccessor = (events: SuccessorEvents) => Successor;
