// Hono on @hono/node-server answering the benchmark's paths: node bench/peers/hono.js PORT
// JavaScript, since its types are on disk only after `--install`.

import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { HELLO, LARGE, receipt } from '../apps/bodies.ts';
import { memory } from '../apps/probe.ts';
import routes from '../apps/routes.ts';

const app = new Hono();
app.get('/', (context) => context.text(HELLO));
app.post('/json', async (context) => context.json(receipt(await context.req.json())));
app.get('/large', (context) => context.text(LARGE));
app.get('/stream', (context) => routes.fetch(context.req.raw));
app.get('/memory', (context) => context.json(memory()));

const server = serve({ fetch: app.fetch, port: Number(process.argv[2]), hostname: '127.0.0.1' });
server.keepAliveTimeout = 75_000;
