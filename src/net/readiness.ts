// Who waits for a stream, and for what. Every kind of stream has one of these and tells it its news.

import { HANGUP, PEER_CLOSED, READABLE, WRITABLE } from '../kernel/index.ts';
import type { Suspend, Waiter } from '../task/index.ts';

/**
 * A stream's readiness and its waiters: at most one reader, one writer and one that waits for anything (`activity`,
 * which is this object itself: an idle connection carries no other).
 */
export class Readiness implements Suspend {
  /** The kernel's flags, as they are true now; one number, as there are as many of these as connections. */
  #flags = READABLE | WRITABLE;
  /** Reads and writes at a stretch that had nothing to wait for: see `transfer.ts`. */
  streak = 0;
  #any: Waiter | undefined;
  #reader: Waiter | undefined;
  #writer: Waiter | undefined;

  /** False once a read came up short, until there is news. */
  get canRead(): boolean {
    return (this.#flags & READABLE) !== 0;
  }

  set canRead(value: boolean) {
    this.#flags = value ? this.#flags | READABLE : this.#flags & ~READABLE;
  }

  /** False once a write came up short, until there is news. */
  get canWrite(): boolean {
    return (this.#flags & WRITABLE) !== 0;
  }

  set canWrite(value: boolean) {
    this.#flags = value ? this.#flags | WRITABLE : this.#flags & ~WRITABLE;
  }

  get peerClosed(): boolean {
    return (this.#flags & PEER_CLOSED) !== 0;
  }

  get hangup(): boolean {
    return (this.#flags & HANGUP) !== 0;
  }

  /** News: flags of the kernel's contract. An end or an error is something to read, an error also something to write. */
  report(flags: number): void {
    if ((flags & HANGUP) !== 0) flags |= READABLE | WRITABLE;
    else if ((flags & PEER_CLOSED) !== 0) flags |= READABLE;
    this.#flags |= flags;
    this.#wake();
  }

  #wake(): void {
    const any = this.#any;
    if (any !== undefined) {
      this.#any = undefined;
      any.resume(undefined);
    }
    const reader = this.#reader;
    if (reader !== undefined && this.canRead) {
      this.#reader = undefined;
      reader.resume(undefined);
    }
    const writer = this.#writer;
    if (writer !== undefined && this.canWrite) {
      this.#writer = undefined;
      writer.resume(undefined);
    }
  }

  park(waiter: Waiter): void {
    // A connection that parks on itself parks here again without having been woken.
    if (this.#any !== waiter) this.#any = claim(this.#any, waiter, 'for news of');
  }

  unpark(): void {
    this.#any = undefined;
  }

  /** Waits until reading may succeed; at once where it may already. */
  get readable(): Suspend {
    return {
      park: (waiter) => {
        if (this.canRead) waiter.resume(undefined);
        else this.#reader = claim(this.#reader, waiter, 'to read');
      },
      unpark: () => {
        this.#reader = undefined;
      },
    };
  }

  get writable(): Suspend {
    return {
      park: (waiter) => {
        if (this.canWrite) waiter.resume(undefined);
        else this.#writer = claim(this.#writer, waiter, 'to write');
      },
      unpark: () => {
        this.#writer = undefined;
      },
    };
  }
}

/** Two tasks that read from one stream would each get half of everything. */
function claim(current: Waiter | undefined, waiter: Waiter, what: string): Waiter {
  if (current !== undefined) throw new Error(`another task already waits ${what} this stream`);
  return waiter;
}
