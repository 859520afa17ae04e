// A listening kernel socket: accepts connections as streams. Made by `listen` (index.ts), or adopted from a descriptor
// that a parent process or systemd opened.

import {
  type Address,
  EAGAIN,
  ECANCELED,
  EMFILE,
  ENFILE,
  ENOBUFS,
  ENOMEM,
  formatAddress,
  type ListenOptions,
  READABLE,
  SystemError,
} from '../kernel/index.ts';
import type { Loop, ReadyListener, Watch } from '../loop/index.ts';
import { type Co, sleep } from '../task/index.ts';
import { Readiness } from './readiness.ts';
import { SocketStream } from './socket.ts';
import type { Listener, Stream } from './stream.ts';

/** Milliseconds to wait when the system is out of descriptors or memory: connections stay queued in the kernel. */
const SHORTAGE_PAUSE = 100;
const SHORTAGES: ReadonlySet<number> = new Set([-EMFILE, -ENFILE, -ENOBUFS, -ENOMEM]);

export class SocketListener implements Listener, ReadyListener {
  readonly address: Address;
  readonly #loop: Loop;
  readonly #fd: number;
  readonly #watch: Watch;
  readonly #readiness = new Readiness();
  #shortages = 0;
  #closed = false;

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
      else if (SHORTAGES.has(result)) yield* this.#pause();
      else throw new SystemError('accept', result, formatAddress(this.address));
    }
  }

  /** Nothing was taken from the queue and no further edge comes for it, so it is tried again by time. */
  *#pause(): Co<void> {
    this.#shortages++;
    yield* sleep(SHORTAGE_PAUSE);
  }

  #next(): Stream | number {
    if (this.#closed) return -ECANCELED;
    if (!this.#readiness.canRead) return -EAGAIN;
    const fd = this.#loop.kernel.accept(this.#fd);
    if (fd >= 0) return new SocketStream(this.#loop, fd);
    if (fd === -EAGAIN) this.#readiness.canRead = false;
    return fd;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watch.close();
    this.#loop.kernel.close(this.#fd);
    this.#readiness.report(READABLE);
  }

  /** How often accepting had to pause for want of descriptors. */
  statistics(): { shortages: number } {
    return { shortages: this.#shortages };
  }
}
