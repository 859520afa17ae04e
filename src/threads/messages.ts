// What the main thread and a thread of the pool say to each other, over one MessagePort. All of it is plain data; bytes are
// copied once, exactly, and large ones change hands.
//
//   main ── request, piece, body ended, taken, abort, gone, ping, release ──► thread
//   main ◄── loaded, respond, start, write, end, fail, read, took, done ... ── thread

import { inspect } from 'node:util';
import { BodyError, type BodyErrorCode, type Peer } from '../app/index.ts';
import { type EncodedHead, RequestHead, type TargetForm } from '../http/index.ts';
import type { Address } from '../kernel/index.ts';

/** Bytes that may be on their way across, in either direction, until the other side says that it has taken some. */
export const WINDOW = 256 * 1024;
/** What is taken is told in portions of so many bytes. */
export const PORTION = 64 * 1024;
/** Bytes from which a copy is handed over, and not copied again: for fewer, that costs more. */
const TRANSFERRED = 32 * 1024;

/** Where the connection's ends are. */
export interface Ends {
  readonly remote: Address | undefined;
  readonly local: Address | undefined;
  readonly encrypted: boolean;
}

/** A `RequestHead`, in the order of `unpackHead`. */
export type PackedHead = readonly [
  raw: string,
  size: number,
  method: string,
  minor: 0 | 1,
  form: TargetForm,
  contentLength: number,
  flags: number,
  targetStart: number,
  targetEnd: number,
  pathStart: number,
  authorityStart: number,
  authorityEnd: number,
  sectionStart: number,
];

/** A `Peer`, in the order of `unpackPeer`: names of members would cost more than the rest. */
export type PackedPeer = readonly [
  address: string,
  port: number,
  localAddress: string,
  localPort: number,
  scheme: Peer['scheme'],
  host: string,
];

export interface RequestMessage {
  readonly type: 'request';
  readonly id: number;
  /** Which of the thread's apps it is for: 0 is the one that is exported, others listen by themselves. */
  readonly door: number;
  readonly head: PackedHead;
  readonly peer: PackedPeer;
  readonly ends: Ends;
  /** The whole body, where there is one, and all of it has come. */
  readonly body: Uint8Array | undefined;
  readonly trailers: readonly string[] | undefined;
}

/** To a thread. */
export type ToThread =
  | RequestMessage
  | { readonly type: 'piece'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly type: 'body ended'; readonly id: number; readonly trailers: readonly string[] }
  | { readonly type: 'body failed'; readonly id: number; readonly error: PackedError }
  /** Bytes of the answer that the client, or the server's memory, has room for. */
  | { readonly type: 'taken'; readonly id: number; readonly count: number }
  | { readonly type: 'abort' | 'gone'; readonly id: number; readonly error: PackedError }
  | { readonly type: 'ping' }
  /** No request follows: the app may end what it has begun. */
  | { readonly type: 'release' };

/** What a thread says of one request. */
export type Answer =
  /** `done`: the thread is free, too. */
  | {
      readonly type: 'respond';
      readonly id: number;
      readonly status: number;
      readonly head: EncodedHead;
      readonly body: string | Uint8Array | null;
      readonly done: boolean;
    }
  | { readonly type: 'start'; readonly id: number; readonly status: number; readonly head: EncodedHead }
  | { readonly type: 'write'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly type: 'end'; readonly id: number; readonly trailers: string; readonly done: boolean }
  | { readonly type: 'fail'; readonly id: number; readonly error: PackedError }
  | { readonly type: 'inform'; readonly id: number; readonly status: number; readonly text: string }
  /** The body is wanted, of which nothing was sent yet. */
  | { readonly type: 'read'; readonly id: number }
  | { readonly type: 'took'; readonly id: number; readonly count: number }
  | { readonly type: 'read on' | 'forsake' | 'done'; readonly id: number }
  | { readonly type: 'fail body'; readonly id: number; readonly error: PackedError }
  | { readonly type: 'raw'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly type: 'hang up'; readonly id: number; readonly reason: string };

/** See `App.leaves`. */
export interface Leaves {
  readonly expectations: boolean;
  readonly hostless: boolean;
}

/** What was found in the app's file. */
export interface Loaded {
  readonly type: 'loaded';
  readonly interface: 'fetch' | 'node' | 'program';
  readonly shape: string;
  readonly leaves: Leaves;
  /** It listens, and exports an app too. */
  readonly exportsApp: boolean;
}

/** A server of the program is about to listen; the answer is waited for: see `listen.ts`. */
export interface ListenMessage {
  readonly type: 'listen';
  /** As Node's `_listen2` has them. */
  readonly address: string | null;
  readonly port: number | null;
  readonly addressType: number | null;
  readonly fd: number | undefined;
  /** How many have asked for this very address before, in this thread. */
  readonly ordinal: number;
  readonly leaves: Leaves;
}

export type ListenAnswer =
  | { readonly door: number; readonly address: Address }
  | { readonly error: PackedError };

/** From a thread. */
export type FromThread =
  | Answer
  | Loaded
  | ListenMessage
  /** It is ready to serve. */
  | { readonly type: 'ready' }
  | { readonly type: 'unready'; readonly message: string }
  /** The app can't be had: `message` is for people. */
  | { readonly type: 'failed'; readonly message: string }
  | {
      readonly type: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly fields: Readonly<Record<string, unknown>>;
      readonly message: string;
    }
  | { readonly type: 'file'; readonly file: string }
  /** Whether work goes on that was given to `waitUntil`. */
  | { readonly type: 'background'; readonly pending: boolean }
  | { readonly type: 'pong' | 'released' };

/** Where messages go, and what they come from: a MessagePort, as a rule. */
export interface Port<Out, In> {
  postMessage(message: Out, transfer?: readonly ArrayBuffer[]): void;
  on(event: 'message', listener: (message: In) => void): unknown;
}

// ── Heads ────────────────────────────────────────────────────────────────────────────────────────────────────────

const KEEP_ALIVE = 1;
const EXPECTS_CONTINUE = 2;
const UPGRADE = 4;

export function packHead(head: RequestHead): PackedHead {
  return [
    head.raw,
    head.size,
    head.method,
    head.minor,
    head.form,
    head.contentLength,
    (head.keepAlive ? KEEP_ALIVE : 0) |
      (head.expectsContinue ? EXPECTS_CONTINUE : 0) |
      (head.upgrade ? UPGRADE : 0),
    head.targetStart,
    head.targetEnd,
    head.pathStart,
    head.authorityStart,
    head.authorityEnd,
    head.sectionStart,
  ];
}

export function unpackHead(packed: PackedHead): RequestHead {
  const head = new RequestHead(packed[0]);
  head.size = packed[1];
  head.method = packed[2];
  head.minor = packed[3];
  head.form = packed[4];
  head.contentLength = packed[5];
  head.keepAlive = (packed[6] & KEEP_ALIVE) !== 0;
  head.expectsContinue = (packed[6] & EXPECTS_CONTINUE) !== 0;
  head.upgrade = (packed[6] & UPGRADE) !== 0;
  head.targetStart = packed[7];
  head.targetEnd = packed[8];
  head.pathStart = packed[9];
  head.authorityStart = packed[10];
  head.authorityEnd = packed[11];
  head.sectionStart = packed[12];
  return head;
}

export function packPeer({ address, port, localAddress, localPort, scheme, host }: Peer): PackedPeer {
  return [address, port, localAddress, localPort, scheme, host];
}

export function unpackPeer([address, port, localAddress, localPort, scheme, host]: PackedPeer): Peer {
  return { address, port, localAddress, localPort, scheme, host };
}

// ── Bytes ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A copy that brings nothing else along: cloning a view clones all that is viewed, such as Node's pool. */
export function exactly(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

/** What of `bytes`, which nobody else uses, changes hands. */
export function transferOf(bytes: Uint8Array): readonly ArrayBuffer[] | undefined {
  return bytes.length < TRANSFERRED ? undefined : [bytes.buffer as ArrayBuffer];
}

// ── Errors ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** An error, with what a log shows of it; cloning one loses its name and its code. */
export interface PackedError {
  /** It is none: this was thrown. */
  readonly value?: unknown;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: unknown;
  /** Of a `BodyError`. */
  readonly status: number | undefined;
  /** A system's error as Node has it. */
  readonly system: Readonly<Record<string, unknown>> | undefined;
}

const SYSTEM_FIELDS = ['errno', 'syscall', 'address', 'port'] as const;

export function packError(error: unknown): PackedError {
  if (!(error instanceof Error)) return { ...NO_ERROR, value: plain(error) };
  const code: unknown = Reflect.get(error, 'code');
  const isSystem = typeof Reflect.get(error, 'syscall') === 'string';
  return {
    name: `${error.name}`,
    message: `${error.message}`,
    stack: typeof error.stack === 'string' ? error.stack : undefined,
    code: typeof code === 'string' || typeof code === 'number' ? code : undefined,
    status: error instanceof BodyError ? error.status : undefined,
    system: isSystem
      ? Object.fromEntries(
          SYSTEM_FIELDS.flatMap((field) => {
            const value: unknown = Reflect.get(error, field);
            return typeof value === 'string' || typeof value === 'number' ? [[field, value]] : [];
          }),
        )
      : undefined,
  };
}

const NO_ERROR: PackedError = {
  name: 'Error',
  message: 'something was thrown that is no error',
  stack: undefined,
  code: undefined,
  status: undefined,
  system: undefined,
};

/** What was thrown, for a log. */
export function unpackThrown(packed: PackedError): unknown {
  return 'value' in packed ? packed.value : unpackError(packed);
}

export function unpackError({ name, message, stack, code, status, system }: PackedError): Error {
  if (status !== undefined) return new BodyError(code as BodyErrorCode, status, message);
  const error = new Error(message);
  define(error, 'name', name);
  if (stack !== undefined) define(error, 'stack', stack);
  if (code !== undefined) define(error, 'code', code, true);
  return Object.assign(error, system);
}

/** As an error has them by itself: not among what is enumerated. */
function define(error: Error, key: string, value: unknown, enumerable = false): void {
  Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable });
}

/** What can be cloned of it. */
function plain(value: unknown): unknown {
  return (typeof value === 'object' && value !== null) ||
    typeof value === 'function' ||
    typeof value === 'symbol'
    ? inspect(value)
    : value;
}
