// Who reads or writes which file in the pool at the moment. A blocking `writeFileSync` is over before anything else runs, so
// nobody ever sees half of it, and two of them don't mix. Their twins keep that up towards each other: whoever writes a file
// waits for those that read it, and the other way round. Files go by their name or descriptor: what plain code does, other
// processes, and other names for the same file are not known here, and neither are trees.

import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Co, WaitList } from '../../task/index.ts';

export type Access = 'read' | 'write';
export type Touched = readonly (readonly [file: unknown, access: Access])[];

interface Lock {
  readers: number;
  writing: boolean;
  /** Who wants to write goes first, where many read all the time. */
  writersWaiting: number;
  readonly waiting: WaitList;
}

const locks = new Map<string, Lock>();

/** Waits until nothing in the pool stands in the way of `touched`. */
export function* untilFree(touched: Touched): Co<void> {
  // Most of the time none is held, and no path need be looked at.
  for (let i = 0; locks.size > 0 && i < touched.length; ) {
    const [file, access] = touched[i]!;
    const lock = locks.get(keyOf(file));
    if (lock === undefined || !stands(lock, access)) {
      i++;
      continue;
    }
    if (access === 'write') lock.writersWaiting++;
    try {
      yield lock.waiting.place(undefined);
    } finally {
      if (access === 'write') lock.writersWaiting--;
    }
    // Another may have taken what was free before.
    i = 0;
  }
}

function stands(lock: Lock, access: Access): boolean {
  return lock.writing || (access === 'write' ? lock.readers > 0 : lock.writersWaiting > 0);
}

/** Takes `touched`, which is free. Returns what gives it back. */
export function take(touched: Touched): () => void {
  const held = touched.map(([file, access]) => [keyOf(file), access] as const);
  for (const [key, access] of held) {
    const lock = locks.get(key) ?? { readers: 0, writing: false, writersWaiting: 0, waiting: new WaitList() };
    locks.set(key, lock);
    if (access === 'write') lock.writing = true;
    else lock.readers++;
  }
  return () => {
    for (const [key, access] of held) giveBack(key, access);
  };
}

function giveBack(key: string, access: Access): void {
  const lock = locks.get(key)!;
  if (access === 'write') lock.writing = false;
  else lock.readers--;
  if (lock.writing || lock.readers > 0) return;
  // Whoever waits looks again, in order: the first takes a new one.
  locks.delete(key);
  lock.waiting.wakeAll();
}

/** What is no file's name is nobody's: the call itself will say so. */
function keyOf(file: unknown): string {
  if (typeof file === 'number') return `descriptor ${file}`;
  if (typeof file === 'string' || Buffer.isBuffer(file)) return resolve(file.toString());
  return file instanceof URL && file.protocol === 'file:' ? fileURLToPath(file) : '';
}
