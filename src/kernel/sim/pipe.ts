// One direction of a connection: the bytes that one end has sent and the other has not read yet.
//
//      read          arrived        reached          written
//   ────┼───────────────┼──────────────┼────────────────┼────▶ bytes, counted from the start
//       │ receive buffer│  no room yet │  on their way  │
//       │               └────────── send buffer ────────┘
//
// What is on its way arrives later, in order; FIN and RST travel in the same order. Unix sockets are `direct`: what
// is sent is at once in the peer's queue, and is charged to the sender until it is read (unix(7)).

import type { Actor } from './timeline.ts';
import { toTicks } from './timeline.ts';
import type { World } from './world.ts';

/** The ends of a pipe, as it sees them. */
export interface PipeReader {
  /** Closed by its owner: what still arrives is answered with RST. */
  readonly orphan: boolean;
  receiveBytes(): void;
  receiveFin(): void;
  receiveReset(): void;
  refuseBytes(): void;
}
export interface PipeWriter {
  receiveSpace(): void;
  receiveFinAck(): void;
  receiveReset(): void;
}

const ARRIVE = 0;
const FIN = 1;
const RESET = 2;
const WINDOW = 3;
const INITIAL_SIZE = 256;

export class Pipe implements Actor {
  readonly world: World;
  readonly direct: boolean;
  writer!: PipeWriter;
  reader!: PipeReader;
  sendCapacity: number;
  receiveCapacity: number;
  /** Milliseconds on top of the latency: a slow peer's. */
  extraDelay = 0;

  read = 0;
  arrived = 0;
  reached = 0;
  written = 0;
  finReached = false;
  /** FIN has been seen by the reader. */
  ended = false;
  /** Reset: nothing moves any more. What has arrived can still be read. */
  dead = false;
  lastArrival = 0;
  windowPending = false;
  /** Bytes `read` to `written`, from `start` on. */
  bytes = new Uint8Array(0);
  start = 0;

  constructor(world: World, direct: boolean, sendCapacity: number, receiveCapacity: number) {
    this.world = world;
    this.direct = direct;
    this.sendCapacity = sendCapacity;
    this.receiveCapacity = direct ? Number.MAX_SAFE_INTEGER : receiveCapacity;
  }

  /** Bytes that the writer can still send. */
  get space(): number {
    return this.sendCapacity - (this.written - (this.direct ? this.read : this.arrived));
  }

  /** Bytes that the reader can read. */
  get available(): number {
    return this.arrived - this.read;
  }

  /** Takes `source[offset .. offset + length)`; the caller has checked {@link space}. */
  write(source: Uint8Array, offset: number, length: number): void {
    this.#append(source, offset, length);
    this.world.counters.bytesSent += length;
    if (this.direct) {
      this.written += length;
      this.reached = this.written;
      this.#admit();
      return;
    }
    if (length > 1 && this.world.strikes(this.world.faults.split)) {
      this.#send(ARRIVE, this.written + 1 + this.world.random.below(length - 1));
    }
    this.written += length;
    this.#send(ARRIVE, this.written);
  }

  /** Moves up to `length` bytes that have arrived into `target`, and says how many. */
  take(target: Uint8Array, offset: number, length: number): number {
    const count = Math.min(length, this.arrived - this.read);
    const from = this.start;
    if (count < 64) for (let i = 0; i < count; i++) target[offset + i] = this.bytes[from + i]!;
    else target.set(this.bytes.subarray(from, from + count), offset);
    this.read += count;
    this.start = this.read === this.written ? 0 : from + count;
    if (this.dead) return count;
    if (this.direct) this.writer.receiveSpace();
    else if (this.reached > this.arrived && !this.windowPending) {
      this.windowPending = true;
      this.#schedule(this.world.timeline.now + 2 * this.#delay(), WINDOW, 0);
    }
    return count;
  }

  /** The writer sends no more. */
  finish(): void {
    if (this.direct) this.happen(FIN, 0);
    else this.#send(FIN, 0);
  }

  /** The writer resets the connection: what is on its way arrives first, what waits for room is lost. */
  reset(): void {
    this.#send(RESET, 0);
  }

  happen(what: number, value: number): void {
    if (this.dead) return;
    if (what === ARRIVE) {
      if (!this.direct && this.world.strikes(this.world.faults.reset)) {
        this.reader.receiveReset();
        this.writer.receiveReset();
        return;
      }
      this.reached = value;
      this.#admit();
    } else if (what === WINDOW) {
      this.windowPending = false;
      this.#admit();
    } else if (what === FIN) {
      this.finReached = true;
      this.#admit();
    } else {
      this.reader.receiveReset();
    }
  }

  /** What reached the peer and waits for room arrives at an end that was closed. */
  admitToOrphan(): void {
    if (!this.dead) this.#admit();
  }

  #admit(): void {
    if (this.reader.orphan) {
      if (this.reached > this.arrived) {
        this.reader.refuseBytes();
        return;
      }
    } else {
      const before = this.arrived;
      this.arrived = Math.min(this.reached, this.read + this.receiveCapacity);
      if (this.arrived > before) {
        this.reader.receiveBytes();
        if (!this.direct) this.writer.receiveSpace();
      }
    }
    if (this.finReached && !this.ended && this.arrived === this.written) {
      this.ended = true;
      this.reader.receiveFin();
      this.writer.receiveFinAck();
    }
  }

  #delay(): number {
    return this.world.delay() + this.extraDelay;
  }

  #send(what: number, value: number): void {
    const time = Math.max(this.lastArrival, this.world.timeline.now + this.#delay());
    this.lastArrival = time;
    this.#schedule(time, what, value);
  }

  #schedule(time: number, what: number, value: number): void {
    this.world.timeline.schedule(toTicks(time), this, what, value);
  }

  #append(source: Uint8Array, offset: number, length: number): void {
    const held = this.written - this.read;
    if (this.start + held + length > this.bytes.length) {
      let size = Math.max(INITIAL_SIZE, this.bytes.length);
      while (size < held + length) size *= 2;
      const grown = size === this.bytes.length ? this.bytes : new Uint8Array(size);
      grown.set(this.bytes.subarray(this.start, this.start + held), 0);
      this.bytes = grown;
      this.start = 0;
    }
    const to = this.start + held;
    if (length < 64) for (let i = 0; i < length; i++) this.bytes[to + i] = source[offset + i]!;
    else this.bytes.set(source.subarray(offset, offset + length), to);
  }
}
