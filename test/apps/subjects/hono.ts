// A Hono app with what Hono apps are made of: routes, forms, cookies, streams, errors, and its own middleware.

import { createHash } from 'node:crypto';
import { Hono } from 'hono';
import { basicAuth } from 'hono/basic-auth';
import { bodyLimit } from 'hono/body-limit';
import { compress } from 'hono/compress';
import { deleteCookie, getCookie, getSignedCookie, setCookie, setSignedCookie } from 'hono/cookie';
import { cors } from 'hono/cors';
import { csrf } from 'hono/csrf';
import { etag } from 'hono/etag';
import { HTTPException } from 'hono/http-exception';
import { methodOverride } from 'hono/method-override';
import { prettyJSON } from 'hono/pretty-json';
import { secureHeaders } from 'hono/secure-headers';
import { serveStatic } from 'hono/serve-static';
import { stream, streamSSE, streamText } from 'hono/streaming';
import { trimTrailingSlash } from 'hono/trailing-slash';

const FILES = new Map([
  ['public/index.html', '<!doctype html><p>static</p>'],
  ['public/style.css', 'p { color: teal }'],
]);
const SECRET = 'a secret';

const app = new Hono();

app.get('/', (c) => c.text('home'));
app.get('/url', (c) => c.text(`${c.req.url}\n${c.req.path}\n${new URL(c.req.url).searchParams}`));
app.get('/users/:id{[0-9]+}', (c) => c.json({ id: c.req.param('id'), tags: c.req.queries('tag') ?? [] }));
app.get('/files/*', (c) => c.text(c.req.path));
app.all('/headers', (c) => c.json(Object.fromEntries(c.req.raw.headers)));
app.all('/method', (c) => c.text(c.req.method));

app.post('/json', async (c) => c.json({ received: await c.req.json() }, 201, { 'X-Kind': 'echo' }));
app.post('/form', async (c) => c.json(await c.req.parseBody({ all: true })));
app.post('/upload', async (c) => {
  const form = await c.req.formData();
  const parts: unknown[] = [];
  for (const [name, value] of form) {
    if (typeof value === 'string') parts.push({ name, value });
    else {
      const hash = createHash('sha256').update(await value.bytes());
      parts.push({ name, file: value.name, type: value.type, size: value.size, hash: hash.digest('hex') });
    }
  }
  return c.json(parts);
});
app.post('/twice', async (c) => {
  const copy = c.req.raw.clone();
  const [text, bytes] = [await c.req.text(), await copy.arrayBuffer()];
  return c.json({ text, bytes: bytes.byteLength, used: c.req.raw.bodyUsed });
});
app.post('/limited', bodyLimit({ maxSize: 10, onError: (c) => c.text('too large', 413) }), async (c) =>
  c.text(await c.req.text()),
);

app.get('/cookies', async (c) => {
  setCookie(c, 'a', '1', { path: '/', httpOnly: true });
  setCookie(c, 'b', 'two words; and more', { sameSite: 'Lax', maxAge: 60 });
  deleteCookie(c, 'c');
  await setSignedCookie(c, 'd', 'signed', SECRET);
  return c.json(getCookie(c));
});
app.get('/signed', async (c) => c.json(await getSignedCookie(c, SECRET)));

app.get('/redirect', (c) => c.redirect('/users/7?tag=a'));
app.get('/moved', (c) => c.redirect('https://elsewhere.example/ä', 308));
app.get('/empty', (c) => c.body(null, 204));
app.get('/not-modified', (c) => c.body(null, 304, { ETag: '"x"' }));
app.get('/reason', () => new Response('odd', { status: 299, statusText: 'Odd But True' }));
app.get('/many', (c) => {
  c.header('X-Many', 'one');
  c.header('X-Many', 'two', { append: true });
  c.header('Vary', 'Accept');
  return c.html('<p>many</p>');
});
app.get('/blob', () => new Response(new Blob(['a', 'blob'], { type: 'text/x-blob' })));
app.get('/form-data', () => {
  const form = new FormData();
  form.set('a', '1');
  return new Response(new URLSearchParams([...form] as [string, string][]));
});

app.get('/stream', (c) =>
  streamText(c, async (out) => {
    for (const word of ['one', 'two', 'three']) await out.writeln(word);
  }),
);
app.get('/sse', (c) =>
  streamSSE(c, async (out) => {
    for (let i = 0; i < 3; i++) await out.writeSSE({ id: `${i}`, event: 'tick', data: `line ${i}\nmore` });
  }),
);
app.get('/large', (c) =>
  stream(c, async (out) => {
    const piece = new Uint8Array(65_536).fill(120);
    for (let i = 0; i < 64; i++) await out.write(piece);
  }),
);

app.get('/error', () => {
  throw new Error('the details');
});
app.get('/denied', () => {
  throw new HTTPException(403, { message: 'not for you' });
});
app.onError((error, c) =>
  error instanceof HTTPException ? error.getResponse() : c.json({ error: error.message }, 500),
);
app.notFound((c) => c.text(`nothing at ${c.req.path}`, 404));

app.use('/cors/*', cors({ origin: 'https://friend.example', credentials: true, maxAge: 60 }));
app.get('/cors/data', (c) => c.json({ shared: true }));
app.use('/etag/*', etag());
app.get('/etag/text', (c) => c.text('the same each time'));
app.use('/compressed/*', compress());
app.get('/compressed/long', (c) => c.text('long '.repeat(2000)));
app.get('/compressed/short', (c) => c.text('short'));
app.use('/private/*', basicAuth({ username: 'ann', password: 'pässword' }));
app.get('/private/page', (c) => c.text('secret'));
app.use('/secure/*', secureHeaders());
app.get('/secure/page', (c) => c.text('safe'));
app.use('/csrf/*', csrf({ origin: 'http://app.example' }));
app.post('/csrf/form', (c) => c.text('accepted'));
app.use('/pretty', prettyJSON());
app.get('/pretty', (c) => c.json({ a: [1] }));
app.use('/static/*', async (c, next) =>
  serveStatic({
    root: 'public',
    rewriteRequestPath: (path) => path.replace('/static', ''),
    getContent: async (path) => FILES.get(path.replace(/^\.?\//, '')) ?? null,
  })(c, next),
);
app.use('/slash/*', trimTrailingSlash());
app.get('/slash/page', (c) => c.text('trimmed'));
app.use('/override', methodOverride({ app }));
app.delete('/override', (c) => c.text('deleted'));

const inner = new Hono().get('/hello', (c) => c.text(`inner ${new URL(c.req.url).pathname}`));
app.route('/group', inner);
app.mount('/mounted', (request: Request) => new Response(`mounted ${new URL(request.url).pathname}`));
app.get('/again', async (c) => {
  const response = await app.request('/users/9', { headers: c.req.raw.headers });
  return new Response(response.body, response);
});

export default app;
