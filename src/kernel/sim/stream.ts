// One end of a connection, with the semantics of Linux's TCP (tcp_recvmsg, tcp_sendmsg, tcp_poll, tcp_reset) and unix
// stream sockets. Every rule below that surprises was tried on Linux first.
//
//   CONNECTING ──SYN/ACK──▶ OPEN ──both FINs, or RST──▶ CLOSED
//        └───────RST (refused), no answer─────────────────▲

import { type Address, formatAddress } from '../address.ts';
import { EAGAIN, ECONNREFUSED, ECONNRESET, ENOTCONN, EPIPE, ETIMEDOUT, errnoName } from '../errors.ts';
import { type CloseKind, HANGUP, PEER_CLOSED, READABLE, WRITABLE } from '../kernel.ts';
import type { Pipe, PipeReader, PipeWriter } from './pipe.ts';
import { type Pollable, type Watcher, wake } from './readiness.ts';
import type { Actor } from './timeline.ts';
import type { World } from './world.ts';

export const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 2;

export class StreamSocket implements PipeReader, PipeWriter, Pollable, Actor {
  readonly kind = 'stream';
  readonly watchers: Watcher[] = [];
  readonly world: World;
  readonly unix: boolean;
  readonly input: Pipe;
  readonly output: Pipe;
  readonly local: Address;
  readonly remote: Address;
  /** Descriptors that refer to it. */
  references = 0;
  state = CONNECTING;
  sendShut = false;
  receiveShut = false;
  /** The peer's FIN was seen (SOCK_DONE): from then on `recv` ends with 0, even after a reset. */
  finSeen = false;
  orphan = false;
  error = 0;
  /** A send or a poll found no room: room is then an event (SOCK_NOSPACE). */
  noSpace = false;

  constructor(world: World, input: Pipe, output: Pipe, local: Address, remote: Address) {
    this.world = world;
    this.unix = local.family === 'unix';
    this.input = input;
    this.output = output;
    this.local = local;
    this.remote = remote;
    input.reader = this;
    output.writer = this;
  }

  receive(bytes: Uint8Array, offset: number, length: number): number {
    if (this.state === CONNECTING) return -EAGAIN;
    if (length === 0) return 0;
    if (this.input.available > 0) return this.input.take(bytes, offset, length);
    if (this.finSeen && !this.unix) return 0;
    if (this.error !== 0) return this.takeError();
    return this.receiveShut ? 0 : -EAGAIN;
  }

  send(bytes: Uint8Array, offset: number, length: number): number {
    const room = this.room();
    if (room < 0) return room;
    if (length === 0) return 0;
    if (room === 0) {
      this.noSpace = true;
      return -EAGAIN;
    }
    const count = Math.min(room, length);
    if (count < length) this.noSpace = true;
    this.output.write(bytes, offset, count);
    return count;
  }

  /** Bytes that can be sent now, or why none ever will: the pending error once, EPIPE from then on. */
  room(): number {
    if (this.state === CONNECTING) return -EAGAIN;
    if (this.sendShut || this.error !== 0) {
      return this.error !== 0 && !this.unix ? this.takeError() : -EPIPE;
    }
    return Math.max(0, this.output.space);
  }

  shutdown(): number {
    if (this.state !== OPEN) return -ENOTCONN;
    if (!this.sendShut) {
      this.sendShut = true;
      this.output.finish();
    }
    wake(this, 0);
    return 0;
  }

  /** The last descriptor is gone. Closing with bytes unread sends RST, so that the peer knows they are lost. */
  close(kind: CloseKind): void {
    this.orphan = true;
    this.watchers.length = 0;
    if (this.state === CONNECTING) return;
    const unread = this.input.available > 0;
    if (this.unix) {
      if (this.state === CLOSED && this.input.dead) return;
      this.state = CLOSED;
      this.input.dead = true;
      this.output.dead = true;
      (this.output.reader as StreamSocket).receivePeerClose(unread);
      return;
    }
    if (this.state === CLOSED) return;
    if (kind === 'reset' || unread) this.#abort();
    else {
      if (!this.sendShut) {
        this.sendShut = true;
        this.output.finish();
      }
      this.input.admitToOrphan();
    }
  }

  /** Given up before it was accepted: reset, over unix sockets too. */
  abandon(): void {
    if (this.unix) {
      this.close('graceful');
      (this.output.reader as StreamSocket).error = ECONNRESET;
    } else this.close('reset');
  }

  takeError(): number {
    const error = this.error;
    this.error = 0;
    return 0 - error;
  }

  readiness(): number {
    let flags = 0;
    if ((this.sendShut && this.receiveShut) || this.state === CLOSED || this.error !== 0) {
      flags |= HANGUP | READABLE | WRITABLE;
    }
    if (this.receiveShut) flags |= READABLE | PEER_CLOSED;
    if (this.state === CONNECTING) return flags;
    if (this.input.available > 0) flags |= READABLE;
    if (this.sendShut || this.#writable()) flags |= WRITABLE;
    else this.noSpace = true;
    return flags;
  }

  /** The handshake is done on this side. An end that was closed meanwhile resets the connection. */
  open(): void {
    if (this.state !== CONNECTING) return;
    this.state = OPEN;
    if (this.orphan) this.#abort();
    else wake(this, 0);
  }

  /** Nobody answered any SYN. */
  timeOut(): void {
    this.#fail(ETIMEDOUT);
  }

  /** A report follows a fault that made a call claim less than is true. */
  reportAgain(): void {
    this.world.timeline.schedule(this.world.timeline.now + this.world.delay(), this, 0, 0);
  }

  happen(): void {
    wake(this, 0);
  }

  receiveBytes(): void {
    wake(this, READABLE);
  }

  receiveSpace(): void {
    if (!this.noSpace || !this.#writable()) return;
    this.noSpace = false;
    wake(this, WRITABLE);
  }

  receiveFin(): void {
    this.finSeen = true;
    this.receiveShut = true;
    if (this.sendShut && this.output.ended) this.state = CLOSED;
    wake(this, 0);
  }

  receiveFinAck(): void {
    if (this.finSeen && !this.unix) this.state = CLOSED;
  }

  /** tcp_reset: in CLOSE_WAIT the peer no longer reads, else the connection was reset or refused. */
  receiveReset(): void {
    if (this.state === CLOSED) return;
    this.world.counters.resets++;
    if (this.state === CONNECTING) this.#fail(ECONNREFUSED);
    else this.#fail(this.finSeen && !this.sendShut ? EPIPE : ECONNRESET);
  }

  /** Bytes for an end that nobody can read any more. */
  refuseBytes(): void {
    if (this.state === OPEN) this.#abort();
  }

  /** A unix peer is gone at once in both directions; it left bytes of ours unread, or none. */
  receivePeerClose(unread: boolean): void {
    this.sendShut = true;
    this.receiveShut = true;
    this.input.dead = true;
    this.output.dead = true;
    if (unread) this.error = ECONNRESET;
    wake(this, 0);
  }

  /** The peer's address while the connection is open (getpeername). */
  peer(): Address | undefined {
    if (this.unix) return this.remote;
    return this.state === OPEN ? this.remote : undefined;
  }

  /** Resets the connection on both sides. */
  breakConnection(): void {
    this.receiveReset();
    (this.output.reader as StreamSocket | undefined)?.receiveReset();
  }

  describe(): string {
    const state =
      this.state === CONNECTING
        ? 'connecting'
        : `${this.input.available} bytes to read, room to send ${this.output.space}` +
          `${this.receiveShut ? ', peer closed' : ''}${this.sendShut ? ', shut down' : ''}` +
          `${this.error !== 0 ? `, ${errnoName(this.error)}` : ''}`;
    return `${formatAddress(this.local)} to ${formatAddress(this.remote)}: ${state}`;
  }

  #writable(): boolean {
    // sk_stream_is_writeable: a third of the buffer, so that a writer does not wake for every acknowledged byte.
    return this.output.space * 3 >= this.output.sendCapacity;
  }

  #abort(): void {
    this.state = CLOSED;
    this.sendShut = true;
    this.receiveShut = true;
    this.input.dead = true;
    this.output.reset();
  }

  #fail(error: number): void {
    this.state = CLOSED;
    this.error = error;
    this.sendShut = true;
    this.receiveShut = true;
    this.input.dead = true;
    this.output.dead = true;
    wake(this, 0);
  }
}
