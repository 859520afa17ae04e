// node bench/green.ts [--only waits,nginx,plain,threads,postgres,computing,passwords] [--runs 3] [--pairs 3] [--rounds 5]
// What green code is for, and what it costs: the tutorial's app (examples/green) in every way, beside async code and
// Gunicorn with gevent; computing routes; an unrelated request while others hash.

import { computing } from './green/computing.ts';
import { passwords } from './green/passwords.ts';
import { postgres } from './green/postgres.ts';
import { nginx, plain, threads, waits } from './green/tutorial.ts';
import { runMain } from './main.ts';
import { type Measurement, reportRows } from './rows.ts';

/** `runs`: of the loads that wait, two minutes each. `pairs` and `rounds`: of the routes that compute. */
const DEFAULTS = { runs: 3, pairs: 3, rounds: 5 };

const MEASUREMENTS: readonly Measurement<typeof DEFAULTS>[] = [
  { name: 'waits', measure: waits },
  { name: 'nginx', measure: nginx },
  { name: 'plain', measure: plain },
  { name: 'threads', measure: threads },
  { name: 'postgres', measure: postgres },
  { name: 'computing', measure: ({ pairs, rounds }) => computing(pairs, rounds) },
  { name: 'passwords', measure: passwords },
];

await runMain(() => reportRows(MEASUREMENTS, DEFAULTS));
