// Twins of the fs functions that can take long: whole files from a size on, trees, waits for the disk, and whatever is
// neither a file nor a directory, which may block for ever. The rest takes microseconds, and stays in place.
//
// On this machine, in µs: readFile of 64 KB 68, 256 KB 140, 1 MB 800 (the main thread's part of the callback form: 36,
// 63, 300); writeFile of 64 KB 470-690, of 1 MB 1600; a tree of 280 files: readdir 400, glob 4100, rm 9500, cp 45000.
// Asking for a file's kind and size first is a stat: 2 to 8.

import fs, { type Stats } from 'node:fs';
import { type NodeFunction, nodeFunction } from './node-function.ts';
import { endlessLane, type Lane } from './pool.ts';
import { optionsOf, type Pooled, pooledTwin, sizeOf } from './pooled.ts';

/** As they are when this is loaded: `graceful-fs` and others replace some. */
const forms = { ...fs } as unknown as Record<string, (...args: unknown[]) => void>;
const { fstatSync, lstatSync, statSync } = fs;

/** Bytes. Reading is mostly from the page cache; a write may have to wait for the disk. */
const READ_GATE = 256 * 1024;
const WRITE_GATE = 64 * 1024;

/** How it is to be read or written, by what it is. */
function laneFor(stats: Stats | undefined, gate: number): Lane | undefined {
  if (stats === undefined || stats.isDirectory()) return undefined;
  if (!stats.isFile()) return endlessLane();
  return stats.size >= gate ? 'free' : undefined;
}

function statOf(file: unknown): Stats | undefined {
  return typeof file === 'number' ? fstatSync(file) : statSync(file as string, { throwIfNoEntry: false });
}

/** An option that only the callback form knows, or that changes what becomes of buffers. */
function isUnusual(options: unknown): boolean {
  if (typeof options === 'string') return false;
  const known = optionsOf(options);
  return known === undefined || known['signal'] !== undefined || known['buffer'] !== undefined;
}

function writing(name: string): Pooled {
  return {
    plan([file, data, options]) {
      const size = sizeOf(data);
      if (size === undefined || data instanceof ArrayBuffer || isUnusual(options)) return undefined;
      // Opening a FIFO that nobody reads blocks; a descriptor is open, and what it leads to is mostly read.
      const special = typeof file === 'number' ? undefined : laneFor(statOf(file), Number.POSITIVE_INFINITY);
      if (special !== undefined) return special;
      return size >= WRITE_GATE || optionsOf(options)?.['flush'] === true ? 'free' : undefined;
    },
    begin: ([file, data, options], done) => forms[name]!(file, data, options ?? {}, done),
    buffers: 'read',
    touched: ([file]) => [[file, 'write']],
  };
}

const disk: Omit<Pooled, 'begin'> = { plan: ([fd]) => (typeof fd === 'number' ? 'free' : undefined) };

function isTree(path: unknown): boolean {
  return lstatSync(path as string, { throwIfNoEntry: false })?.isDirectory() === true;
}

const KINDS: Readonly<Record<string, Pooled>> = {
  readFileSync: {
    plan: ([file, options]) => (isUnusual(options) ? undefined : laneToRead(statOf(file))),
    begin: ([file, options], done) => forms['readFile']!(file, options ?? {}, done),
    touched: ([file]) => [[file, 'read']],
  },
  writeFileSync: writing('writeFile'),
  appendFileSync: writing('appendFile'),
  copyFileSync: {
    plan: ([from]) => laneFor(statOf(from), WRITE_GATE),
    begin: ([from, to, mode], done) => forms['copyFile']!(from, to, mode ?? 0, done),
    touched: ([from, to]) => [
      [from, 'read'],
      [to, 'write'],
    ],
  },
  cpSync: {
    plan([from, , given]) {
      const options = optionsOf(given);
      // A filter is the app's code; and what is to fail where a file exists can't be repeated.
      if (options === undefined || options['filter'] !== undefined || options['errorOnExist'])
        return undefined;
      const stats = statOf(from);
      return stats?.isDirectory() ? (options['recursive'] ? 'free' : undefined) : laneFor(stats, WRITE_GATE);
    },
    begin: ([from, to, options], done) => forms['cp']!(from, to, options, done),
    repeat: true,
  },
  rmSync: {
    plan: ([path, given]) => (optionsOf(given)?.['recursive'] === true && isTree(path) ? 'free' : undefined),
    begin: ([path, options], done) => forms['rm']!(path, options, done),
    repeat: true,
  },
  readdirSync: {
    plan([path, given]) {
      const options = optionsOf(given);
      // Node 24's callback form throws for names as bytes, where nobody can catch it.
      if (options?.['encoding'] === 'buffer') return undefined;
      return options?.['recursive'] === true && isTree(path) ? 'free' : undefined;
    },
    begin: ([path, options], done) => forms['readdir']!(path, options, done),
    repeat: true,
  },
  globSync: {
    plan([patterns, given]) {
      const options = optionsOf(given);
      if (options === undefined || typeof options['exclude'] === 'function') return undefined;
      return [patterns].flat().some((pattern) => String(pattern).includes('**')) ? 'free' : undefined;
    },
    begin: ([patterns, options], done) => forms['glob']!(patterns, options ?? {}, done),
    repeat: true,
  },
  fsyncSync: { ...disk, begin: ([fd], done) => forms['fsync']!(fd, done) },
  fdatasyncSync: { ...disk, begin: ([fd], done) => forms['fdatasync']!(fd, done) },
};

/** A file that says it is empty may be one of /proc's, of any size, and take as long as it likes. */
function laneToRead(stats: Stats | undefined): Lane | undefined {
  return stats?.isFile() && stats.size === 0 ? 'free' : laneFor(stats, READ_GATE);
}

export function fileFunctions(): NodeFunction[] {
  return Object.entries(KINDS).flatMap(([name, kind]) => {
    const fn = nodeFunction('fs', fs, name);
    if (fn === undefined) return [];
    pooledTwin(fn, kind);
    return [fn];
  });
}
