// What a run of the benchmark found: the samples as measured, one for each round, and the ratios drawn from them.
// `run.ts` collects it, `report.ts` and `bars.ts` read it, `results/*.json` are its files.

import type { Machine } from './machine.ts';
import { type Spread, spread } from './statistics.ts';

export interface LoadSample {
  readonly server: string;
  readonly case: string;
  readonly round: number;
  readonly requests: number;
  /** Processor time of the server, user and system, in microseconds a request. */
  readonly microseconds: number;
  readonly requestsPerSecond: number;
  /** Share of its core that the server used. Under 1, the load's core was the limit, not the server's. */
  readonly busy: number;
  /** Cores that programs other than the server and the load used meanwhile: 0 on a quiet machine. */
  readonly others: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly errors: number;
}

export interface IdleSample {
  readonly server: string;
  readonly round: number;
  /** Connections still open at the end. */
  readonly connections: number;
  /** Bytes a connection. */
  readonly resident: number;
  /** Bytes a connection; not given where a server's heap can't be asked. */
  readonly heap: number | undefined;
}

export interface Results {
  readonly date: string;
  readonly machine: Machine;
  readonly options: { readonly rounds: number; readonly seconds: number; readonly connections: number };
  readonly servers: ReadonlyArray<{
    readonly name: string;
    readonly title: string;
    readonly version: string;
  }>;
  readonly absent: ReadonlyArray<{ readonly name: string; readonly reason: string }>;
  readonly load: LoadSample[];
  readonly idle: IdleSample[];
  readonly failed: Array<{ readonly server: string; readonly case: string; readonly reason: string }>;
}

export type Measure = 'microseconds' | 'requestsPerSecond' | 'busy' | 'others' | 'p50' | 'p99';

/** With more than this of a core taken by other programs, a sample says more of them than of the server. */
export const QUIET = 0.1;

/** The samples of `server` in a case: those taken in quiet, where there are any, and all otherwise. */
export function samplesOf(results: Results, server: string, caseName: string): LoadSample[] {
  const all = results.load.filter((sample) => sample.server === server && sample.case === caseName);
  const quiet = all.filter((sample) => sample.others <= QUIET);
  return quiet.length > 0 ? quiet : all;
}

export function spreadOf(samples: readonly LoadSample[], measure: Measure): Spread {
  return spread(samples.map((sample) => sample[measure]));
}

/**
 * CPU time a request of `server` over that of `base`, paired by round: what disturbs the machine for a while
 * disturbs both. Nothing where either was not measured.
 */
export function costRatio(
  results: Results,
  server: string,
  base: string,
  caseName: string,
): Spread | undefined {
  const samples = samplesOf(results, server, caseName);
  const bases = samplesOf(results, base, caseName);
  if (samples.length === 0 || bases.length === 0) return undefined;
  const byRound = new Map(bases.map((sample) => [sample.round, sample.microseconds]));
  const ratios: number[] = [];
  for (const sample of samples) {
    const other = byRound.get(sample.round);
    if (other !== undefined) ratios.push(sample.microseconds / other);
  }
  if (ratios.length > 0) return spread(ratios);
  // Both were undisturbed in some round, but never in the same.
  return spread([spreadOf(samples, 'microseconds').median / spreadOf(bases, 'microseconds').median]);
}
