// AsyncLocalStorage across switches. A coroutine that waits goes on in the stores it waits in (Task sees to that); what is
// here keeps its stores from whoever runs meanwhile: `within` where one is entered for the time of a call, the journal
// where one is entered for good.

import { type AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import type { Co, Suspend } from '../task/index.ts';
import { type EnteredStore, state } from './state.ts';

/** Calls `step` in other stores, and sees that the caller's are back when it returns: `storage.run`, in one word. */
export type InStores = (step: () => void) => void;

/**
 * Runs the coroutine that `make` makes in other stores than those around it: `enter` leads into them for its first step, and
 * what it finds after a wait is what it left.
 */
export function* within(enter: InStores, make: () => Co<unknown>): Co<unknown> {
  let coroutine: Co<unknown> | undefined;
  let input: unknown;
  let failed = false;
  let taken: IteratorResult<Suspend, unknown> | undefined;
  let stores: AsyncResource | undefined;
  const step = (): void => {
    coroutine ??= make();
    taken = failed ? coroutine.throw(input) : coroutine.next(input);
    stores = taken.done === true ? undefined : captureStores();
  };
  for (;;) {
    if (stores === undefined) enter(step);
    else stores.runInAsyncScope(step);
    if (taken!.done === true) return taken!.value;
    let returned = true;
    try {
      input = yield taken!.value;
      failed = false;
      returned = false;
    } catch (error) {
      input = error;
      failed = true;
      returned = false;
    } finally {
      if (returned) yield* unwindIn(stores, coroutine!);
    }
  }
}

/** What is around `coroutine` is given up: so is it. Its `finally` blocks run, in its own stores if it has any, and may wait. */
export function* unwindIn(stores: AsyncResource | undefined, coroutine: Co<unknown>): Co<void> {
  const take = (next: () => IteratorResult<Suspend, unknown>) =>
    stores === undefined ? next() : stores.runInAsyncScope(next);
  let step = take(() => coroutine.return(undefined));
  while (step.done !== true) {
    const input = yield step.value;
    step = take(() => coroutine.next(input));
  }
}

export function captureStores(): AsyncResource {
  return new AsyncResource('siskin.green', { requireManualDestroy: true });
}

// ── enterWith ──────────────────────────────────────────────────────────────────────────────────────────────────

/** Of all coroutines that have entered nothing, which are nearly all. */
const EMPTY: EnteredStore[] = [];

/** A coroutine takes its first step. What this returns is for `closeJournal`. */
export function openJournal(): EnteredStore[] | undefined {
  const outer = state.journal;
  state.journal = EMPTY;
  return outer;
}

/** `storage` is about to enter another store: by `enterWith`, which `run` calls, too. */
export function noteEntering(storage: AsyncLocalStorage<unknown>): void {
  if (state.journal !== undefined && !isNoted(storage)) note({ storage, before: storage.getStore() });
}

function isNoted(storage: AsyncLocalStorage<unknown>): boolean {
  return state.journal!.some((entered) => entered.storage === storage);
}

function note(entered: EnteredStore): void {
  if (state.journal === EMPTY) state.journal = [entered];
  else state.journal!.push(entered);
}

/** The step is over. If it ended in a wait, what it entered is its own: the stores are again what they were. */
export function closeJournal(outer: EnteredStore[] | undefined, waits: boolean): void {
  const journal = state.journal!;
  state.journal = waits ? undefined : outer;
  if (waits) for (const { storage, before } of journal) storage.enterWith(before);
  else if (outer !== undefined) for (const entered of journal) if (!isNoted(entered.storage)) note(entered);
  if (waits) state.journal = outer;
}
