// A connection behind an upgrade, or CONNECT: its stream on one side, the program's socket, a Node Duplex, on the other. One
// coroutine carries bytes in; what the program writes goes to the stream at once, and to the coroutine where that takes
// not all of it.
//
//   stream ──tryRead──► push ──► 'data'          as long as the program reads
//   write ──tryWrite──► stream                   what does not fit waits here, and the program's next write with it

import type { AsyncResource } from 'node:async_hooks';
import type { Duplex } from 'node:stream';
import { EAGAIN } from '../../kernel/index.ts';
import type { Loop } from '../../loop/index.ts';
import type { Stream } from '../../net/index.ts';
import type { Co, Suspend, Waiter } from '../../task/index.ts';

/** Bytes received at a time. */
const RECEIVE_SIZE = 64 * 1024;
/** Reads at a stretch before other connections have their turn. */
const READS_IN_TURN = 16;

type Callback = (error?: Error | null) => void;

/** Told of whatever moves. */
interface Touchable {
  touch(): void;
}

interface Pending {
  readonly bytes: Uint8Array;
  sent: number;
  readonly callback: Callback;
}

export class Tunnel implements Suspend, Waiter {
  readonly #stream: Stream;
  readonly #socket: Duplex & Touchable;
  /** Where the program's listeners run: as they would in the handler of the request. */
  readonly #context: AsyncResource;
  #loop: Loop | undefined;
  #waiter: Waiter | undefined;
  #news = false;
  #wantsInput = false;
  #inputEnded = false;
  #pending: Pending | undefined;
  #closed = false;
  bytesRead = 0;
  bytesWritten = 0;

  constructor(stream: Stream, socket: Duplex & Touchable, context: AsyncResource) {
    this.#stream = stream;
    this.#socket = socket;
    this.#context = context;
  }

  /** Carries bytes until either side is done. */
  *carry(): Co<void> {
    const buffer = Buffer.allocUnsafeSlow(RECEIVE_SIZE);
    let reads = 0;
    while (!this.#closed) {
      const received = this.#receive(buffer);
      this.#sendPending();
      if (this.#closed) return;
      if (this.#stream.hangup && !received && !this.#inputEnded) {
        this.#fail(-1);
        return;
      }
      if (received && ++reads % READS_IN_TURN !== 0) continue;
      if (received) this.#news = true;
      yield this;
    }
  }

  /** Whether there was something, an end or a failure included. */
  #receive(buffer: Buffer): boolean {
    if (!this.#wantsInput || this.#inputEnded) return false;
    const count = this.#stream.tryRead(buffer, 0, buffer.length);
    if (count === -EAGAIN) return false;
    if (count < 0) {
      this.#fail(count);
      return false;
    }
    this.#socket.touch();
    this.bytesRead += count;
    if (count === 0) this.#inputEnded = true;
    const piece = count === 0 ? null : Buffer.from(buffer.subarray(0, count));
    this.#wantsInput = false;
    this.#context.runInAsyncScope(() => {
      if (this.#socket.push(piece)) this.#wantsInput = true;
      // The end is told to programs that don't read, too.
      if (piece === null) this.#socket.read(0);
    });
    return true;
  }

  #sendPending(): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    const { bytes, callback } = pending;
    while (pending.sent < bytes.length) {
      const count = this.#stream.tryWrite(bytes, pending.sent, bytes.length - pending.sent);
      if (count === -EAGAIN) {
        this.#stream.wantWritable();
        return;
      }
      if (count < 0) {
        this.#pending = undefined;
        this.#fail(count);
        return;
      }
      pending.sent += count;
      this.bytesWritten += count;
    }
    this.#pending = undefined;
    this.#context.runInAsyncScope(callback, undefined, null);
  }

  /** The connection has failed; `errno` is of no interest to programs, which know one code for it. */
  #fail(_errno: number): void {
    this.#closed = true;
    const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' });
    this.#context.runInAsyncScope(() => this.#socket.destroy(reset));
  }

  // ── What the program's socket asks for ───────────────────────────────────────────────────────────────────────

  wantInput(): void {
    if (this.#wantsInput) return;
    this.#wantsInput = true;
    this.#wake();
  }

  /** One write at a time, as a Writable does it. */
  write(bytes: Uint8Array, callback: Callback): void {
    this.#socket.touch();
    this.#pending = { bytes, sent: 0, callback };
    this.#sendPending();
  }

  end(): void {
    if (!this.#closed) this.#stream.end();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#wake();
  }

  // ── Waiting ──────────────────────────────────────────────────────────────────────────────────────────────────

  get loop(): Loop {
    return this.#loop!;
  }

  park(waiter: Waiter): void {
    if (this.#news || this.#closed) {
      this.#news = false;
      waiter.loop.schedule({ run: () => waiter.resume(undefined) });
      return;
    }
    this.#loop = waiter.loop;
    this.#waiter = waiter;
    this.#stream.activity.park(this);
  }

  unpark(): void {
    this.#waiter = undefined;
    this.#stream.activity.unpark(this);
  }

  #wake(): void {
    const waiter = this.#waiter;
    if (waiter === undefined) {
      this.#news = true;
      return;
    }
    this.#waiter = undefined;
    waiter.resume(undefined);
  }

  resume(): void {
    this.#wake();
  }

  fail(): void {
    this.#wake();
  }
}
