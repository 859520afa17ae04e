// node bench/workers.ts [--only reloads,memory] [--reloads 100] [--kills 50] [--takeovers 10] [--restarts 200] [--rounds 8] [--boots 20]
// What workers and their arbiter promise: reloads and deaths under load, connections that spread evenly, an arbiter whose
// memory stays what it is, the price of a connection against node:cluster's, and how long a worker takes to boot.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { runMain } from './main.ts';
import { type Measurement, reportRows } from './rows.ts';
import { boot } from './workers/boot.ts';
import { connections } from './workers/connections.ts';
import { balance, memory } from './workers/steady.ts';
import { kills, loop, reloads, stall, takeovers } from './workers/under-load.ts';

const DEFAULTS = { reloads: 100, kills: 50, takeovers: 10, restarts: 200, rounds: 8, boots: 20 };

const MEASUREMENTS: readonly Measurement<typeof DEFAULTS>[] = [
  { name: 'reloads', measure: (numbers) => reloads(numbers.reloads) },
  { name: 'kills', measure: (numbers) => kills(numbers.kills) },
  { name: 'takeovers', measure: (numbers) => takeovers(numbers.takeovers) },
  { name: 'stall', measure: stall },
  { name: 'loop', measure: loop },
  { name: 'balance', measure: balance },
  { name: 'memory', measure: (numbers) => memory(numbers.restarts) },
  { name: 'connections', measure: (numbers) => connections(numbers.rounds) },
  { name: 'boot', measure: (numbers) => boot(numbers.boots) },
];

/** As users have it; what is there may be of other sources. */
function build(): void {
  execFileSync('npm', ['run', 'build'], { cwd: join(import.meta.dirname, '..'), stdio: 'ignore' });
}

await runMain(() => reportRows(MEASUREMENTS, DEFAULTS, build));
