// What was made green once need not be made again: kept in a folder of the user's, by what the source and the maker were. It
// is only a shortcut: where the folder can't be had or trusted, everything is made anew, and nobody is told.

import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { extname, join } from 'node:path';
import process from 'node:process';

/** Of the package that this file is in. */
const MANIFEST = new URL('../../package.json', import.meta.url);

/** Files that are kept: of some hundred apps. */
const MOST_FILES = 5000;

export class Cache {
  readonly #folder: string | undefined;
  #pruned = false;
  readonly #release: string;

  /** `release`: of this package; what another one has made is not found. */
  constructor(folder: string | undefined = defaultFolder(), release: string = ownRelease()) {
    this.#release = release;
    this.#folder = folder !== undefined && isOurs(folder) ? folder : undefined;
  }

  /** What was kept for it, or what `make` returns. */
  get(key: readonly string[], make: () => string): string {
    if (this.#folder === undefined) return make();
    const hash = createHash('sha256')
      .update(JSON.stringify([this.#release, ...key]))
      .digest('hex');
    const path = join(this.#folder, hash);
    try {
      return readFileSync(path, 'utf8');
    } catch {
      // Not there yet.
    }
    const made = make();
    this.#prune(this.#folder);
    try {
      // Several workers start at once: each file appears whole.
      const own = `${path}.${process.pid}`;
      writeFileSync(own, made, { mode: 0o600 });
      renameSync(own, path);
    } catch {
      // A full disk, a read-only one: it is made again next time.
    }
    return made;
  }

  /** Sources change, and what was made of the old ones is of no use. Looked at once, by whoever adds to it. */
  #prune(folder: string): void {
    if (this.#pruned) return;
    this.#pruned = true;
    try {
      const names = readdirSync(folder);
      if (names.length <= MOST_FILES) return;
      const files = names.map((name) => ({
        path: join(folder, name),
        since: lstatSync(join(folder, name)).mtimeMs,
      }));
      files.sort((a, b) => a.since - b.since);
      for (const { path } of files.slice(0, names.length / 2)) rmSync(path, { force: true });
    } catch {
      // Another worker does the same.
    }
  }
}

function ownRelease(): string {
  return (JSON.parse(readFileSync(MANIFEST, 'utf8')) as { version: string }).version;
}

/** None for the sources: they change without a release. */
function defaultFolder(): string | undefined {
  if (extname(import.meta.url) === '.ts') return undefined;
  const { XDG_CACHE_HOME: base } = process.env;
  try {
    return join(base?.startsWith('/') ? base : join(homedir(), '.cache'), 'siskin', 'green');
  } catch {
    // No home at all, as in some containers.
    return undefined;
  }
}

/** Its code will run as ours: nobody else may write there. */
function isOurs(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = lstatSync(folder);
    return process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
  } catch {
    return false;
  }
}
