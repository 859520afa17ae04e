// Where `siskin ctl` and an arbiter meet, if nobody has chosen a place: in a folder of the user's own, under a name made from the
// directory that both are started in.

import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import process from 'node:process';

const PREFIX = 'control-';

/** Where an arbiter that was started in `directory` listens, if nothing else is said. Undefined where there is no such place. */
export function controlSocketFor(directory: string): string | undefined {
  const folder = runtimeDirectory();
  return folder && join(folder, `${PREFIX}${nameOf(directory)}-${process.pid}.sock`);
}

/** The sockets of arbiters that were started in `directory`, of those that have crashed too. */
export function controlSocketsFor(directory: string): string[] {
  const folder = runtimeDirectory();
  if (folder === undefined) return [];
  const start = `${PREFIX}${nameOf(directory)}-`;
  return readdirSync(folder)
    .filter((name) => name.startsWith(start))
    .map((name) => join(folder, name));
}

/** A folder that is this user's alone. */
function runtimeDirectory(): string | undefined {
  const uid = process.getuid?.() ?? 0;
  const given = process.env['XDG_RUNTIME_DIR'];
  const places = [
    ...(given === undefined || given === '' ? [] : [join(given, 'siskin')]),
    ...(uid === 0 ? ['/run/siskin'] : []),
    join(tmpdir(), `siskin-${uid}`),
  ];
  return places.find((path) => isOwnFolder(path, uid));
}

function isOwnFolder(path: string, uid: number): boolean {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const found = lstatSync(path);
    // In a folder that everybody can write, somebody else may have been faster.
    return found.isDirectory() && found.uid === uid && (found.mode & 0o022) === 0;
  } catch {
    return false;
  }
}

/** `shop-1a2b3c4d`: for people, and unique. */
function nameOf(directory: string): string {
  const digest = createHash('sha256').update(directory).digest('hex').slice(0, 8);
  return `${
    basename(directory)
      .replace(/[^\w.-]/g, '_')
      .slice(0, 32) || 'root'
  }-${digest}`;
}
