// Connections of one loop, kept for the next request to the same origin. An idle one holds no task, keeps no process alive,
// and is watched: whatever the server does on it means that it can't be used any more.
//
//            take                      give, when the answer is complete and it may stay
//   fresh ─────────▶ in use ───────────────────────────────────────────▶ idle ──▶ in use again
//                      │ drop: an error, a cancellation, `close`           │ the server closes it, its time is up
//                      ▼                                                   ▼
//                    closed                                              closed

import { type Address, EAGAIN } from '../../kernel/index.ts';
import type { Loop, Timer } from '../../loop/index.ts';
import { connect, type Stream } from '../../net/index.ts';
import { type Co, type Waiter, WaitList } from '../../task/index.ts';
import { fetchLimits } from '../limits.ts';
import type { Target } from '../request.ts';
import { Names } from './names.ts';
import { NextAddress, type Patience } from './patience.ts';

/** Milliseconds after which another of a name's addresses is tried, where there is one. */
const ATTEMPT = 500;
/** Milliseconds between two looks for connections whose time is up. */
const SWEEP_EVERY = 1000;
/** Milliseconds between our giving up a connection and the server's, where it says when that is. */
const MARGIN = 1000;

const KEEP_ALIVE_FIELD = /\r\nkeep-alive:[^\r\n]*timeout=(\d+)/i;
const probe = new Uint8Array(1);

interface Origin {
  readonly key: string;
  /** The one given back last is at the end, and taken first: the others have a chance to grow old. */
  readonly idle: Connection[];
  /** Connections there are, those being established included. */
  open: number;
  readonly waiting: WaitList;
}

export class Connection implements Waiter {
  readonly loop: Loop;
  readonly stream: Stream;
  readonly origin: Origin;
  /** It has carried a request before. */
  reused = false;
  expires = 0;
  readonly #pool: Pool;

  constructor(pool: Pool, stream: Stream, origin: Origin) {
    this.loop = pool.loop;
    this.stream = stream;
    this.origin = origin;
    this.#pool = pool;
  }

  /** Nothing can be read, as it should be between two requests: neither an end nor octets that nobody asked for. */
  get quiet(): boolean {
    return !this.stream.peerClosed && !this.stream.hangup && this.stream.tryRead(probe, 0, 1) === -EAGAIN;
  }

  watch(): void {
    this.stream.setReferenced(false);
    this.stream.activity.park(this);
  }

  unwatch(): void {
    this.stream.activity.unpark(this);
    this.stream.setReferenced(true);
  }

  /** News of an idle connection. */
  resume(): void {
    if (this.quiet) this.stream.activity.park(this);
    else this.#pool.forget(this);
  }

  fail(): void {
    this.#pool.forget(this);
  }
}

export class Pool {
  readonly loop: Loop;
  readonly #names: Names;
  readonly #origins = new Map<string, Origin>();
  #sweep: Timer | undefined;

  constructor(loop: Loop) {
    this.loop = loop;
    this.#names = new Names(loop);
  }

  /**
   * A connection to where `target` (http:) is. Give it back with `give` or `drop`. `fresh`: a kept one has just turned out
   * to be closed, and the others are likely to be, too.
   */
  *take(target: Target, patience: Patience, fresh: boolean): Co<Connection> {
    const origin = this.#originOf(target.host);
    if (fresh) for (const connection of [...origin.idle]) this.#expire(connection);
    const idle = this.#takeIdle(origin);
    if (idle !== undefined) return idle;
    if (origin.open < fetchLimits().maxConnections) origin.open++;
    else {
      // Woken with a connection, or with the place of one that is gone.
      patience.rest();
      const handed = (yield origin.waiting.place(undefined)) as Connection | undefined;
      if (handed !== undefined) return handed;
    }
    try {
      return new Connection(this, yield* this.#connect(target, patience), origin);
    } catch (error) {
      this.#leave(origin);
      throw error;
    }
  }

  *#connect({ hostname, port }: Target, patience: Patience): Co<Stream> {
    patience.connecting();
    const addresses = yield* this.#names.resolve(hostname, port, fetchLimits().dnsCache);
    let failure: unknown;
    const slow: Address[] = [];
    for (const [i, address] of addresses.entries()) {
      const last = i === addresses.length - 1 && slow.length === 0;
      patience.connecting(last ? undefined : ATTEMPT);
      try {
        const stream = yield* connect(address);
        if (i > 0) this.#names.prefer(hostname, address);
        return stream;
      } catch (error) {
        if (error instanceof NextAddress) slow.push(address);
        else if (isSystemError(error)) failure = error;
        else throw error;
      }
    }
    // None is there at once: now the first one that did not refuse has all its time.
    if (slow[0] === undefined) throw failure;
    patience.connecting();
    return yield* connect(slow[0]);
  }

  /** Gives back a connection on which an answer, with this head, is complete; closes it where it can't be kept. */
  give(connection: Connection, rawHead: string): void {
    const { origin } = connection;
    const { maxIdle, keepAlive } = fetchLimits();
    const hint = KEEP_ALIVE_FIELD.exec(rawHead)?.[1];
    const kept = hint === undefined ? keepAlive : Math.min(keepAlive, Number(hint) * 1000 - MARGIN);
    if (kept <= 0 || !connection.quiet) {
      this.drop(connection);
      return;
    }
    connection.reused = true;
    if (origin.waiting.wakeOne(connection) !== undefined) return;
    if (origin.idle.length >= maxIdle) {
      this.drop(connection);
      return;
    }
    connection.expires = this.loop.now() + kept;
    connection.watch();
    origin.idle.push(connection);
    this.#sweepLater();
  }

  /** Closes a connection that was taken. */
  drop(connection: Connection): void {
    connection.stream.close();
    this.#leave(connection.origin);
  }

  /** Closes an idle connection. */
  forget(connection: Connection): void {
    const { idle } = connection.origin;
    const index = idle.indexOf(connection);
    if (index !== -1) idle.splice(index, 1);
    this.drop(connection);
  }

  /** How many connections there are. */
  statistics(): { readonly open: number; readonly idle: number; readonly waiting: number } {
    const sum = { open: 0, idle: 0, waiting: 0 };
    for (const { open, idle, waiting } of this.#origins.values()) {
      sum.open += open;
      sum.idle += idle.length;
      sum.waiting += waiting.size;
    }
    return sum;
  }

  /** Closes what is idle. */
  clear(): void {
    for (const { idle } of this.#origins.values())
      for (const connection of [...idle]) this.#expire(connection);
    if (this.#sweep !== undefined) this.loop.cancelTimer(this.#sweep);
    this.#sweep = undefined;
  }

  #originOf(key: string): Origin {
    let origin = this.#origins.get(key);
    if (origin === undefined) {
      origin = { key, idle: [], open: 0, waiting: new WaitList() };
      this.#origins.set(key, origin);
    }
    return origin;
  }

  #takeIdle(origin: Origin): Connection | undefined {
    const now = this.loop.now();
    for (let found = origin.idle.at(-1); found !== undefined; found = origin.idle.at(-1)) {
      if (found.expires <= now) {
        this.#expire(found);
        continue;
      }
      origin.idle.pop();
      found.unwatch();
      return found;
    }
    return undefined;
  }

  #expire(connection: Connection): void {
    connection.unwatch();
    this.forget(connection);
  }

  /** One connection fewer: somebody else may have its place. */
  #leave(origin: Origin): void {
    if (origin.waiting.wakeOne(undefined) !== undefined) return;
    origin.open--;
    // Whoever has just closed it may be about to open another: an origin that nobody needs is forgotten later.
    if (origin.open === 0) this.#sweepLater();
  }

  #sweepLater(): void {
    this.#sweep ??= this.loop.setBackgroundTimer(SWEEP_EVERY, this.#sweepIdle);
  }

  readonly #sweepIdle = (): void => {
    const now = this.loop.now();
    let left = 0;
    for (const origin of this.#origins.values()) {
      for (const connection of origin.idle.filter(({ expires }) => expires <= now)) this.#expire(connection);
      if (origin.open === 0) this.#origins.delete(origin.key);
      left += origin.idle.length;
    }
    this.#sweep = undefined;
    if (left > 0) this.#sweepLater();
  };
}

/** Ours and Node's have this in common; a cancellation is none. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
