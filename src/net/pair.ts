// Two streams in memory, each the other's peer: for testing a protocol without a network, and for pieces of one program
// that speak a protocol to each other.

import { EAGAIN, ECONNRESET, EPIPE, HANGUP, PEER_CLOSED, READABLE, WRITABLE } from '../kernel/index.ts';
import type { Co, Suspend } from '../task/index.ts';
import { Readiness } from './readiness.ts';
import type { Stream } from './stream.ts';
import { readSome, writeAll } from './transfer.ts';

const CAPACITY = 64 * 1024;

/** @example const [client, server] = createPair(); */
export function createPair(capacity: number = CAPACITY): [Stream, Stream] {
  const left = new PairStream(capacity);
  const right = new PairStream(capacity);
  left.connectTo(right);
  right.connectTo(left);
  return [left, right];
}

class PairStream implements Stream {
  readonly #capacity: number;
  readonly #readiness = new Readiness();
  #peer!: PairStream;
  /** What the peer has written and this end has not read. */
  #incoming = new Uint8Array(0);
  #peerEnded = false;
  #ended = false;
  #closed = false;
  #reset = false;

  constructor(capacity: number) {
    this.#capacity = capacity;
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
    if (this.#reset) return -ECONNRESET;
    const count = Math.min(length, this.#incoming.length);
    if (count === 0 && length > 0) {
      if (this.#peerEnded) return 0;
      this.#readiness.canRead = false;
      return -EAGAIN;
    }
    into.set(this.#incoming.subarray(0, count), offset);
    this.#incoming = this.#incoming.slice(count);
    this.#peer.#readiness.report(WRITABLE);
    return count;
  }

  tryWrite(bytes: Uint8Array, offset: number, length: number): number {
    if (this.#reset || this.#ended || this.#closed || this.#peer.#closed) return -EPIPE;
    const waiting = this.#peer.#incoming;
    const count = Math.min(length, this.#capacity - waiting.length);
    if (count === 0 && length > 0) {
      this.#readiness.canWrite = false;
      return -EAGAIN;
    }
    const joined = new Uint8Array(waiting.length + count);
    joined.set(waiting);
    joined.set(bytes.subarray(offset, offset + count), waiting.length);
    this.#peer.#incoming = joined;
    this.#peer.#readiness.report(READABLE);
    return count;
  }

  read(into: Uint8Array): Co<number> {
    return readSome(this, into);
  }

  write(bytes: Uint8Array | string): Co<void> {
    return writeAll(this, bytes);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#peer.#peerEnded = true;
    this.#peer.#readiness.report(READABLE | PEER_CLOSED);
  }

  close(kind: 'graceful' | 'reset' = 'graceful'): void {
    if (this.#closed) return;
    this.#closed = true;
    if (kind === 'reset') {
      this.#peer.#reset = true;
      this.#peer.#readiness.report(HANGUP);
    } else {
      this.end();
      // Whoever waits for room learns that there is no reader any more.
      this.#peer.#readiness.report(WRITABLE);
    }
    this.#readiness.report(READABLE | WRITABLE);
  }
}
