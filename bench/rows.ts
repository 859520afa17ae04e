// Lines of a report: what was measured, what it must be, and what it is. `workers.ts` and `green.ts` are tables of such.

import { readFlags } from './options.ts';
import { textTable } from './table.ts';

export interface Row {
  readonly what: string;
  readonly bar: string;
  readonly is: string;
  /** Absent where nothing is asked: it is said for information. */
  readonly reached?: boolean;
}

/** What `--only` may name. */
export interface Measurement<Numbers> {
  readonly name: string;
  measure(numbers: Readonly<Numbers>): Promise<Row | readonly Row[]>;
}

/** Measures what the command line asks for, behind `prepare`, and prints it; the status is 1 where a bar is missed. */
export async function reportRows<Name extends string>(
  measurements: readonly Measurement<Record<Name, number>>[],
  defaults: Readonly<Record<Name, number>>,
  prepare: () => void = () => {},
): Promise<void> {
  const { numbers, only } = readFlags(process.argv.slice(2), [], defaults, measurements);
  prepare();
  const rows: Row[] = [];
  for (const { measure } of only) rows.push(...[await measure(numbers)].flat());
  const verdict = (reached?: boolean) => (reached === undefined ? '' : reached ? 'reached' : 'MISSED');
  const cells = rows.map(({ what, bar, is, reached }) => [what, bar, is, verdict(reached)]);
  process.stdout.write(`${textTable(['what', 'must be', 'is', ''], cells)}\n`);
  if (rows.some(({ reached }) => reached === false)) process.exitCode = 1;
}
