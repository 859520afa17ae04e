// A stream of bytes between two ends, for coroutines: a kernel socket, a Node `Duplex` (which is how TLS and other
// platforms come in), or one half of an in-memory pair. `server` and every protocol see only this.
//
// Two levels. `tryX` never waits and returns a count or a negative errno: what a hot path uses, with its own wait
// (`yield stream.readable`). `read` and `write` wait by themselves: what everybody else uses.

import type { Address } from '../kernel/index.ts';
import type { Co, Suspend } from '../task/index.ts';

export interface Stream {
  readonly localAddress: Address | undefined;
  /** `undefined` where nobody can tell: a TCP peer that has reset the connection has no name any more. */
  readonly remoteAddress: Address | undefined;
  /** True over TLS. */
  readonly encrypted: boolean;

  /** Bytes put at `into[offset ..)`; 0 at the peer's end; `-EAGAIN` when none are there; another negative errno. */
  tryRead(into: Uint8Array, offset: number, length: number): number;
  /**
   * Bytes of `bytes[offset .. offset + length)` taken; `-EAGAIN` when none can be; another negative errno. `more`: others
   * follow at once, and may leave together with these.
   */
  tryWrite(bytes: Uint8Array, offset: number, length: number, more?: boolean): number;
  /**
   * Bytes of `file` (a regular file's descriptor) at `position` taken; 0 where the file has ended; otherwise as `tryWrite`.
   * Only where the kernel sends files by itself.
   */
  trySendFile?(file: number, position: number, length: number): number;

  /** `yield` one of these to wait until `tryRead` or `tryWrite` may have something to say. */
  readonly readable: Suspend;
  readonly writable: Suspend;
  /**
   * Wakes at the next news of any kind (bytes, room, the peer's end, a reset), and only then: what was there before
   * it was yielded wakes nobody, so a server that leaves pipelined bytes unread while a handler runs does not spin.
   */
  readonly activity: Suspend;
  /** Asks for news of room to write, after `tryWrite` came up short. `writable` does so by itself. */
  wantWritable(): void;

  /** The peer has shut down its writing side (it may still read). Known only once the kernel has said so. */
  readonly peerClosed: boolean;
  /** The connection is gone in both directions. */
  readonly hangup: boolean;

  /** The next bytes, copied into `into`: their count, or 0 at the peer's end. Throws `SystemError`. */
  read(into: Uint8Array): Co<number>;
  /** Writes all of `bytes` (a string as UTF-8), as fast as the peer takes them. Throws `SystemError`. */
  write(bytes: Uint8Array | string): Co<void>;
  /** Nothing more will be written: the peer reads to the end, then sees it. Reading goes on. */
  end(): void;
  /** Gives the stream back. With 'reset' the peer sees an error instead of an end. Closing twice does nothing. */
  close(kind?: 'graceful' | 'reset'): void;
  /** Whether it keeps the process alive while it is open, as it does until told otherwise. */
  setReferenced(referenced: boolean): void;
}

/** Where streams come from. */
export interface Listener {
  readonly address: Address;
  /** The next connection. Backs off by itself while descriptors are short. Throws `SystemError` once closed. */
  accept(): Co<Stream>;
  /** Told each time that `accept` has to back off, and why: a `SystemError`'s negative errno. */
  onShortage?: (errno: number) => void;
  /** The next connection if one is queued. */
  tryAccept(): Stream | undefined;
  /**
   * Takes no new connections. Those that have begun still come out of `accept`; when there are no more, the listener
   * closes by itself, and `accept` says so. `patient`: who is between its first packet and the queue is waited for, too.
   */
  stopListening(patient?: boolean): void;
  close(): void;
  /** Whether it keeps the process alive, as it does until told otherwise. */
  setReferenced(referenced: boolean): void;
}
