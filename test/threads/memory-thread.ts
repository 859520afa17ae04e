// A thread of the pool without a thread: the other end of a channel, in this one. Everything but blocking and dying is as in
// a real one, and apps can be closures.

import { MessageChannel } from 'node:worker_threads';
import type { FromThread, ToThread } from '../../src/threads/messages.ts';
import { portOf } from '../../src/threads/port.ts';
import type { ThreadEnd, ThreadHandle } from '../../src/threads/thread.ts';
import { type Door, ThreadSide } from '../../src/threads/thread-side.ts';

export interface MemoryThread extends ThreadHandle {
  readonly side: ThreadSide;
  /** It ends as if by itself. */
  die(end: ThreadEnd): void;
  /** The pool has ended it. */
  readonly terminated: boolean;
  /** It hangs: whatever is said to it from now on, it does not hear. */
  hang(): void;
}

/** Serves `door`, and is ready at once. `frames`: where it says that it is. */
export function memoryThread(door: Door, frames?: readonly string[]): MemoryThread {
  const { port1, port2 } = new MessageChannel();
  const ended = Promise.withResolvers<ThreadEnd>();
  const side = new ThreadSide(portOf(port2));
  side.open(0, door);
  side.tell({
    type: 'loaded',
    interface: door.kind,
    shape: 'test',
    leaves: { expectations: false, hostless: false },
    exportsApp: false,
  });
  side.tell({ type: 'ready' });
  let terminated = false;
  let hangs = false;
  const face = portOf<ToThread, FromThread>(port1);
  const die = (end: ThreadEnd): void => {
    port1.close();
    ended.resolve(end);
  };
  return {
    side,
    port: {
      ...face,
      postMessage: (message, transfer) => {
        if (!hangs) face.postMessage(message, transfer);
      },
    },
    answerListen() {},
    ended: ended.promise,
    die,
    hang: () => {
      hangs = true;
    },
    get terminated() {
      return terminated;
    },
    terminate: () => {
      terminated = true;
      die({ code: 1, error: undefined });
    },
    stack: async () => frames,
  };
}
