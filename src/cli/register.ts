// `node --import siskin/register server.js`: every `http.createServer(...).listen()` of the program is served by our engine.
//
// A worker thread keeps Node's own engine: ending a thread that polls descriptors ends the process.

import { isMainThread } from 'node:worker_threads';
import { register } from './registration.ts';

if (isMainThread) await register();
