// `apps/node/listener.js` in two workers of node:cluster, as its documentation has it: node bench/peers/cluster.js PORT

import cluster from 'node:cluster';
import { join } from 'node:path';

cluster.setupPrimary({
  exec: join(import.meta.dirname, '../apps/node/listener.js'),
  args: [process.argv[2]],
});
for (let i = 0; i < 2; i++) cluster.fork();
