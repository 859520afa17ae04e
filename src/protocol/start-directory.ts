// The directory that this process was started in.

import { lstatSync } from 'node:fs';
import process from 'node:process';

/**
 * The directory that this process was started in, as whoever started it has named it: a shell keeps the name of a
 * symbolic link in PWD, and what it points to is another one after a deployment.
 */
export function startDirectory(): string {
  return START;
}

/** Looked at once: later where this process is may have been removed. */
const START = isSame(process.env['PWD'], process.cwd()) ? process.env['PWD']! : process.cwd();

function isSame(name: string | undefined, directory: string): boolean {
  if (name?.startsWith('/') !== true) return false;
  try {
    const named = lstatSync(`${name}/.`);
    const actual = lstatSync(`${directory}/.`);
    return named.ino === actual.ino && named.dev === actual.dev;
  } catch {
    return false;
  }
}
