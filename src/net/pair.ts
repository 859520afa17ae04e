// Two streams in memory, each the other's peer: for testing a protocol without a network, and for pieces of one program
// that speak a protocol to each other.

import {
  EAGAIN,
  ECANCELED,
  ECONNRESET,
  EPIPE,
  HANGUP,
  PEER_CLOSED,
  READABLE,
  WRITABLE,
} from '../kernel/index.ts';
import type { Co, Suspend } from '../task/index.ts';
import { ByteQueue } from './byte-queue.ts';
import { Readiness } from './readiness.ts';
import type { Stream } from './stream.ts';
import { readSome, writeAll } from './transfer.ts';

const CAPACITY = 64 * 1024;

/**
 * Two ends of one connection. Each holds up to `capacity` bytes (64 KB) that it has not read yet.
 *
 * @example const [client, server] = createPair();
 */
export function createPair(capacity: number = CAPACITY): [Stream, Stream] {
  const left = new PairStream(capacity);
  const right = new PairStream(capacity);
  left.connectTo(right);
  right.connectTo(left);
  return [left, right];
}

class PairStream implements Stream {
  readonly #readiness = new Readiness();
  #peer!: PairStream;
  /** What the peer has written and this end has not read. */
  readonly #incoming: ByteQueue;
  #ended = false;
  #closed = false;
  #reset = false;

  constructor(capacity: number) {
    this.#incoming = new ByteQueue(capacity);
  }

  connectTo(peer: PairStream): void {
    this.#peer = peer;
  }

  get localAddress(): undefined {
    return undefined;
  }

  get remoteAddress(): undefined {
    return undefined;
  }

  get encrypted(): boolean {
    return false;
  }

  get readable(): Suspend {
    return this.#readiness.readable;
  }

  get writable(): Suspend {
    return this.#readiness.writable;
  }

  get activity(): Suspend {
    return this.#readiness;
  }

  get peerClosed(): boolean {
    return this.#readiness.peerClosed;
  }

  get hangup(): boolean {
    return this.#readiness.hangup;
  }

  wantWritable(): void {}

  tryRead(into: Uint8Array, offset: number, length: number): number {
    if (this.#closed) return -ECANCELED;
    const count = this.#incoming.take(into, offset, length);
    if (count === 0 && length > 0) {
      // As over TCP: what arrived before a reset can still be read.
      if (this.#reset) return -ECONNRESET;
      if (this.#peer.#ended) return 0;
      this.#readiness.canRead = false;
      return -EAGAIN;
    }
    // Room is news only to a writer that found none.
    const writer = this.#peer.#readiness;
    if (!writer.canWrite) writer.report(WRITABLE);
    return count;
  }

  tryWrite(bytes: Uint8Array, offset: number, length: number): number {
    if (this.#closed) return -ECANCELED;
    if (this.#reset) return -ECONNRESET;
    if (this.#ended || this.#peer.#closed) return -EPIPE;
    const queue = this.#peer.#incoming;
    const count = Math.min(length, queue.room);
    if (count < length) this.#readiness.canWrite = false;
    if (count === 0 && length > 0) return -EAGAIN;
    queue.append(bytes, offset, count);
    if (count > 0) this.#peer.#readiness.report(READABLE);
    return count;
  }

  read(into: Uint8Array): Co<number> {
    return readSome(this, this.#readiness, into);
  }

  write(bytes: Uint8Array | string): Co<void> {
    return writeAll(this, this.#readiness, bytes);
  }

  end(): void {
    if (this.#ended || this.#closed || this.#reset) return;
    this.#ended = true;
    const over = this.#peer.#ended ? HANGUP : 0;
    this.#peer.#readiness.report(READABLE | PEER_CLOSED | over);
    if (over !== 0) this.#readiness.report(HANGUP);
  }

  /** Memory keeps no process alive. */
  setReferenced(): void {}

  close(kind: 'graceful' | 'reset' = 'graceful'): void {
    if (this.#closed) return;
    if (kind === 'graceful') this.end();
    this.#closed = true;
    const peer = this.#peer;
    if (kind === 'reset' && !peer.#closed) {
      peer.#reset = true;
      peer.#readiness.report(READABLE | WRITABLE | HANGUP);
    } else {
      // Whoever waits for room learns that there is no reader any more.
      peer.#readiness.report(WRITABLE);
    }
    this.#readiness.report(READABLE | WRITABLE);
  }
}
