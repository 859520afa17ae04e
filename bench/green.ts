// node bench/green.ts [--only waits,nginx,plain,threads,postgres,computing,passwords] [--rounds 7]
// What green code is for, and what it costs: the tutorial's app (examples/green) in every way, beside async code and
// Gunicorn with gevent; computing routes; an unrelated request while others hash.

import { computing } from './green/computing.ts';
import { passwords } from './green/passwords.ts';
import { postgres } from './green/postgres.ts';
import { nginx, plain, threads, waits } from './green/tutorial.ts';
import { runMain } from './main.ts';
import { readFlags } from './options.ts';
import { textTable } from './table.ts';
import type { Row } from './workers/row.ts';

const DEFAULTS = { rounds: 7 };

interface Measurement {
  readonly name: string;
  measure(numbers: Readonly<typeof DEFAULTS>): Promise<Row | readonly Row[]>;
}

const MEASUREMENTS: readonly Measurement[] = [
  { name: 'waits', measure: waits },
  { name: 'nginx', measure: nginx },
  { name: 'plain', measure: plain },
  { name: 'threads', measure: threads },
  { name: 'postgres', measure: postgres },
  { name: 'computing', measure: ({ rounds }) => computing(rounds) },
  { name: 'passwords', measure: passwords },
];

async function main(): Promise<void> {
  const { numbers, only } = readFlags(process.argv.slice(2), [], DEFAULTS, MEASUREMENTS);
  const rows: Row[] = [];
  for (const { measure } of only) rows.push(...[await measure(numbers)].flat());
  const verdict = (reached?: boolean) => (reached === undefined ? '' : reached ? 'reached' : 'MISSED');
  const cells = rows.map(({ what, bar, is, reached }) => [what, bar, is, verdict(reached)]);
  process.stdout.write(`${textTable(['what', 'must be', 'is', ''], cells)}\n`);
  if (rows.some(({ reached }) => reached === false)) process.exitCode = 1;
}

await runMain(main);
