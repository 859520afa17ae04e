// What all connections of a server share: its settings, the app, the buffers, the deadlines and the counters. Made once
// by `server.ts`.

import { AsyncResource } from 'node:async_hooks';
import type { App } from '../app/index.ts';
import { Networks, type Settings } from '../config/index.ts';
import type { HeadLimits } from '../http/index.ts';
import type { Loop } from '../loop/index.ts';
import type { Task } from '../task/index.ts';
import { Counters } from './counters.ts';
import { HttpDate } from './date.ts';
import { DeadlineQueue } from './deadlines.ts';
import type { AccessRecord, Logger } from './log.ts';
import { Output } from './output.ts';
import { OverloadLog } from './overload-log.ts';

/** One recv takes at most this: a head, or a batch of pipelined ones, or a slice of an upload. */
const RECEIVE_SIZE = 64 * 1024;

/** Told of where the main thread is. */
export interface Trace {
  /** A handler is about to be called. */
  enter(method: string, target: string): void;
  /** It has returned, or waits. */
  leave(): void;
}

export interface ContextOptions {
  readonly loop: Loop;
  readonly app: App;
  readonly settings: Settings;
  readonly log: Logger;
  readonly recordAccess?: ((record: AccessRecord) => void) | undefined;
  readonly trace?: Trace | undefined;
  /** Resolves when what the app does behind its answers is done: a stop waits for it. */
  readonly settled?: () => Promise<void>;
}

export class ServerContext {
  readonly loop: Loop;
  readonly app: App;
  readonly settings: Settings;
  readonly log: Logger;
  readonly recordAccess: ((record: AccessRecord) => void) | undefined;
  readonly trace: Trace | undefined;
  readonly settled: () => Promise<void>;
  /** Handlers that run as coroutines. Cancelled with their connection, they may have something to clean up. */
  readonly coroutines = new Set<Task<void>>();
  headLimits: HeadLimits;
  /** Bytes in which every head has room that is not refused for its size. */
  readonly headCapacity: number;
  readonly trusted: Networks;
  readonly receiveBuffer: Buffer;
  readonly output: Output;
  readonly counters = new Counters();
  readonly overloadLog: OverloadLog;
  readonly date: HttpDate;
  readonly keepAliveDeadlines: DeadlineQueue;
  /** For connections that have said nothing yet. */
  readonly openingDeadlines: DeadlineQueue;
  readonly headersDeadlines: DeadlineQueue;
  readonly bodyDeadlines: DeadlineQueue;
  readonly writeDeadlines: DeadlineQueue;
  readonly lingerDeadlines: DeadlineQueue;
  /** The context in which every handler starts: whatever one request puts into `AsyncLocalStorage`, no other sees. */
  readonly asyncContext = new AsyncResource('siskin.Server', { requireManualDestroy: true });
  draining = false;
  /** An app has closed its server: clients that half-close are not waited for. */
  impatient = false;

  constructor(options: ContextOptions) {
    const { loop, settings } = options;
    this.loop = loop;
    this.receiveBuffer = loop.kernel.allocate(RECEIVE_SIZE);
    this.output = new Output(loop);
    this.app = options.app;
    this.settings = settings;
    this.log = options.log;
    this.recordAccess = options.recordAccess;
    this.trace = options.trace;
    this.settled = options.settled ?? (() => Promise.resolve());
    this.headLimits = {
      requestLine: settings.limitRequestLine,
      headerSection: settings.limitRequestHeaders,
      fields: settings.limitRequestFields,
      ...(options.app.leaves !== undefined && { leaves: options.app.leaves }),
    };
    this.headCapacity = settings.limitRequestLine + settings.limitRequestHeaders + 4;
    this.trusted = new Networks(settings.forwardedAllowIps);
    this.overloadLog = new OverloadLog(loop, options.log);
    this.date = new HttpDate(loop);
    this.keepAliveDeadlines = new DeadlineQueue(loop, 'keepAliveTimeout', settings.keepAliveTimeout);
    this.openingDeadlines = new DeadlineQueue(loop, 'headersTimeout', settings.headersTimeout);
    this.headersDeadlines = new DeadlineQueue(loop, 'headersTimeout', settings.headersTimeout);
    this.bodyDeadlines = new DeadlineQueue(loop, 'bodyTimeout', settings.bodyTimeout);
    this.writeDeadlines = new DeadlineQueue(loop, 'writeTimeout', settings.writeTimeout);
    this.lingerDeadlines = new DeadlineQueue(loop, 'linger', LINGER_TIME);
  }

  /**
   * Why a new request can't be taken now, or `undefined`. Memory that is used up by clients that take nothing of their
   * responses is no reason to refuse others: the one that has stalled longest makes room.
   */
  overload(): string | undefined {
    const { counters, settings } = this;
    if (counters.inFlight >= settings.maxInFlight) return 'maxInFlight';
    if (counters.buffered >= settings.maxBuffered && !this.writeDeadlines.expireFirst(STALLED_TIME)) {
      return 'maxBuffered';
    }
    return undefined;
  }

  close(): void {
    this.keepAliveDeadlines.close();
    this.openingDeadlines.close();
    this.headersDeadlines.close();
    this.bodyDeadlines.close();
    this.writeDeadlines.close();
    this.lingerDeadlines.close();
  }
}

/** Milliseconds after which a client that takes nothing loses its claim to memory that others need. */
const STALLED_TIME = 2_000;
/** Milliseconds of silence for which a connection about to be closed still listens: see linger.ts. */
const LINGER_TIME = 5_000;
