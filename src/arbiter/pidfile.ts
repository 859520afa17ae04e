// A file with the arbiter's process id, which also keeps a second one from starting.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { ConfigError } from '../config/index.ts';

/** Writes it. `predecessor`: it may be this one's still. Throws `ConfigError`. */
export function writePidfile(path: string, predecessor?: number): void {
  for (let tries = 0; ; tries++) {
    try {
      writeFileSync(path, `${process.pid}\n`, { flag: 'wx', mode: 0o644 });
      return;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST' || tries === 3)
        throw new ConfigError([], `the pidfile ${path} can't be written: ${message}`);
    }
    const owner = readPid(path);
    if (owner === 'no pidfile')
      throw new ConfigError(
        [],
        `the pidfile ${path} is there, and is none: it stays as it is. Name another, or remove it`,
      );
    if (owner !== undefined && owner !== process.pid && owner !== predecessor && isArbiter(owner)) {
      throw new ConfigError(
        [],
        `the pidfile ${path} says that process ${owner} serves already\n  To stop it: kill ${owner}. To reload it: kill -HUP ${owner}`,
      );
    }
    // Left by one that was killed.
    rmSync(path, { force: true });
  }
}

/** Removes it, unless another process has put its own there. */
export function removePidfile(path: string): void {
  if (readPid(path) === process.pid) rmSync(path, { force: true });
}

/** Undefined where nothing is there, or nothing in it: the disk was full. */
function readPid(path: string): number | 'no pidfile' | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : 'no pidfile';
  }
  if (text === '') return undefined;
  return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : 'no pidfile';
}

/** After a restart of the machine the number may be somebody else's. */
function isArbiter(pid: number): boolean {
  try {
    // As `procName` has it, or as it was started.
    return /siskin|: arbiter/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return false;
  }
}
