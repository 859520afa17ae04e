// The h3 app of the fetch tests, on a server of Node's.

import { createServer } from 'node:http';
import { toNodeHandler } from 'h3/node';
import app from '../../subjects/h3.ts';

export const start = () => createServer(toNodeHandler(app)).listen(0);
