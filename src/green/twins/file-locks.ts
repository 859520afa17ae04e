// Who reads or writes which file in the pool at the moment. A blocking `writeFileSync` is over before anything else runs, so
// nobody ever sees half of it, and two of them don't mix. Their twins keep that up towards each other: whoever writes a file
// waits for those that read it, and the other way round. Files go by their name or descriptor: what plain code does, other
// processes, and other names for the same file are not known here, and neither are trees.
//
// Those that wait have tickets, and none passes one with an earlier ticket that it would disturb; so a file is had in the
// order in which it was asked for, and of those that wait for several, the earliest waits for nobody who waits.

import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Co, Suspend, Waiter } from '../../task/index.ts';

export type Access = 'read' | 'write';
export type Touched = readonly (readonly [file: unknown, access: Access])[];

/** A call that waits. */
class Turn implements Suspend {
  #waiter: Waiter | undefined;

  park(waiter: Waiter): void {
    this.#waiter = waiter;
  }

  unpark(): void {
    this.#waiter = undefined;
  }

  /** Has it look again, if it does not already. */
  wake(): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.resume(undefined);
  }
}

interface Lock {
  readers: number;
  writing: boolean;
  /** In the order of their coming, those included that were woken and have not looked yet. */
  readonly queue: { readonly turn: Turn; readonly access: Access }[];
}

const locks = new Map<string, Lock>();

/** Waits until nothing in the pool, and nobody who came before, stands in the way of `touched`. */
export function* untilFree(touched: Touched): Co<void> {
  // Most of the time none is held, and no path need be looked at.
  if (locks.size === 0) return;
  const wanted = touched.map(([file, access]) => ({ key: keyOf(file), access }));
  if (wanted.every(({ key, access }) => mayPass(locks.get(key), access, undefined))) return;
  const turn = new Turn();
  for (const { key, access } of wanted) lockOf(key).queue.push({ turn, access });
  try {
    while (!wanted.every(({ key, access }) => mayPass(locks.get(key), access, turn))) yield turn;
  } finally {
    for (const { key } of wanted) leave(key, turn);
  }
}

/** Takes `touched`, which is free. Returns what gives it back. */
export function take(touched: Touched): () => void {
  const held = touched.map(([file, access]) => [keyOf(file), access] as const);
  for (const [key, access] of held) {
    const lock = lockOf(key);
    if (access === 'write') lock.writing = true;
    else lock.readers++;
  }
  return () => {
    for (const [key, access] of held) giveBack(key, access);
  };
}

function mayPass(lock: Lock | undefined, access: Access, turn: Turn | undefined): boolean {
  if (lock === undefined) return true;
  if (disturbs(lock, access)) return false;
  for (const other of lock.queue) {
    if (other.turn === turn) return true;
    if (access === 'write' || other.access === 'write') return false;
  }
  return true;
}

/** Whoever holds it must end first. */
function disturbs({ writing, readers }: Lock, access: Access): boolean {
  return writing || (access === 'write' && readers > 0);
}

function giveBack(key: string, access: Access): void {
  const lock = locks.get(key)!;
  if (access === 'write') lock.writing = false;
  else lock.readers--;
  settle(key, lock);
}

function leave(key: string, turn: Turn): void {
  const lock = locks.get(key);
  const index = lock?.queue.findIndex((each) => each.turn === turn) ?? -1;
  if (lock === undefined || index === -1) return;
  lock.queue.splice(index, 1);
  settle(key, lock);
}

/** Wakes those whose turn it is. */
function settle(key: string, lock: Lock): void {
  if (lock.queue.length === 0 && lock.readers === 0 && !lock.writing) {
    locks.delete(key);
    return;
  }
  for (const [index, { turn, access }] of lock.queue.entries()) {
    if (disturbs(lock, access) || (access === 'write' && index > 0)) return;
    turn.wake();
    if (access === 'write') return;
  }
}

function lockOf(key: string): Lock {
  let lock = locks.get(key);
  if (lock === undefined) {
    lock = { readers: 0, writing: false, queue: [] };
    locks.set(key, lock);
  }
  return lock;
}

/** What is no file's name is nobody's: the call itself will say so. */
function keyOf(file: unknown): string {
  if (typeof file === 'number') return `descriptor ${file}`;
  if (typeof file === 'string' || Buffer.isBuffer(file)) return resolve(file.toString());
  return file instanceof URL && file.protocol === 'file:' ? fileURLToPath(file) : '';
}
