// node bench/all.ts [--save] [PROGRAM...]
// Every measurement that has a bar, one after another, or those named (`drain streaming`). All of them take hours. With
// --save what they print is kept in results/DATE-bars.txt. Exit code 1 where a bar was missed.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine, machineLine } from './machine.ts';

/** The quiet ones first: what is left in caches and sockets by the others would be in their figures. */
const PROGRAMS = ['run', 'fairness', 'streaming', 'drain', 'slow-clients', 'files', 'workers', 'green'];

const { values, positionals } = parseArgs({
  options: { save: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const unknown = positionals.find((name) => !PROGRAMS.includes(name));
if (unknown !== undefined) {
  process.stderr.write(`bench: "${unknown}" is none of ${PROGRAMS.join(', ')}\n`);
  process.exit(2);
}
const chosen = positionals.length === 0 ? PROGRAMS : PROGRAMS.filter((name) => positionals.includes(name));
const date = new Date().toISOString().slice(0, 10);
let report = '';

function say(text: string): void {
  process.stdout.write(text);
  report += text;
}

say(`${date}, ${machineLine(describeMachine())}\n`);
for (const program of chosen) {
  say(`\n== node bench/${program}.ts\n`);
  const child = spawn(process.execPath, [join(import.meta.dirname, `${program}.ts`)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.setEncoding('utf8').on('data', say);
  const [status] = (await once(child, 'close')) as [number | null];
  if (status !== 0) {
    say(`ended with status ${status}\n`);
    process.exitCode = 1;
  }
}
if (values.save) {
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${date}-bars.txt`), report);
}
