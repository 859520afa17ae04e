// `node --import siskin/register server.js`: every `http.createServer(...).listen()` of the program is served by our engine.
// Nothing else is imported before Node is known to be new enough: see old-node.ts.
//
// A worker thread keeps Node's own engine: ending a thread that polls descriptors ends the process.

import { refuseOldNode } from './old-node.ts';

refuseOldNode();
const { isMainThread } = await import('node:worker_threads');
if (isMainThread) {
  const { register } = await import('./registration.ts');
  await register();
}
