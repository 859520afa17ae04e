// A Hono app, as it is: its default export has a `fetch` method, and nothing more is needed. Of an app for another
// fetch framework (h3, itty-router, a Worker) the same is true.
//   npm run siskin -- serve examples/hono.ts

import { Hono } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { etag } from 'hono/etag';
import { HTTPException } from 'hono/http-exception';
import { streamSSE } from 'hono/streaming';

/** What the server tells beside the request; Hono hands it on as `c.env`. */
interface Bindings {
  readonly remoteAddress: string;
}

const app = new Hono<{ Bindings: Bindings }>();

app.use('/birds/*', etag());

app.get('/', (c) => {
  const visits = Number(getCookie(c, 'visits') ?? 0) + 1;
  setCookie(c, 'visits', `${visits}`, { httpOnly: true, sameSite: 'Lax' });
  return c.text(`Visit ${visits} from ${c.env.remoteAddress}\n`);
});

app.get('/birds/:name', (c) => {
  const name = c.req.param('name');
  if (name !== 'siskin') throw new HTTPException(404, { message: `No ${name} has been seen.\n` });
  return c.json({ name, weight: 13, song: 'twitter' });
});

app.post('/echo', async (c) => c.json(await c.req.json()));

app.get('/countdown', (c) =>
  streamSSE(c, async (stream) => {
    for (let left = 3; left > 0; left--) {
      await stream.writeSSE({ event: 'left', data: `${left}` });
      await stream.sleep(10);
    }
  }),
);

export default app;
