// What every part of one simulation shares: its clock, its dice, its faults, its counters, and the trace of all that
// happened. Two runs with the same fingerprint did the same things at the same times.

import type { FaultOptions } from './faults.ts';
import type { Random } from './random.ts';
import { type Timeline, toTicks } from './timeline.ts';

/** A range from which a value is drawn for each connection or each piece on its way. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

interface Counters {
  connections: number;
  refusedConnections: number;
  resets: number;
  bytesSent: number;
  faults: number;
  calls: number;
}

export class World {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly faults: FaultOptions;
  readonly latency: Range;
  readonly sendBuffer: Range;
  readonly receiveBuffer: Range;
  readonly onTrace: ((line: string) => void) | undefined;
  readonly counters: Counters = {
    connections: 0,
    refusedConnections: 0,
    resets: 0,
    bytesSent: 0,
    faults: 0,
    calls: 0,
  };
  fingerprint = 0x811c9dc5;
  /** The test's own code ran, and may have changed what the program under test waits for: `wait` returns early. */
  testRan = false;

  constructor(
    timeline: Timeline,
    random: Random,
    faults: FaultOptions,
    ranges: { latency: Range; sendBuffer: Range; receiveBuffer: Range },
    onTrace: ((line: string) => void) | undefined,
  ) {
    this.timeline = timeline;
    this.random = random;
    this.faults = faults;
    this.latency = ranges.latency;
    this.sendBuffer = ranges.sendBuffer;
    this.receiveBuffer = ranges.receiveBuffer;
    this.onTrace = onTrace;
  }

  /** Whether a fault of this probability strikes here and now. */
  strikes(probability: number): boolean {
    if (probability === 0 || !this.random.chance(probability)) return false;
    this.counters.faults++;
    return true;
  }

  /** A whole number from a range. */
  draw(range: Range): number {
    return range.min >= range.max ? range.min : range.min + this.random.below(range.max - range.min + 1);
  }

  /** How long the next piece travels, in milliseconds. */
  delay(): number {
    const { min, max } = this.latency;
    const ms = min >= max ? min : min + this.random.fraction() * (max - min);
    return toTicks(this.strikes(this.faults.late) ? ms * (1 + 99 * this.random.fraction()) : ms);
  }

  /** Notes one call or event and returns its result. The fingerprint is FNV-1a over the numbers. */
  note(what: string, subject: number, result: number): number {
    this.counters.calls++;
    const time = (this.timeline.now * 1024) | 0;
    let hash = Math.imul(this.fingerprint ^ time, 0x01000193);
    hash = Math.imul(hash ^ what.charCodeAt(0) ^ (what.length << 8), 0x01000193);
    hash = Math.imul(hash ^ subject, 0x01000193);
    this.fingerprint = Math.imul(hash ^ result, 0x01000193);
    this.onTrace?.(`${this.timeline.now.toFixed(3)} ${what}(${subject}) = ${result}`);
    return result;
  }
}
