// What a worker and its arbiter say to each other: JSON, one message each, over the channel of `kernel/linux`.
//
//   arbiter ── boot ─────────────► worker      settings, once, through a pipe: they may be larger than a message
//   worker ── listen ──► arbiter ── listening, with a descriptor ──► worker      whenever it wants to listen
//   worker ── ready, beat…, failed ─────────► arbiter

import type { BindAddress, ResolvedSettings } from '../config/index.ts';
import type { ListenOptions } from '../kernel/index.ts';

/** The descriptor of the channel in a worker. */
export const CHANNEL = 3;
/** The descriptor of a pipe to its watchdog: each line asks for the stack of the main thread. */
export const QUESTIONS = 4;
/** The descriptor of a pipe from which a worker reads its `Boot`, to the end. */
export const SETTINGS = 5;

/** What an app is. */
export interface Kind {
  readonly interface: 'fetch' | 'node' | 'program';
  /** What it was told by: `a fetch handler`, `an Express app`. */
  readonly shape?: string;
  /** That it runs in, with `--worker-class threads`. */
  readonly threads?: number;
}

/** To a worker. */
export type Order = Listening | Reopen | Lend | TakeBack;

/** A user and its group, where the arbiter is root and workers are to be less. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
  /** For its other groups; absent for a number that has no name. */
  readonly name?: string;
}

/** What a worker reads first. */
export interface Boot {
  /** `app.ts:name` */
  readonly specifier: string;
  /** What the app finds in `process.argv`. */
  readonly rest: readonly string[];
  readonly resolved: ResolvedSettings;
  /** The configuration file, where it has hooks. */
  readonly configuration?: string;
  /** It is worked on: a worker says what it loads, and shows what is wrong with it. */
  readonly development?: boolean;
  /** It is looked at, and serves nobody: it says what it loads, packages too (`siskin green check`). */
  readonly inspected?: boolean;
  /** In development: where workers have listened before, in case that this one does not come to it. */
  readonly known?: readonly BindAddress[];
  /** The user that it becomes. */
  readonly identity?: Identity;
  /** The place of this worker. */
  readonly slot?: number;
}

/** The answer to `ListenRequest`; the descriptor comes along with it. */
export interface Listening {
  readonly type: 'listening';
  /** 0, or a negative errno: no descriptor then. */
  readonly errno: number;
  /** Names the sockets of all workers at this address. */
  readonly group: string;
}

/** Log files are to be opened anew: somebody has moved them away. */
export interface Reopen {
  readonly type: 'reopen';
}

/** What waits at another worker's socket is to be accepted, too; the socket comes along. */
export interface Lend {
  readonly type: 'lend';
  readonly group: string;
  /** Whose it is. */
  readonly slot: number;
}

/** Its own worker is back. */
export interface TakeBack {
  readonly type: 'take back';
  readonly slot: number;
}

/** From a worker. */
export type Report = ListenRequest | LoadedFile | Unready | Ready | Beat | Stalled | Stack | Failed;

export interface ListenRequest {
  readonly type: 'listen';
  readonly target: BindAddress;
  readonly options: ListenOptions;
  /** Of requests for a port of the system's choice, which one in this worker: they are different ports. */
  readonly ordinal: number;
}

/** In development, or where it is inspected: it loads this file. */
export interface LoadedFile {
  readonly type: 'loaded';
  readonly file: string;
  /** As Node calls it: `module`, `commonjs-typescript`, `json`. Where it is inspected, and Node knows. */
  readonly format?: string;
}

/** It listens, or could, and waits until the app says that it is ready. */
export interface Unready {
  readonly type: 'unready';
  /** For people: `GET /healthz answers 503`. */
  readonly message: string;
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
  /** Milliseconds by which this message is late: other things had to be done first. */
  readonly delay: number;
  /** From 0 to 1: the share of the time since the last one in which the event loop had something to do. */
  readonly utilization: number;
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

/** Where its main thread is, because somebody wants to know; a thread of it says so. */
export interface Stack {
  readonly type: 'stack';
  readonly request: string | undefined;
  /** As in `Stalled`; empty where it waits for events. */
  readonly stack?: readonly string[];
}

/** It does not serve, and ends with this status. It has told people why itself. */
export interface Failed {
  readonly type: 'failed';
  readonly status: number;
  /** For people. */
  readonly message: string;
}
