// The helper thread (helper.ts starts it): performs requests for a thread that is blocked. Its loop is on Node's sockets: a
// thread whose loop has descriptors of its own in libuv's can't be ended from outside.

import { workerData } from 'node:worker_threads';
import { createKernel } from '../kernel/index.ts';
import { Loop } from '../loop/index.ts';
import { Pool } from './client/pool.ts';
import type { HelperData } from './helper.ts';
import { servePort } from './serve-port.ts';

const loop = new Loop(createKernel('node'));
loop.attach();
servePort(workerData as HelperData, loop, new Pool(loop));
