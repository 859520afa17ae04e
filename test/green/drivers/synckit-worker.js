// What synckit.test.ts has synckit run: it answers, waits for others to ask, or fails, as it is told.

import process from 'node:process';
import { runAsWorker } from 'synckit';

let release;
let calls = 0;

runAsWorker(async (what, ...args) => {
  calls++;
  if (what === 'echo') return args;
  if (what === 'count') return calls;
  if (what === 'undefined') return undefined;
  if (what === 'print') process.stdout.write('');
  if (what === 'throw') throw Object.assign(new RangeError(args[0]), { code: 'E_TEST', list: [1] });
  if (what === 'reject') return await Promise.reject(args[0]);
  if (what === 'wait')
    return await new Promise((resolve) => {
      release = resolve;
    });
  if (what === 'release') return release(args[0]);
  if (what === 'function') return () => {};
  return what;
});
