// Turns results into tables: one a case for the terminal, one in all for the README.

import { readFileSync, writeFileSync } from 'node:fs';
import type { Bar } from './bars.ts';
import { CASES, type Case } from './cases.ts';
import { machineLine } from './machine.ts';
import { costRatio, QUIET, type Results, samplesOf, spreadOf } from './results.ts';
import { type Spread, spread } from './statistics.ts';
import { markdownTable, textTable } from './table.ts';

/** The figures of one case, as they stand. */
export function caseReport(results: Results, it: Case): string {
  return `\n${it.name}: ${it.title}\n${it.kind === 'idle' ? idleTable(results) : loadTable(results, it.name)}\n`;
}

function loadTable(results: Results, name: string): string {
  const head = [
    'server',
    'CPU µs/request',
    '(min - max)',
    'x C',
    'x node:http',
    'requests/s',
    'busy',
    'others',
    'p50 ms',
    'p99 ms',
    'errors',
  ];
  const rows: string[][] = [];
  for (const server of results.servers) {
    const samples = samplesOf(results, server.name, name);
    if (samples.length === 0) continue;
    const cost = spreadOf(samples, 'microseconds');
    rows.push([
      server.title,
      cost.median.toFixed(2),
      `(${cost.min.toFixed(2)} - ${cost.max.toFixed(2)})`,
      ratioText(costRatio(results, server.name, 'c', name)),
      ratioText(costRatio(results, server.name, 'node', name)),
      spreadOf(samples, 'requestsPerSecond').median.toFixed(0),
      `${(spreadOf(samples, 'busy').median * 100).toFixed(0)}%`,
      `${(spreadOf(samples, 'others').median * 100).toFixed(0)}%`,
      spreadOf(samples, 'p50').median.toFixed(2),
      spreadOf(samples, 'p99').median.toFixed(2),
      String(samples.reduce((sum, sample) => sum + sample.errors, 0)),
    ]);
  }
  return textTable(head, rows);
}

function idleTable(results: Results): string {
  const rows: string[][] = [];
  for (const server of results.servers) {
    const samples = results.idle.filter((sample) => sample.server === server.name);
    if (samples.length === 0) continue;
    const heaps = samples.flatMap((sample) => sample.heap ?? []);
    rows.push([
      server.title,
      spreadText(spread(samples.map((sample) => sample.resident))),
      heaps.length === 0 ? '–' : spreadText(spread(heaps)),
      String(samples[0]!.connections),
    ]);
  }
  return textTable(['server', 'resident bytes/connection', 'heap bytes/connection', 'connections'], rows);
}

/** What Siskin must reach, or nothing where Siskin was not measured. */
export function barReport(bars: readonly Bar[]): string {
  if (bars.length === 0) return '';
  const rows = bars.map(({ what, bar, found, reached }) => [
    what,
    bar,
    found,
    reached ? 'reached' : 'MISSED',
  ]);
  return `\n${textTable(['bar', 'must be', 'is', ''], rows)}\n`;
}

/** What could not be measured, or not undisturbed, and why. */
export function gapReport(results: Results): string {
  const disturbed = results.load.filter((sample) => sample.others > QUIET).length;
  const note = `disturbed: other programs used more than ${QUIET * 100}% of a core in ${disturbed} of ${results.load.length} samples\n`;
  const absent = results.absent.map(({ name, reason }) => `absent: ${name}: ${reason}\n`);
  const failed = results.failed.map((it) => `failed: ${it.server}, ${it.case}: ${it.reason}\n`);
  return [...absent, ...failed, ...(disturbed > 0 ? [note] : [])].join('');
}

const README_BEGIN = '<!-- bench:begin -->';
const README_END = '<!-- bench:end -->';

/** Replaces what stands between the README's markers. Throws where they are missing. */
export function updateReadme(path: string, results: Results): void {
  const text = readFileSync(path, 'utf8');
  const begin = text.indexOf(README_BEGIN);
  const end = text.indexOf(README_END);
  if (begin < 0 || end < begin)
    throw new Error(`${path} has no ${README_BEGIN} and ${README_END} to write between`);
  writeFileSync(
    path,
    `${text.slice(0, begin + README_BEGIN.length)}\n${markdownReport(results)}\n${text.slice(end)}`,
  );
}

export function markdownReport(results: Results): string {
  const { machine, date, options } = results;
  const cases = CASES.filter(
    (it) => it.kind === 'load' && results.load.some((sample) => sample.case === it.name),
  );
  const head = ['server', ...cases.map((it) => it.title)];
  if (results.idle.length > 0) head.push('memory of an idle connection');
  const rows = results.servers.map((server) => {
    const title = `${server.title} ${server.version}`;
    const row = [
      server.name === 'siskin' ? `**${title}**` : title,
      ...cases.map((it) => costCell(results, server.name, it.name)),
    ];
    if (results.idle.length > 0) row.push(idleCell(results, server.name));
    return row;
  });
  return [
    `CPU microseconds a request (user and system, the whole process tree), and in parentheses the ratio to the C loop.`,
    `One core for the server, one for wrk, ${options.connections} connections; median of ${options.rounds} rounds of ${options.seconds} s, the servers in turn.`,
    `${date.slice(0, 10)}, ${machineLine(machine)}.`,
    '',
    markdownTable(head, rows),
  ].join('\n');
}

function costCell(results: Results, server: string, name: string): string {
  const samples = samplesOf(results, server, name);
  if (samples.length === 0) return '–';
  const cost = spreadOf(samples, 'microseconds').median.toFixed(1);
  const ratio = costRatio(results, server, 'c', name);
  return ratio === undefined ? cost : `${cost} (${ratio.median.toFixed(2)})`;
}

function idleCell(results: Results, server: string): string {
  const resident = results.idle.filter((sample) => sample.server === server).map((sample) => sample.resident);
  return resident.length === 0 ? '–' : `${(spread(resident).median / 1024).toFixed(1)} KB`;
}

function ratioText(ratio: Spread | undefined): string {
  return ratio === undefined ? '–' : ratio.median.toFixed(2);
}

function spreadText({ median, min, max }: Spread): string {
  return min === max ? median.toFixed(0) : `${median.toFixed(0)} (${min.toFixed(0)} - ${max.toFixed(0)})`;
}
