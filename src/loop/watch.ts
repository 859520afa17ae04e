// Which descriptors the loop watches, and who is told of their readiness. `loop` owns one table; `net` adds to it.
//
// The poller reports a token, not a descriptor: descriptors are reused the moment they are closed, and a report of the
// old connection must not wake the new one. A token is an index into the table and the generation of that entry.

import { type Poller, SystemError, WRITABLE } from '../kernel/index.ts';

/** Told of readiness: a socket. */
export interface ReadyListener {
  /** `flags` are the kernel's READABLE, WRITABLE, PEER_CLOSED and HANGUP, as they newly became true. */
  onReady(flags: number): void;
}

const INDEX_BITS = 20;
const INDEX_MASK = (1 << INDEX_BITS) - 1;
const GENERATION_MASK = 0x7ff;

/** One watched descriptor. */
export class Watch {
  readonly fd: number;
  readonly listener: ReadyListener;
  readonly #table: WatchTable;
  readonly #token: number;
  #interest = 0;
  #open = true;
  #referenced = true;

  constructor(table: WatchTable, fd: number, token: number, listener: ReadyListener) {
    this.#table = table;
    this.fd = fd;
    this.#token = token;
    this.listener = listener;
  }

  get token(): number {
    return this.#token;
  }

  /**
   * Also reports WRITABLE, at once if it is so already. Asked for only after a send came up short: a fresh connection
   * is always writable, and would be woken once for nothing.
   */
  wantWritable(): void {
    if (!this.#open || this.#interest === WRITABLE) return;
    this.#interest = WRITABLE;
    this.#table.modify(this, WRITABLE);
  }

  /** Whether it keeps the process alive: every watch does, until told otherwise. */
  get referenced(): boolean {
    return this.#referenced;
  }

  set referenced(value: boolean) {
    if (!this.#open || value === this.#referenced) return;
    this.#referenced = value;
    this.#table.count(value ? 1 : -1);
  }

  /** Stops watching; call it before the descriptor is closed. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#table.remove(this);
  }
}

export class WatchTable {
  readonly poller: Poller;
  readonly #onSizeChange: () => void;
  readonly #entries: Array<Watch | undefined> = [];
  readonly #generations: number[] = [];
  readonly #free: number[] = [];
  #size = 0;
  /** Reports of the poller's last wait, and which of them is next. */
  #reports = 0;
  #nextReport = 0;
  #closed = false;

  constructor(poller: Poller, onSizeChange: () => void) {
    this.poller = poller;
    this.#onSizeChange = onSizeChange;
  }

  /** Watches that keep the process alive. */
  get size(): number {
    return this.#size;
  }

  count(change: 1 | -1): void {
    const before = this.#size;
    this.#size += change;
    if (before === 0 || this.#size === 0) this.#onSizeChange();
  }

  add(fd: number, listener: ReadyListener): Watch {
    const index = this.#free.pop() ?? this.#entries.length;
    if (index > INDEX_MASK) throw new Error(`a loop watches at most ${INDEX_MASK + 1} descriptors`);
    const generation = ((this.#generations[index] ?? 0) + 1) & GENERATION_MASK;
    const watch = new Watch(this, fd, (generation << INDEX_BITS) | index, listener);
    const result = this.poller.add(fd, watch.token, 0);
    if (result < 0) {
      this.#free.push(index);
      throw new SystemError('epoll_ctl', result, `fd ${fd}`);
    }
    this.#entries[index] = watch;
    this.#generations[index] = generation;
    this.count(1);
    return watch;
  }

  remove(watch: Watch): void {
    if (this.#closed) return;
    const index = watch.token & INDEX_MASK;
    this.poller.remove(watch.fd);
    this.#entries[index] = undefined;
    this.#free.push(index);
    if (watch.referenced) this.count(-1);
  }

  modify(watch: Watch, interest: number): void {
    if (this.#closed) return;
    const result = this.poller.modify(watch.fd, watch.token, interest);
    if (result < 0) throw new SystemError('epoll_ctl', result, `fd ${watch.fd}`);
  }

  /** Whether reports are left that a listener's exception kept from being passed on. */
  get hasReports(): boolean {
    return this.#nextReport < this.#reports;
  }

  /** Waits for reports, unless some are left. */
  wait(timeout: number): void {
    if (this.#closed || this.hasReports) return;
    this.#reports = 0;
    this.#nextReport = 0;
    this.#reports = this.poller.wait(timeout);
  }

  /** Passes each report to its listener; those of watches closed meanwhile are dropped. */
  passOn(): void {
    const { poller } = this;
    // Nothing reports an edge twice: a listener that throws must not take those of the others along.
    while (this.#nextReport < this.#reports) {
      const i = this.#nextReport++;
      const token = poller.token(i);
      const watch = this.#entries[token & INDEX_MASK];
      if (watch !== undefined && watch.token === token) watch.listener.onReady(poller.flags(i));
    }
  }

  /** Closes the poller. Its descriptor's number may soon be somebody else's: nothing here touches it any more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#entries.length = 0;
    this.#reports = 0;
    this.#size = 0;
    this.poller.close();
  }
}
