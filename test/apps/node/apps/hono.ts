// The Hono app of the fetch tests, on Node: @hono/node-server, with what only that brings.

import { serve } from '@hono/node-server';
import { getConnInfo } from '@hono/node-server/conninfo';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import inner from '../../subjects/hono.ts';

const app = new Hono();
app.get('/node/info', (c) => {
  const { address, addressType } = getConnInfo(c).remote;
  return c.json({ address, addressType });
});
app.get('/node/raw', (c) =>
  c.json({ headers: Object.fromEntries(c.req.raw.headers), method: c.req.raw.method }),
);
app.use(
  '/node/files/*',
  serveStatic({ root: `${import.meta.dirname}/../public`, rewriteRequestPath: (path) => path.slice(11) }),
);
app.route('/', inner);

export const start = () =>
  new Promise((resolve) => {
    const server = serve({ fetch: app.fetch, port: 0 }, () => resolve(server));
  });
