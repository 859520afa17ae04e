// The event loop that green coroutines wait on: the server's, where there is one, or one of their own.

import { createKernel } from '../kernel/index.ts';
import { Loop } from '../loop/index.ts';

let loop: Loop | undefined;
let shared: (() => Loop) | undefined;

/** Coroutines started from now on wait on the loop that `given` returns when the first one waits. */
export function shareLoop(given: () => Loop): void {
  shared = given;
  loop = undefined;
}

export function currentLoop(): Loop {
  loop ??= shared?.() ?? ownLoop();
  return loop;
}

function ownLoop(): Loop {
  const own = new Loop(createKernel('auto'));
  own.attach();
  return own;
}
