// A throwaway PostgreSQL cluster in a temporary folder, reached through a unix socket there.

import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const DEBIAN = '/usr/lib/postgresql';
const READY_WITHIN = 20_000;

/** Where its programs are: Debian has a folder for each version, and not in PATH. */
function programs(): string {
  const versions = existsSync(DEBIAN)
    ? readdirSync(DEBIAN)
        .map(Number)
        .sort((a, b) => a - b)
    : [];
  const newest = versions.at(-1);
  if (newest === undefined) throw new Error('PostgreSQL is not installed: apt-get install postgresql');
  return join(DEBIAN, String(newest), 'bin');
}

/** PostgreSQL refuses to be root: then it is the user that Debian's package made for it. */
const as = (command: readonly string[]): readonly string[] =>
  process.getuid?.() === 0
    ? ['setpriv', '--reuid', 'postgres', '--regid', 'postgres', '--clear-groups', ...command]
    : command;

/** Makes a cluster, and returns the command that runs it, with room for 200 connections. */
export function postgresCommand(folder: string): readonly string[] {
  const bin = programs();
  if (process.getuid?.() === 0) execFileSync('chown', ['postgres', folder]);
  chmodSync(folder, 0o755);
  const data = join(folder, 'data');
  const [program, ...args] = as([
    join(bin, 'initdb'),
    '-D',
    data,
    '-U',
    'siskin',
    '-A',
    'trust',
    '--no-sync',
  ]);
  execFileSync(program!, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  return as([
    join(bin, 'postgres'),
    ...['-D', data, '-k', folder, '-c', 'listen_addresses=', '-c', 'fsync=off'],
    ...['-c', 'max_connections=200', '-c', 'log_min_messages=fatal'],
  ]);
}

/** Waits until it answers, and returns what a client connects to. */
export async function untilPostgres(folder: string): Promise<string> {
  const deadline = performance.now() + READY_WITHIN;
  const ready = join(programs(), 'pg_isready');
  while (spawnSync(ready, ['-q', '-U', 'siskin', '-d', 'postgres', '-h', folder]).status !== 0) {
    if (performance.now() > deadline) throw new Error('PostgreSQL did not start');
    await sleep(50);
  }
  return `host=${folder} user=siskin dbname=postgres`;
}
