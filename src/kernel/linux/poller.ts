// epoll(7) behind the Poller contract. Edge-triggered throughout: level-triggered, a FIN or pipelined bytes that
// wait while a handler runs would wake the loop hundreds of thousands of times a second.

import { EINTR, SystemError } from '../errors.ts';
import { type Attachment, HANGUP, PEER_CLOSED, type Poller, READABLE, WRITABLE } from '../kernel.ts';
import * as libc from './libc.ts';

/** Reports per `wait`: a batch of two hundred requests is about a millisecond of work. */
const BATCH = 256;

// struct epoll_event { uint32_t events; epoll_data_t data; } is packed on x86 alone, and padded elsewhere.
const PACKED = process.arch === 'x64' || process.arch === 'ia32';
const STRIDE = PACKED ? 3 : 4;
const DATA = PACKED ? 1 : 2;

export function createPoller(): Poller {
  const fd = libc.epollCreate(libc.EPOLL_CLOEXEC);
  if (fd < 0) throw new SystemError('epoll_create1', -libc.errno());
  return new EpollPoller(fd);
}

class EpollPoller implements Poller {
  readonly #fd: number;
  readonly #events = new Int32Array(BATCH * STRIDE);
  readonly #eventBytes = new Uint8Array(this.#events.buffer);
  readonly #event = new Int32Array(STRIDE);
  readonly #eventArgument = new Uint8Array(this.#event.buffer);

  constructor(fd: number) {
    this.#fd = fd;
  }

  add(fd: number, token: number, interest: number): number {
    return this.#control(libc.EPOLL_CTL_ADD, fd, token, interest);
  }

  modify(fd: number, token: number, interest: number): number {
    return this.#control(libc.EPOLL_CTL_MOD, fd, token, interest);
  }

  remove(fd: number): number {
    return this.#control(libc.EPOLL_CTL_DEL, fd, 0, 0);
  }

  #control(operation: number, fd: number, token: number, interest: number): number {
    const writable = (interest & WRITABLE) !== 0 ? libc.EPOLLOUT : 0;
    this.#event[0] = libc.EPOLLIN | libc.EPOLLRDHUP | libc.EPOLLET | writable;
    this.#event[DATA] = token;
    return libc.epollControl(this.#fd, operation, fd, this.#eventArgument) < 0 ? -libc.errno() : 0;
  }

  wait(timeout: number): number {
    const count = libc.epollWait(this.#fd, this.#eventBytes, BATCH, Math.ceil(timeout));
    if (count >= 0) return count;
    const errno = libc.errno();
    if (errno === EINTR) return 0;
    throw new SystemError('epoll_wait', -errno);
  }

  token(index: number): number {
    return this.#events[index * STRIDE + DATA]!;
  }

  flags(index: number): number {
    const events = this.#events[index * STRIDE]!;
    let flags = 0;
    if ((events & libc.EPOLLIN) !== 0) flags |= READABLE;
    if ((events & libc.EPOLLOUT) !== 0) flags |= WRITABLE;
    if ((events & libc.EPOLLRDHUP) !== 0) flags |= PEER_CLOSED;
    // EPOLLERR comes without EPOLLHUP for a refused connect, and both mean that recv or SO_ERROR has the cause.
    if ((events & (libc.EPOLLERR | libc.EPOLLHUP)) !== 0) flags |= HANGUP | READABLE | WRITABLE;
    return flags;
  }

  /** An epoll descriptor is itself readable while it has reports, so libuv can watch ours: epoll(7). */
  attach(onReady: () => void): Attachment {
    return libc.poll(this.#fd, { readable: true }, onReady);
  }

  close(): void {
    libc.close(this.#fd);
  }
}
