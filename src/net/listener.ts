// A listening kernel socket: accepts connections as streams. Made by `listen` (index.ts), or adopted from a descriptor
// that a parent process or systemd opened.

import {
  type Address,
  EAGAIN,
  EBADF,
  ECANCELED,
  EINVAL,
  ENOTSOCK,
  formatAddress,
  type ListenOptions,
  READABLE,
  SystemError,
} from '../kernel/index.ts';
import type { Loop, ReadyListener, Timer, Watch } from '../loop/index.ts';
import { type Co, sleep } from '../task/index.ts';
import { Readiness } from './readiness.ts';
import { SocketStream } from './socket.ts';
import type { Listener, Stream } from './stream.ts';

/**
 * Milliseconds from the last SYN that was answered to the last ACK that is waited for: a round trip between cities, or
 * some of a loaded machine's. Longer costs more than it saves: clients that come meanwhile get no answer, where a proxy
 * that is refused turns to the next server at once.
 */
const HANDSHAKE_TIME = 50;
/** Milliseconds to wait when the system is out of descriptors or memory: connections stay queued in the kernel. */
const SHORTAGE_PAUSE = 100;
/**
 * What is wrong with the listener itself. All else passes: a shortage, or an error of the network that accept(2) hands
 * over with the connection that met it.
 */
const FATAL: ReadonlySet<number> = new Set([-ECANCELED, -EBADF, -EINVAL, -ENOTSOCK]);

/** Those that are open. */
const LISTENERS = new Map<number, SocketListener>();

export class SocketListener implements Listener, ReadyListener {
  readonly address: Address;
  readonly #loop: Loop;
  readonly #fd: number;
  readonly #watch: Watch;
  readonly #readiness = new Readiness();
  #shortages = 0;
  onShortage?: (errno: number) => void;
  #stopping: Timer | undefined;
  /** Nobody is on the way any more: what is queued is the rest. */
  #last = false;
  #closed = false;
  /** Other listening sockets whose queues are served here, too. */
  readonly #lent = new Map<number, Watch>();

  /** Takes over `fd`, a listening non-blocking socket. */
  constructor(loop: Loop, fd: number) {
    this.#loop = loop;
    this.#fd = fd;
    const address = loop.kernel.localAddress(fd);
    if (address === undefined) throw new Error(`descriptor ${fd} is not a socket`);
    this.address = address;
    try {
      this.#watch = loop.watch(fd, this);
    } catch (error) {
      loop.kernel.close(fd);
      throw error;
    }
    LISTENERS.set(fd, this);
  }

  /** The open one on this descriptor. */
  static on(fd: number): SocketListener | undefined {
    return LISTENERS.get(fd);
  }

  /** Binds and listens. Throws `SystemError`, e.g. with code EADDRINUSE. */
  static open(loop: Loop, address: Address, options: ListenOptions): SocketListener {
    const fd = loop.kernel.listen(address, options);
    if (fd < 0) throw new SystemError('listen', fd, formatAddress(address));
    return new SocketListener(loop, fd);
  }

  /** Listens on an inherited descriptor. */
  static adopt(loop: Loop, fd: number): SocketListener {
    const adopted = loop.kernel.adopt(fd);
    if (adopted < 0) throw new SystemError('adopt', adopted, `fd ${fd}`);
    return new SocketListener(loop, adopted);
  }

  onReady(flags: number): void {
    this.#readiness.report(flags);
  }

  tryAccept(): Stream | undefined {
    // News may not have come yet of what is queued: a listener that is about to be closed must not leave it behind.
    this.#readiness.canRead = true;
    const result = this.#next();
    return typeof result === 'number' ? undefined : result;
  }

  *accept(): Co<Stream> {
    for (;;) {
      const result = this.#next();
      if (typeof result !== 'number') return result;
      if (result === -EAGAIN) yield this.#readiness.readable;
      else if (FATAL.has(result)) throw new SystemError('accept', result, formatAddress(this.address));
      else yield* this.#pause(result);
    }
  }

  /** Nothing was taken from the queue and no further edge comes for it, so it is tried again by time. */
  *#pause(errno: number): Co<void> {
    this.#shortages++;
    this.onShortage?.(errno);
    yield* sleep(SHORTAGE_PAUSE);
  }

  #next(): Stream | number {
    if (this.#closed) return -ECANCELED;
    if (!this.#readiness.canRead) return -EAGAIN;
    const fd = this.#acceptAny();
    if (fd >= 0) return this.#welcome(fd);
    if (fd === -EAGAIN) this.#readiness.canRead = false;
    if (fd !== -EAGAIN || !this.#last) return fd;
    this.close();
    return -ECANCELED;
  }

  #acceptAny(): number {
    const { kernel } = this.#loop;
    let fd = kernel.accept(this.#fd);
    if (fd !== -EAGAIN || this.#lent.size === 0) return fd;
    for (const lent of this.#lent.keys()) {
      fd = kernel.accept(lent);
      if (fd >= 0) return fd;
      if (FATAL.has(fd)) this.takeBack(lent);
    }
    return -EAGAIN;
  }

  /** Accepts what waits at `fd`, a listening socket, as well; takes it over. */
  lend(fd: number): void {
    if (this.#closed || this.#stopping !== undefined) {
      this.#loop.kernel.close(fd);
      return;
    }
    const watch = this.#loop.watch(fd, { onReady: () => this.#readiness.report(READABLE) });
    watch.referenced = false;
    this.#lent.set(fd, watch);
    this.#readiness.report(READABLE);
  }

  /** No longer. */
  takeBack(fd: number): void {
    const watch = this.#lent.get(fd);
    if (watch === undefined) return;
    this.#lent.delete(fd);
    watch.close();
    this.#loop.kernel.close(fd);
  }

  /** A connection that can't be watched is closed: the table of watches is full, or memory is. */
  #welcome(fd: number): Stream | number {
    try {
      return new SocketStream(this.#loop, fd);
    } catch (error) {
      if (error instanceof SystemError) return error.errno;
      throw error;
    }
  }

  /** Where the kernel can't stop it (an adopted descriptor), what comes later is for those that share the socket. */
  stopListening(patient = true): void {
    if (this.#closed || this.#stopping !== undefined) return;
    for (const fd of [...this.#lent.keys()]) this.takeBack(fd);
    const stopped = this.#loop.kernel.stopListening(this.#fd) === 0;
    // A unix socket has no handshakes: who is connected is in the queue.
    const wait = patient && stopped && this.address.family !== 'unix' ? HANDSHAKE_TIME : 0;
    this.#stopping = this.#loop.setTimer(wait, () => {
      this.#last = true;
      this.#readiness.report(READABLE);
    });
  }

  /** A unix socket's file goes with it. What was never accepted is reset. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    LISTENERS.delete(this.#fd);
    for (const fd of [...this.#lent.keys()]) this.takeBack(fd);
    if (this.#stopping !== undefined) this.#loop.cancelTimer(this.#stopping);
    if (this.address.family === 'unix') this.#loop.kernel.stopListening(this.#fd);
    this.#watch.close();
    this.#loop.kernel.close(this.#fd);
    this.#readiness.report(READABLE);
  }

  setReferenced(referenced: boolean): void {
    this.#watch.referenced = referenced;
  }

  /** How often accepting had to pause, for want of descriptors mostly. */
  statistics(): { shortages: number } {
    return { shortages: this.#shortages };
  }
}
