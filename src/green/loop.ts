// The event loop that green coroutines wait on: the server's, where there is one, or one of their own.

import { createKernel } from '../kernel/index.ts';
import { Loop } from '../loop/index.ts';

let loop: Loop | undefined;
let shared: (() => Loop) | undefined;

/** Coroutines started from now on wait on `loop`. */
export function setLoop(given: Loop): void {
  loop = given;
}

/** As `setLoop`, with a loop that is there when the first one waits. */
export function shareLoop(given: () => Loop): void {
  shared = given;
  loop = undefined;
}

export function currentLoop(): Loop {
  if (loop === undefined && shared !== undefined) loop = shared();
  if (loop === undefined) {
    loop = new Loop(createKernel('auto'));
    loop.attach();
  }
  return loop;
}
