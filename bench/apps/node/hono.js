// A Hono app: a fetch handler. `hono-on-node.js` is the program that serves it on node:http.

import { Hono } from 'hono';

const app = new Hono();
app.get('/', (context) => context.text('Hello, World!'));
export default app;
