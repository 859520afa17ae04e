// The event loop that green coroutines wait on: the server's, where there is one, or one of their own.

import { createKernel } from '../kernel/index.ts';
import { Loop } from '../loop/index.ts';

let loop: Loop | undefined;

/** Coroutines started from now on wait on `shared`. */
export function setLoop(shared: Loop): void {
  loop = shared;
}

export function currentLoop(): Loop {
  if (loop === undefined) {
    loop = new Loop(createKernel('auto'));
    loop.attach();
  }
  return loop;
}
