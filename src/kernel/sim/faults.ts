// What can go wrong in a simulation, and how often. Each knob is a probability (0: never, 1: always) drawn at the
// event its comment names. All of it is what a correct program meets on Linux, if rarely.

import { Random } from './random.ts';

export interface FaultOptions {
  /** Each `recv` with bytes to read: fewer are returned than are there. The rest is reported again. */
  readonly shortRead: number;
  /** Each `send` or `sendfile` with room: fewer bytes are taken than fit. Writability is reported again. */
  readonly shortWrite: number;
  /** Each `recv`, `send`, `sendfile`, `accept` that would succeed: `-EAGAIN`, and a fresh report later. */
  readonly spuriousAgain: number;
  /** Each `wait` that has to wait: a signal ends it early, with no report. Socket calls never return `-EINTR`: a backend retries them. */
  readonly interrupt: number;
  /** Each arrival of bytes over TCP: the connection is reset on both sides instead, as by a router that forgot it. */
  readonly reset: number;
  /** Each `send` of a test's client: its FIN follows the bytes, and later sends are ignored. */
  readonly halfClose: number;
  /** Each `accept` with a connection queued: `-EMFILE` or `-ENFILE`, and no further report of that connection. */
  readonly outOfDescriptors: number;
  /** Each `accept` with a connection queued: it is aborted, and accept goes on with the next, as `linux` does. */
  readonly aborted: number;
  /** Each SYN: dropped as if the accept queue were full. It is sent again after 1 s, 2 s, 4 s and so on. */
  readonly droppedSyn: number;
  /** Each connection: far away, latency times 100. Each client of a test: reads and sends a few bytes at a time. */
  readonly slowPeer: number;
  /** Each connection: buffers of 1 to 512 bytes instead of the usual ones. */
  readonly smallBuffers: number;
  /** Each `send`: its bytes arrive in two pieces. */
  readonly split: number;
  /** Each piece on its way: late, by up to 100 times the latency. */
  readonly late: number;
  /** Each `wait`: a watched socket is reported readable though it is not. */
  readonly spuriousWake: number;
  /** Each `wait`: reports come in another order than the events did. */
  readonly reorder: number;
  /** Each `wait`: one to three reports at most, the others in the next. */
  readonly smallBatch: number;
  /** Each look at a file that was not loaded yet: its bytes are not in memory. */
  readonly coldFile: number;
}

const NONE: FaultOptions = {
  shortRead: 0,
  shortWrite: 0,
  spuriousAgain: 0,
  interrupt: 0,
  reset: 0,
  halfClose: 0,
  outOfDescriptors: 0,
  aborted: 0,
  droppedSyn: 0,
  slowPeer: 0,
  smallBuffers: 0,
  split: 0,
  late: 0,
  spuriousWake: 0,
  reorder: 0,
  smallBatch: 0,
  coldFile: 0,
};

/** Faults after which every connection still works: nothing is lost, only late, in pieces or out of order. */
const BENIGN: FaultOptions = {
  ...NONE,
  shortRead: 0.2,
  shortWrite: 0.2,
  spuriousAgain: 0.1,
  interrupt: 0.1,
  slowPeer: 0.1,
  smallBuffers: 0.2,
  split: 0.3,
  late: 0.1,
  spuriousWake: 0.05,
  reorder: 0.8,
  smallBatch: 0.3,
  coldFile: 0.2,
};

const HARSH: FaultOptions = {
  ...BENIGN,
  reset: 0.02,
  halfClose: 0.1,
  outOfDescriptors: 0.1,
  aborted: 0.05,
  droppedSyn: 0.05,
};

/** Ready-made sets of faults. */
export const FaultOptions = {
  none: NONE,
  benign: BENIGN,
  harsh: HARSH,
  /**
   * A different set for every seed: each fault of `base` is off in half of the seeds, and up to twice as likely in
   * the others. Bugs that need one fault often and another never are found by sets like these, not by one average set.
   */
  swarm(seed: number | bigint, base: FaultOptions = HARSH): FaultOptions {
    const random = new Random(seed, 0x5a17);
    const set: Record<string, number> = {};
    for (const [name, probability] of Object.entries(base)) {
      set[name] = random.chance(0.5) ? Math.min(1, probability * 2 * random.fraction()) : 0;
    }
    return { ...base, ...set };
  },
};
