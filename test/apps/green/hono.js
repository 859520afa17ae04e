// Hono, with synchronous handlers that wait.

import { Hono } from 'hono';
import { logger } from 'hono/logger';
import { fetchSync } from '../../../src/blocking/index.ts';

const app = new Hono();
app.use(logger(() => {}));
app.get('/hono/meet', (context) => context.text(fetchSync(`${process.env.API}/hono`).text()));

export default app;
