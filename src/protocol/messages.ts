// What a worker and its arbiter say to each other: JSON, one message each, over the channel of `kernel/linux`.
//
//   arbiter ── boot ─────────────► worker      settings, once
//   worker ── listen ──► arbiter ── listening, with a descriptor ──► worker      whenever it wants to listen
//   worker ── ready, beat…, failed ─────────► arbiter

import type { BindAddress, ResolvedSettings } from '../config/index.ts';
import type { ListenOptions } from '../kernel/index.ts';

/** The descriptor of the channel in a worker. */
export const CHANNEL = 3;

/** What an app is. */
export interface Kind {
  readonly interface: 'fetch' | 'node' | 'program';
  /** What it was told by: `a fetch handler`, `an Express app`. */
  readonly shape?: string;
}

/** To a worker. */
export type Order = Boot | Listening;

export interface Boot {
  readonly type: 'boot';
  /** `app.ts:name` */
  readonly specifier: string;
  /** What the app finds in `process.argv`. */
  readonly rest: readonly string[];
  readonly resolved: ResolvedSettings;
}

/** The answer to `ListenRequest`; the descriptor comes along with it. */
export interface Listening {
  readonly type: 'listening';
  /** 0, or a negative errno: no descriptor then. */
  readonly errno: number;
}

/** From a worker. */
export type Report = ListenRequest | Ready | Beat | Stalled | Failed;

export interface ListenRequest {
  readonly type: 'listen';
  readonly target: BindAddress;
  readonly options: ListenOptions;
  /** Of requests for a port of the system's choice, which one in this worker: they are different ports. */
  readonly ordinal: number;
}

/** It serves. */
export interface Ready {
  readonly type: 'ready';
  readonly kind: Kind;
  /** As people read them, the first as a URL. */
  readonly addresses: readonly string[];
  /** `linux` or `node`. */
  readonly kernel: string;
}

/** It is alive, and this is what it does. */
export interface Beat {
  readonly type: 'beat';
  readonly connections: number;
  readonly inFlight: number;
  readonly requests: number;
  /** Bytes of memory. */
  readonly resident: number;
}

/** Its event loop is blocked; a thread of it says so. */
export interface Stalled {
  readonly type: 'stalled';
  /** For so long, in milliseconds. */
  readonly ms: number;
  /** `GET /path` of the request whose handler runs, if one does. */
  readonly request: string | undefined;
  /** Of the main thread, innermost first; absent where it is in a regular expression or a native call. */
  readonly stack?: readonly string[];
}

/** It does not serve, and ends with this status. It has told people why itself. */
export interface Failed {
  readonly type: 'failed';
  readonly status: number;
  /** For people. */
  readonly message: string;
}
