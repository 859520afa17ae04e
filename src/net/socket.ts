// A kernel socket as a Stream. The listener makes the server's (listener.ts), `connect` the client's (connect.ts).
//
// Readiness is edge-triggered: `tryRead` asks the kernel only while the last news said that there may be something,
// and a short read means there is no more: a request costs one recv, not two (epoll(7), question 9).

import {
  type Address,
  EAGAIN,
  ECANCELED,
  formatAddress,
  type Kernel,
  READABLE,
  SystemError,
  WRITABLE,
} from '../kernel/index.ts';
import type { Loop, ReadyListener, Watch } from '../loop/index.ts';
import type { Co, Suspend } from '../task/index.ts';
import { Readiness } from './readiness.ts';
import type { Stream } from './stream.ts';
import { readSome, writeAll } from './transfer.ts';

export class SocketStream implements Stream, ReadyListener {
  readonly #kernel: Kernel;
  readonly #fd: number;
  readonly #watch: Watch;
  readonly #readiness = new Readiness();
  #closed = false;

  /** Takes over `fd`, a connected (or connecting) non-blocking socket. Closes it and throws where it can't be watched. */
  constructor(loop: Loop, fd: number) {
    this.#kernel = loop.kernel;
    this.#fd = fd;
    try {
      this.#watch = loop.watch(fd, this);
    } catch (error) {
      loop.kernel.close(fd);
      throw error;
    }
  }

  get fd(): number {
    return this.#fd;
  }

  get localAddress(): Address | undefined {
    return this.#closed ? undefined : this.#kernel.localAddress(this.#fd);
  }

  get remoteAddress(): Address | undefined {
    return this.#closed ? undefined : this.#kernel.peerAddress(this.#fd);
  }

  get encrypted(): boolean {
    return false;
  }

  get readable(): Suspend {
    return this.#readiness.readable;
  }

  get writable(): Suspend {
    this.wantWritable();
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

  /** Waits for the end of a connect(2) in progress. Throws `SystemError` where it failed. */
  *established(address: Address): Co<void> {
    this.#readiness.canWrite = false;
    yield this.writable;
    const failure = this.#kernel.socketError(this.#fd);
    if (failure < 0) throw new SystemError('connect', failure, formatAddress(address));
  }

  onReady(flags: number): void {
    this.#readiness.report(flags);
  }

  tryRead(into: Uint8Array, offset: number, length: number): number {
    if (this.#closed) return -ECANCELED;
    const readiness = this.#readiness;
    if (!readiness.canRead) return -EAGAIN;
    const count = this.#kernel.recv(this.#fd, into, offset, length);
    if (count === -EAGAIN) readiness.canRead = false;
    // Behind a FIN there is always one more thing to read: the end.
    else if (count > 0 && count < length && !readiness.peerClosed && !readiness.hangup)
      readiness.canRead = false;
    return count;
  }

  tryWrite(bytes: Uint8Array, offset: number, length: number, more = false): number {
    if (this.#closed) return -ECANCELED;
    if (!this.#readiness.canWrite) return -EAGAIN;
    const count = this.#kernel.send(this.#fd, bytes, offset, length, more);
    if (count < length && (count >= 0 || count === -EAGAIN)) this.#readiness.canWrite = false;
    return count;
  }

  trySendFile(file: number, position: number, length: number): number {
    if (this.#closed) return -ECANCELED;
    if (!this.#readiness.canWrite) return -EAGAIN;
    const count = this.#kernel.sendfile(this.#fd, file, position, length);
    // A short count says nothing of the socket: the file may have ended.
    if (count === -EAGAIN) this.#readiness.canWrite = false;
    return count;
  }

  wantWritable(): void {
    this.#watch.wantWritable();
  }

  read(into: Uint8Array): Co<number> {
    return readSome(this, this.#readiness, into);
  }

  write(bytes: Uint8Array | string): Co<void> {
    return writeAll(this, this.#readiness, bytes);
  }

  end(): void {
    if (!this.#closed) this.#kernel.shutdown(this.#fd);
  }

  setReferenced(referenced: boolean): void {
    this.#watch.referenced = referenced;
  }

  close(kind: 'graceful' | 'reset' = 'graceful'): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watch.close();
    this.#kernel.close(this.#fd, kind);
    // Whoever still waits finds out by trying.
    this.#readiness.report(READABLE | WRITABLE);
  }
}
