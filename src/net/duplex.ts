// A Node `Duplex` (a `net.Socket`, a `TLSSocket`, a pipe) as a Stream: how TLS comes in, and how the server runs where
// there is no kernel of ours (macOS, Windows). Slower than a kernel socket, and the same to whoever uses it.

import type { Duplex } from 'node:stream';
import {
  type Address,
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
import { Readiness } from './readiness.ts';
import type { Stream } from './stream.ts';
import { readSome, writeAll } from './transfer.ts';

/** Bytes that one `tryWrite` hands over: a Duplex keeps all it is given, whether there is room or not. */
const MOST_WRITTEN = 64 * 1024;
/** Milliseconds for which a closed stream may still be sending: about what Linux grants a socket without a process. */
const CLOSE_PATIENCE = 120_000;

/** What is known of a Duplex that is a socket. */
interface MaybeSocket {
  readonly connecting?: boolean;
  readonly encrypted?: boolean;
  readonly localAddress?: string;
  readonly localPort?: number;
  readonly localFamily?: string;
  readonly remoteAddress?: string;
  readonly remotePort?: number;
  readonly remoteFamily?: string;
  resetAndDestroy?(): void;
  ref?(): void;
  unref?(): void;
}

export class DuplexStream implements Stream {
  readonly #duplex: Duplex & MaybeSocket;
  readonly #peer: Address | undefined;
  readonly #readiness = new Readiness();
  /** Read from the Duplex, and not by our reader yet. */
  #chunk: Buffer | undefined;
  #ended = false;
  #failed = false;
  #closed = false;

  /**
   * Takes over `duplex`; nobody else may read it any more. It should allow half-open connections. `peer` is at its other
   * end where it does not know itself, as a unix socket of Node's.
   */
  constructor(duplex: Duplex, peer?: Address) {
    this.#duplex = duplex;
    this.#peer = peer;
    this.#readiness.canWrite = !duplex.writableNeedDrain;
    duplex.on('readable', () => this.#pull());
    duplex.on('drain', () => this.#readiness.report(WRITABLE));
    duplex.on('end', () => this.#end());
    duplex.on('error', () => this.#fail());
    duplex.on('close', () => this.#fail());
    this.#pull();
    if (duplex.readableEnded) this.#end();
    if (duplex.destroyed) this.#fail();
  }

  /** Reads ahead by one chunk: a Duplex tells its end only to who reads up to it. */
  #pull(): void {
    if (this.#closed) return;
    if (this.#chunk === undefined) {
      this.#chunk = (this.#duplex.read() as Buffer | null) ?? undefined;
      if (this.#chunk !== undefined) this.#readiness.report(READABLE);
    }
    // With nothing else held back, a `read` of nothing says whether the end has come.
    if (this.#chunk !== undefined && this.#duplex.readableLength === 0) this.#duplex.read(0);
  }

  #end(): void {
    this.#ended = true;
    this.#readiness.report(READABLE | PEER_CLOSED);
  }

  #fail(): void {
    if (this.#failed || this.#closed) return;
    this.#failed = true;
    // What came before the failure can still be read, as from a socket.
    this.#pull();
    this.#readiness.report(HANGUP);
  }

  get localAddress(): Address | undefined {
    const { localFamily, localAddress, localPort } = this.#duplex;
    return addressOf(localFamily, localAddress, localPort);
  }

  get remoteAddress(): Address | undefined {
    const { remoteFamily, remoteAddress, remotePort } = this.#duplex;
    return addressOf(remoteFamily, remoteAddress, remotePort) ?? this.#peer;
  }

  get encrypted(): boolean {
    return this.#duplex.encrypted === true;
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

  /** A Duplex tells of room by itself. */
  wantWritable(): void {}

  tryRead(into: Uint8Array, offset: number, length: number): number {
    if (this.#closed) return -ECANCELED;
    const chunk = this.#chunk;
    if (chunk === undefined) {
      if (this.#ended) return 0;
      if (this.#failed) return -ECONNRESET;
      this.#readiness.canRead = false;
      return -EAGAIN;
    }
    const count = Math.min(length, chunk.length);
    into.set(count === chunk.length ? chunk : chunk.subarray(0, count), offset);
    this.#chunk = count === chunk.length ? undefined : chunk.subarray(count);
    if (this.#chunk === undefined) this.#pull();
    return count;
  }

  tryWrite(bytes: Uint8Array, offset: number, length: number): number {
    if (this.#closed) return -ECANCELED;
    if (this.#failed) return -ECONNRESET;
    if (this.#duplex.writableEnded) return -EPIPE;
    if (!this.#readiness.canWrite) return -EAGAIN;
    // The Duplex keeps what it is given, and the caller's buffer is about to be used again.
    const count = Math.min(length, MOST_WRITTEN);
    const copy = Buffer.from(bytes.subarray(offset, offset + count));
    this.#readiness.canWrite = this.#duplex.write(copy);
    return count;
  }

  read(into: Uint8Array): Co<number> {
    return readSome(this, this.#readiness, into);
  }

  write(bytes: Uint8Array | string): Co<void> {
    return writeAll(this, this.#readiness, bytes);
  }

  end(): void {
    if (!this.#closed) this.#duplex.end();
  }

  setReferenced(referenced: boolean): void {
    if (referenced) this.#duplex.ref?.();
    else this.#duplex.unref?.();
  }

  close(kind: 'graceful' | 'reset' = 'graceful'): void {
    if (this.#closed) return;
    this.#closed = true;
    const duplex = this.#duplex;
    const nothingToSend = duplex.connecting === true && duplex.writableLength === 0;
    if (kind === 'reset') reset(duplex);
    else if (duplex.writableFinished || nothingToSend) duplex.destroy();
    else finish(duplex);
    this.#readiness.report(READABLE | WRITABLE);
  }
}

/** Only TCP knows resets: Node throws where a pipe or a TLS connection is to send one. */
function reset(duplex: Duplex & MaybeSocket): void {
  try {
    duplex.resetAndDestroy?.();
  } catch {
    // What is not TCP is closed without further ado.
  }
  duplex.destroy();
}

/** Sends what is left, then closes. A peer that takes nothing of it must not hold the descriptor for ever. */
function finish(duplex: Duplex): void {
  const timer = setTimeout(() => duplex.destroy(), CLOSE_PATIENCE);
  timer.unref();
  duplex.once('close', () => clearTimeout(timer));
  duplex.end(() => duplex.destroy());
}

function addressOf(
  family: string | undefined,
  host: string | undefined,
  port: number | undefined,
): Address | undefined {
  if (host === undefined) return undefined;
  return { family: family === 'IPv6' ? 'inet6' : 'inet', host, port: port ?? 0 };
}
