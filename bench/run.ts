// npm run bench: measures what a request costs on each server, beside a bare C loop, and reports it.
// The servers take turns within a round, and rounds repeat, so that a busy spell of the machine hits all alike.

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { judge } from './bars.ts';
import { describeMachine, machineLine } from './machine.ts';
import { makeScratch, runMain } from './main.ts';
import { measureIdleConnections, measureLoad } from './measure.ts';
import { HELP, type Options, readOptions } from './options.ts';
import { barReport, caseReport, gapReport, updateReadme } from './report.ts';
import type { Results } from './results.ts';
import { requireTools } from './tools.ts';

const BENCH = import.meta.dirname;

async function main(args: readonly string[]): Promise<void> {
  const options = readOptions(args);
  if (options.help) process.stdout.write(HELP);
  else if (options.install) installPeers();
  else await runBenchmark(options);
}

async function runBenchmark(options: Options): Promise<void> {
  requireTools('wrk', 'taskset');
  const results = emptyResults(options);
  const say = options.json ? () => {} : (text: string) => process.stdout.write(text);
  say(`${machineLine(results.machine)}\n`);
  const scratch = makeScratch();
  for (const it of options.cases) {
    await runCase(options, it, results, scratch);
    say(caseReport(results, it));
  }
  const bars = judge(results);
  say(barReport(bars));
  say(`\n${gapReport(results)}`);
  if (options.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  store(options, results);
  if (results.failed.length > 0 || bars.some(({ reached }) => !reached)) process.exitCode = 1;
}

/** A server that fails a case is left out of the rest of it: the others' figures still count. */
async function runCase(
  options: Options,
  it: Options['cases'][number],
  results: Results,
  scratch: string,
): Promise<void> {
  const { rounds, seconds, connections } = options;
  const absent = new Set(results.absent.map(({ name }) => name));
  const out = new Set<string>();
  for (let round = 1; round <= rounds; round++) {
    for (const server of options.servers) {
      if (absent.has(server.name) || out.has(server.name) || server.cases?.includes(it.name) === false)
        continue;
      process.stderr.write(
        process.stderr.isTTY ? `\r\x1b[K${it.name}, round ${round} of ${rounds}: ${server.title}` : '',
      );
      const measurement = { server, case: it, round, seconds, connections, scratch };
      try {
        if (it.kind === 'idle') results.idle.push(await measureIdleConnections(measurement));
        else results.load.push(await measureLoad(measurement));
      } catch (error) {
        out.add(server.name);
        results.failed.push({ server: server.name, case: it.name, reason: (error as Error).message });
      }
    }
  }
  process.stderr.write(process.stderr.isTTY ? '\r\x1b[K' : '');
}

function emptyResults(options: Options): Results {
  const { rounds, seconds, connections } = options;
  const states = options.servers.map((server) => ({ server, reason: server.absent() }));
  return {
    date: new Date().toISOString(),
    machine: describeMachine(),
    options: { rounds, seconds, connections },
    servers: states
      .filter(({ reason }) => reason === undefined)
      .map(({ server }) => ({ name: server.name, title: server.title, version: server.version() })),
    absent: states.flatMap(({ server, reason }) =>
      reason === undefined ? [] : [{ name: server.name, reason }],
    ),
    load: [],
    idle: [],
    failed: [],
  };
}

function store(options: Options, results: Results): void {
  const folder = join(BENCH, 'results');
  const text = `${JSON.stringify(results, null, 2)}\n`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'latest.json'), text);
  if (options.save) writeFileSync(join(folder, `${results.date.slice(0, 10)}.json`), text);
  if (options.readme) updateReadme(join(BENCH, '..', 'README.md'), results);
}

/** Install scripts stay off: the binaries of Bun and Deno are files of their platform packages. */
function installPeers(): void {
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: BENCH,
    stdio: 'inherit',
  });
}

await runMain(() => main(process.argv.slice(2)));
