// The twins of Node's blocking functions, for whoever turns green mode on.
//
//   registerNodeTwins();
//   yield* twinOf(fs.readFileSync).call(fs, path)      waits in libuv's pool, and others run meanwhile

import { atomicsFunctions } from './atomics.ts';
import { childProcessFunctions } from './child-process.ts';
import { cryptoFunctions } from './crypto.ts';
import { fileFunctions } from './files.ts';
import { hangTwin, type NodeFunction } from './node-function.ts';
import { zlibFunctions } from './zlib.ts';

let functions: readonly NodeFunction[] | undefined;

/** Gives Node's blocking functions their twins, on the functions themselves; once. Returns them. */
export function registerNodeTwins(): readonly NodeFunction[] {
  if (functions !== undefined) return functions;
  functions = [
    ...childProcessFunctions(),
    ...cryptoFunctions(),
    ...zlibFunctions(),
    ...fileFunctions(),
    ...atomicsFunctions(),
  ];
  for (const fn of functions) hangTwin(fn, fn.original);
  return functions;
}
