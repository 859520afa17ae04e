// What JavaScript and Node do with a function they are given: twins and replacements for it, so that it may wait.

import { twinArrays } from './array.ts';
import { twinAsyncContext } from './async-context.ts';
import { twinCollections } from './collections.ts';
import { patchEvents } from './events.ts';
import { twinFunctions } from './function.ts';
import { twinIterators } from './iterator.ts';
import { twinPromises } from './promise.ts';
import { twinStrings } from './string.ts';
import { patchTimers } from './timers.ts';
import { twinTypedArrays } from './typed-array.ts';

/** To be called once: some of it replaces what is there. */
export function installBuiltins(): void {
  twinFunctions();
  twinArrays();
  twinTypedArrays();
  twinCollections();
  twinIterators();
  twinStrings();
  twinPromises();
  twinAsyncContext();
  patchEvents();
  patchTimers();
}
