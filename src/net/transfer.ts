// `read` and `write` on top of `tryRead` and `tryWrite`: the same for every kind of stream, which call these.
//
// A peer that is as fast as we are leaves nothing to wait for, and a task that never waits is never cancelled, never
// past its deadline, and alone on the loop. So every so often such a task queues up behind the others.

import { EAGAIN, SystemError } from '../kernel/index.ts';
import type { Runnable } from '../loop/index.ts';
import type { Co, Suspend, Waiter } from '../task/index.ts';
import type { Readiness } from './readiness.ts';
import type { Stream } from './stream.ts';

/** Transfers at a stretch before others have their turn: at 64 KB each, about a millisecond of them. */
const LONGEST_STREAK = 64;

const encoder = new TextEncoder();

/** See {@link Stream.read}. */
export function* readSome(stream: Stream, readiness: Readiness, into: Uint8Array): Co<number> {
  if (++readiness.streak > LONGEST_STREAK) yield* letOthers(readiness);
  for (;;) {
    const count = stream.tryRead(into, 0, into.length);
    if (count >= 0) return count;
    if (count !== -EAGAIN) throw new SystemError('recv', count);
    readiness.streak = 0;
    yield stream.readable;
  }
}

/** See {@link Stream.write}. */
export function* writeAll(stream: Stream, readiness: Readiness, data: Uint8Array | string): Co<void> {
  const bytes = typeof data === 'string' ? encoder.encode(data) : data;
  let sent = 0;
  while (sent < bytes.length) {
    if (++readiness.streak > LONGEST_STREAK) yield* letOthers(readiness);
    const count = stream.tryWrite(bytes, sent, bytes.length - sent);
    if (count >= 0) sent += count;
    else if (count !== -EAGAIN) throw new SystemError('send', count);
    else {
      readiness.streak = 0;
      yield stream.writable;
    }
  }
}

function* letOthers(readiness: Readiness): Co<void> {
  readiness.streak = 0;
  yield new Turn();
}

/** A wait for one's next turn in the loop's ready queue. */
class Turn implements Suspend, Runnable {
  #waiter: Waiter | undefined;

  park(waiter: Waiter): void {
    this.#waiter = waiter;
    waiter.loop.schedule(this);
  }

  unpark(): void {
    this.#waiter = undefined;
  }

  run(): void {
    this.#waiter?.resume(undefined);
  }
}
