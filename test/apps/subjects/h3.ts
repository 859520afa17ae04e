// An h3 app with what h3 apps are made of: routes, bodies, cookies, events, errors, middleware.

import {
  createEventStream,
  deleteCookie,
  getQuery,
  getRequestIP,
  getRequestURL,
  H3,
  HTTPError,
  handleCors,
  html,
  noContent,
  onError,
  parseCookies,
  readBody,
  redirect,
  serveStatic,
  setCookie,
} from 'h3';

const app = new H3({ silent: true });

app.use(onError((error) => (error.status === 418 ? { teapot: true } : undefined)));
app.use('/cors/**', (event) => {
  const answer = handleCors(event, { origin: ['https://friend.example'], methods: '*' });
  return answer === false ? undefined : answer;
});
app.use('/stamped', async (event, next) => {
  event.res.headers.set('x-stamp', 'before');
  const body = await next();
  event.res.headers.append('x-stamp', 'after');
  return body;
});

app.get('/', () => 'home');
app.get('/users/:id', (event) => ({ id: event.context.params?.['id'], query: getQuery(event) }));
app.get(
  '/url',
  (event) => `${event.url.href}\n${event.req.url}\n${getRequestURL(event, { xForwardedHost: true })}`,
);
app.get('/ip', (event) => getRequestIP(event) ?? 'nobody');
app.get('/stamped', () => 'stamped');
app.get('/cors/data', () => ({ shared: true }));
app.post('/json', async (event) => ({ received: await readBody(event) }));
app.post('/form', async (event) => Object.fromEntries(await event.req.formData()) as Record<string, string>);
app.post('/size', async (event) => ({ size: (await event.req.bytes()).length }));
app.post('/echo', (event) => event.req.body ?? 'no body');
app.get('/cookies', (event) => {
  setCookie(event, 'a', '1', { httpOnly: true });
  setCookie(event, 'b', 'two words');
  deleteCookie(event, 'c');
  return { ...parseCookies(event) };
});
app.get('/redirect', () => redirect('/users/7', 307));
app.get('/empty', () => noContent());
app.get('/null', () => null);
app.get('/html', () => html`<p>${'<escaped>'}</p>`);
app.get('/status', (event) => {
  event.res.status = 202;
  event.res.statusText = 'Taken';
  return 'accepted';
});
app.get('/bytes', () => new Uint8Array([0, 255, 10]));
app.get('/blob', () => new Blob(['a blob'], { type: 'text/x-blob' }));
app.get(
  '/stream',
  () =>
    new ReadableStream({
      start(controller) {
        for (const word of ['one ', 'two ', 'three']) controller.enqueue(new TextEncoder().encode(word));
        controller.close();
      },
    }),
);
app.get('/sse', (event) => {
  const events = createEventStream(event);
  void (async () => {
    await events.push('one');
    await events.push({ id: '2', event: 'tick', data: 'two' });
    await events.close();
  })();
  return events.send();
});
app.get('/static/**', (event) =>
  serveStatic(event, {
    getMeta: (id) => (id === '/static/a.txt' ? { size: 6, type: 'text/plain', mtime: 0 } : undefined),
    getContents: () => 'a file',
  }),
);
app.get('/error', () => {
  throw new Error('the details');
});
app.get('/denied', () => {
  throw new HTTPError({ status: 403, statusText: 'Not For You', data: { why: 'because' } });
});
app.get('/teapot', () => {
  throw new HTTPError({ status: 418 });
});
app.mount(
  '/mounted',
  new H3().get('/hello', (event) => `mounted ${event.url.pathname}`),
);

export default app;
