// A Koa 3 app with router, body parser and static files.

import { Readable } from 'node:stream';
import Router from '@koa/router';
import Koa from 'koa';
import bodyParser from 'koa-bodyparser';
import serve from 'koa-static';

const app = new Koa({ proxy: true, keys: ['old', 'new'] });
app.silent = true;

app.use(async (ctx, next) => {
  await next();
  ctx.set('X-Outermost', `${ctx.status}`);
});
app.use(async (ctx, next) => {
  try {
    await next();
  } catch (error) {
    if (!ctx.path.startsWith('/api/')) throw error;
    ctx.status = error.status ?? 500;
    ctx.body = { error: error.message };
  }
});
app.use(bodyParser({ enableTypes: ['json', 'form', 'text'], jsonLimit: '10kb' }));

const router = new Router();
router.get('/', (ctx) => {
  ctx.body = 'home';
});
router.get('/object', (ctx) => {
  ctx.body = { hello: 'w\u00f6rld' };
});
router.get('/html', (ctx) => {
  ctx.body = '<p>html</p>';
});
router.get('/buffer', (ctx) => {
  ctx.body = Buffer.from([1, 2, 3]);
});
router.get('/stream', (ctx) => {
  ctx.type = 'text/plain';
  ctx.body = Readable.from(['one', 'two']);
});
router.get('/web', (ctx) => {
  ctx.body = new Response('from the platform', { headers: { 'content-type': 'text/x' } });
});
router.get('/blob', (ctx) => {
  ctx.body = new Blob(['blobbed'], { type: 'text/plain' });
});
router.get('/null', (ctx) => {
  ctx.body = null;
});
router.get('/empty', (ctx) => {
  ctx.status = 204;
});
router.get('/status', (ctx) => {
  ctx.status = 402;
  ctx.message = 'Pay Up';
});
router.get('/redirect', (ctx) => ctx.redirect('/object?x=\u00fc'));
router.get('/cookies', (ctx) => {
  ctx.cookies.set('plain', 'one', { httpOnly: false });
  ctx.cookies.set('signed', 'two', { signed: true, sameSite: 'strict' });
  ctx.body = { read: ctx.cookies.get('a') ?? null };
});
router.get('/fresh', (ctx) => {
  ctx.etag = 'one';
  ctx.lastModified = new Date('2025-01-01T00:00:00Z');
  ctx.status = 200;
  if (ctx.fresh) ctx.status = 304;
  else ctx.body = 'stale';
});
router.get('/accepts', (ctx) => {
  ctx.vary('Accept');
  ctx.body = ctx.accepts('json', 'html') || 'nothing';
});
router.get('/facts', (ctx) => {
  const {
    method,
    url,
    path,
    query,
    querystring,
    host,
    hostname,
    protocol,
    secure,
    ip,
    ips,
    subdomains,
    href,
    origin,
    length,
    type,
    charset,
    idempotent,
  } = ctx.request;
  ctx.body = {
    method,
    url,
    path,
    query,
    querystring,
    host,
    hostname,
    protocol,
    secure,
    ip,
    ips,
    subdomains,
    href,
    origin,
    length: length ?? null,
    type,
    charset,
    idempotent,
  };
});
router.get('/users/:id', (ctx) => {
  ctx.body = ctx.params;
});
router.post('/body', (ctx) => {
  ctx.body = { body: ctx.request.body ?? null, raw: ctx.request.rawBody ?? null };
});
router.post('/raw/echo', (ctx) => {
  ctx.body = ctx.req;
});
router.get('/throw', () => {
  throw new Error('a detail');
});
router.get('/throw/exposed', (ctx) => ctx.throw(403, 'not for you', { headers: { 'X-Why': 'because' } }));
router.get('/throw/stream', (ctx) => {
  ctx.body = Readable.from(
    (async function* () {
      yield 'half';
      await new Promise(setImmediate);
      throw new Error('the other half is lost');
    })(),
  );
});
router.get('/api/throw', (ctx) => ctx.throw(422, 'broken'));
router.get('/node', (ctx) => {
  ctx.respond = false;
  ctx.res.writeHead(202, { 'X-Raw': 'yes' });
  ctx.res.end('past Koa');
});
app.use(router.routes()).use(router.allowedMethods());
app.use(serve(new URL('../public', import.meta.url).pathname, { maxage: 1000, hidden: false }));

export const start = () => app.listen(0);
