// node bench/all.ts [--save] [PROGRAM...]
// Every measurement that has a bar, one after another, or those named (`drain streaming`). All of them take hours. With
// --save what they print is kept in results/DATE-bars.txt. Exit code 1 where a bar was missed.

import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { start } from './children.ts';
import { describeMachine, machineLine } from './machine.ts';
import { runMain } from './main.ts';
import { FLAG, parse, pick } from './options.ts';

/** The quiet ones first: what is left in caches and sockets by the others would be in their figures. */
const PROGRAMS = ['run', 'fairness', 'streaming', 'drain', 'slow-clients', 'files', 'workers', 'green'].map(
  (name) => ({ name }),
);

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const { values, positionals } = parse({ args, options: { save: FLAG }, allowPositionals: true });
  const chosen = pick('PROGRAM', positionals.length === 0 ? undefined : positionals.join(), PROGRAMS);
  const date = new Date().toISOString().slice(0, 10);
  let report = '';
  const say = (text: string): void => {
    process.stdout.write(text);
    report += text;
  };

  say(`${date}, ${machineLine(describeMachine())}\n`);
  for (const { name } of chosen) {
    say(`\n== node bench/${name}.ts\n`);
    const command = [process.execPath, join(import.meta.dirname, `${name}.ts`)];
    const child = start(command, { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout!.setEncoding('utf8').on('data', say);
    const [status] = (await once(child, 'close')) as [number | null];
    if (status !== 0) {
      say(`ended with status ${status}\n`);
      process.exitCode = 1;
    }
  }
  if (!values.save) return;
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${date}-bars.txt`), report);
}

await runMain(main);
