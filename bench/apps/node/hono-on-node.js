// Hono on node:http, as its documentation says.

import { serve } from '@hono/node-server';
import app from './hono.js';

serve({ fetch: app.fetch, port: Number(process.argv[2]), hostname: '127.0.0.1' });
