// A peer that a test drives without coroutines or descriptors: it sends what it is told as fast as the network takes
// it, reads whatever arrives, and calls back. All of it happens while the program under test waits.

import { EAGAIN } from '../errors.ts';
import type { Watcher } from './readiness.ts';
import { CONNECTING, type StreamSocket } from './stream.ts';
import type { Actor } from './timeline.ts';
import { toTicks } from './timeline.ts';
import type { World } from './world.ts';

/** Callbacks run at the client's moment in virtual time; they may send, shut down, close, reset. */
export interface ClientEvents {
  onOpen?(client: SimClient): void;
  /** `chunk` is a copy. */
  onData?(client: SimClient, chunk: Uint8Array): void;
  /** The server's FIN: no more data comes. */
  onEnd?(client: SimClient): void;
  /** The connection failed: `client.error` says how. */
  onError?(client: SimClient): void;
}

export interface Pace {
  /** Bytes read or sent at a time. */
  readonly bytes: number;
  /** Milliseconds between two such steps. */
  readonly every: number;
}

const STEP = 0;
const scratch = new Uint8Array(65536);
const encoder = new TextEncoder();

export class SimClient implements Watcher, Actor {
  readonly socket: StreamSocket | undefined;
  readonly events: ClientEvents;
  readonly pace: Pace | undefined;
  readonly world: World;
  /** Bytes received so far, in the pieces in which they came. */
  readonly chunks: Uint8Array[] = [];
  receivedBytes = 0;
  /** Bytes that the client's own kernel has taken. */
  sentBytes = 0;
  opened = false;
  /** The server's FIN came. */
  ended = false;
  /** Closed by this client. */
  closed = false;
  /** Negative errno of a failed connect, send or receive; 0 if all went well. */
  error = 0;
  /** The errno of the first send that failed, if one did. */
  sendError = 0;
  #outbox: Uint8Array[] = [];
  #sentOfFirst = 0;
  #paused = false;
  #finishing = false;
  #closing = false;
  #scheduled = false;
  #pacedUntil = 0;

  constructor(world: World, socket: StreamSocket | number, events: ClientEvents, pace: Pace | undefined) {
    this.world = world;
    this.events = events;
    this.pace = pace;
    if (typeof socket === 'number') {
      this.error = socket;
      this.closed = true;
      return;
    }
    this.socket = socket;
    socket.watchers.push(this);
    this.#schedule();
  }

  /** Queues bytes or text (UTF-8), and sends them as room allows. After `shutdown` or `close` it does nothing. */
  send(data: string | Uint8Array): this {
    if (this.#finishing || this.closed) return this;
    const bytes = typeof data === 'string' ? encoder.encode(data) : data.slice();
    if (bytes.length > 0) this.#outbox.push(bytes);
    if (this.world.strikes(this.world.faults.halfClose)) this.#finishing = true;
    this.#schedule();
    return this;
  }

  /** Half-closes after what is queued: the server reads to the end and gets FIN. */
  shutdown(): this {
    this.#finishing = true;
    this.#schedule();
    return this;
  }

  /** Closes after what is queued. */
  close(): this {
    this.#closing = true;
    this.#schedule();
    return this;
  }

  /** Resets the connection at once; what is queued is dropped. */
  reset(): this {
    this.#end('reset');
    return this;
  }

  /** Stops reading: the server's bytes fill the buffers until `resume`. */
  pause(): this {
    this.#paused = true;
    return this;
  }

  resume(): this {
    this.#paused = false;
    this.#schedule();
    return this;
  }

  /** Whether its writing side was half-closed, by the test or by the `halfClose` fault. */
  get finished(): boolean {
    return this.#finishing;
  }

  /** The server has nothing more to say to it, or it has gone. A client that only `ended` is still open: close it. */
  get done(): boolean {
    return this.closed || this.error !== 0 || this.ended;
  }

  /** All that was received. */
  received(): Uint8Array {
    return Buffer.concat(this.chunks, this.receivedBytes);
  }

  /** All that was received, as text: one character per byte. */
  text(): string {
    return Buffer.concat(this.chunks, this.receivedBytes).toString('latin1');
  }

  notify(): void {
    this.#schedule();
  }

  happen(): void {
    this.#scheduled = false;
    const { socket } = this;
    if (socket === undefined || this.closed || socket.state === CONNECTING) return;
    if (!this.opened && socket.error !== 0) {
      this.#fail(socket.takeError());
      return;
    }
    if (!this.opened) {
      this.opened = true;
      if (this.events.onOpen !== undefined) this.world.testRan = true;
      this.events.onOpen?.(this);
    }
    const more = this.#write(socket);
    if (this.#read(socket) || more) this.#schedule();
    if (this.#outbox.length > 0 && this.sendError === 0) return;
    if (this.#closing) this.#end('graceful');
    else if (this.#finishing && !this.closed && !socket.sendShut) socket.shutdown();
  }

  /** True if it stopped for its pace and not for want of bytes. */
  #read(socket: StreamSocket): boolean {
    while (!this.#paused && !this.ended && !this.closed) {
      const count = socket.receive(scratch, 0, Math.min(scratch.length, this.pace?.bytes ?? scratch.length));
      if (count === -EAGAIN) return false;
      if (count < 0) {
        this.#fail(count);
        return false;
      }
      if (count === 0) {
        // A reset that a send has met already: recv says 0, though no FIN came.
        if (this.sendError !== 0 && !socket.finSeen && !socket.unix) {
          this.#fail(this.sendError);
          return false;
        }
        this.ended = true;
        this.world.testRan = true;
        this.events.onEnd?.(this);
        return false;
      }
      const chunk = scratch.slice(0, count);
      this.chunks.push(chunk);
      this.receivedBytes += count;
      if (this.events.onData !== undefined) this.world.testRan = true;
      this.events.onData?.(this, chunk);
      if (this.pace !== undefined) return true;
    }
    return false;
  }

  #write(socket: StreamSocket): boolean {
    while (this.#outbox.length > 0 && this.sendError === 0 && !this.closed) {
      const first = this.#outbox[0]!;
      const length = Math.min(first.length - this.#sentOfFirst, this.pace?.bytes ?? first.length);
      const count = socket.send(first, this.#sentOfFirst, length);
      if (count === -EAGAIN) return false;
      if (count < 0) {
        this.sendError = count;
        return false;
      }
      this.sentBytes += count;
      this.#sentOfFirst += count;
      if (this.#sentOfFirst === first.length) {
        this.#outbox.shift();
        this.#sentOfFirst = 0;
      }
      if (this.pace !== undefined) return true;
    }
    return false;
  }

  #fail(error: number): void {
    this.error = error;
    this.world.testRan = true;
    this.#end('graceful');
    this.events.onError?.(this);
  }

  #end(kind: 'graceful' | 'reset'): void {
    if (this.closed) return;
    this.closed = true;
    this.#outbox.length = 0;
    this.socket?.close(kind);
  }

  #schedule(): void {
    if (this.#scheduled || this.closed) return;
    this.#scheduled = true;
    const { timeline } = this.world;
    let time = timeline.now;
    if (this.pace !== undefined) {
      time = Math.max(time, this.#pacedUntil);
      this.#pacedUntil = time + toTicks(this.pace.every);
    }
    timeline.schedule(time, this, STEP, 0);
  }
}
