// One Express app for both majors: what the guide shows of routing, requests, responses, bodies, errors and files.

const path = require('node:path');
const { Readable } = require('node:stream');

const PUBLIC = path.join(__dirname, '../public');

module.exports = (express, major) => {
  const app = express();
  app.set('trust proxy', 'loopback');
  app.engine('txt', (file, options, give) => give(null, `${path.basename(file)}: hello ${options.name}`));
  app.set('views', PUBLIC);
  app.set('view engine', 'txt');

  app.use((_req, res, next) => {
    res.locals.from = 'the first middleware';
    next();
  });

  // Bodies.
  const limit = '20kb';
  app.post('/json', express.json({ limit }), (req, res) => res.json({ body: req.body ?? null }));
  app.post('/json/any', express.json({ strict: false, type: '*/*' }), (req, res) =>
    res.json([req.body ?? null]),
  );
  app.post('/form', express.urlencoded({ extended: true, limit }), (req, res) => res.json(req.body ?? null));
  app.post('/form/simple', express.urlencoded({ extended: false }), (req, res) => res.json(req.body ?? null));
  app.post('/text', express.text({ limit: '2mb' }), (req, res) =>
    res.send(`got ${req.body?.length}: ${`${req.body}`.slice(0, 50)}`),
  );
  app.post('/raw', express.raw({ type: () => true, limit: '5mb' }), (req, res) => {
    res.type('bin').send(Buffer.isBuffer(req.body) ? req.body.subarray(0, 2_000_000) : 'none');
  });
  app.post(
    '/verified',
    express.json({ verify: (_req, _res, bytes) => bytes[0] === 0x5b && fail(403, 'no lists') }),
    (req, res) => res.json(req.body),
  );

  // Requests.
  app.all(major === 4 ? '/facts*' : '/facts{/*rest}', (req, res) => {
    res.json({
      method: req.method,
      urls: [req.url, req.originalUrl, req.path, req.baseUrl],
      query: req.query,
      host: [req.hostname, req.host, req.protocol, req.secure, req.subdomains],
      ip: [req.ip, req.ips],
      xhr: req.xhr,
      accepts: [
        req.accepts(['html', 'json']),
        req.acceptsEncodings(['gzip', 'br']),
        req.acceptsLanguages(['de', 'en']),
      ],
      is: req.is('json') ?? null,
      get: [req.get('x-thing') ?? null, req.get('Referrer') ?? null],
      range: req.range(1000) ?? null,
      state: [req.fresh, req.stale, req.httpVersion],
      locals: res.locals.from,
    });
  });
  app.param('id', (_req, _res, next, id) => (id === '0' ? next(fail.make(404, 'no such user')) : next()));
  app.get('/users/:id', (req, res) => res.json(req.params));
  app.get('/users/:id/posts/:post', (req, res) => res.json(req.params));
  const router = express.Router({ mergeParams: true });
  router.use((req, res, next) => {
    res.append('X-Router', req.baseUrl);
    next();
  });
  router.get('/', (req, res) => res.send(`router at ${req.baseUrl} for ${req.params.org}`));
  router
    .route('/item')
    .get((_req, res) => res.send('got it'))
    .put((_req, res) => res.status(201).send('put it'));
  app.use('/orgs/:org', router);

  // Responses.
  app.get('/', (_req, res) => res.send('<h1>Home</h1>'));
  app.get('/object', (_req, res) => res.json({ hello: 'w\u00f6rld', nested: [1, null, true] }));
  app.get('/buffer', (_req, res) => res.send(Buffer.from([0, 1, 254, 255])));
  app.get('/status', (_req, res) => res.sendStatus(402));
  app.get('/none', (_req, res) => res.status(204).end());
  app.get('/none/body', (_req, res) => res.status(204).send('dropped'));
  app.get('/reset', (_req, res) => res.status(205).send('dropped'));
  app.get('/not-modified', (_req, res) => res.status(304).send('dropped'));
  app.get('/redirect', (_req, res) => res.redirect('/somewhere?a=\u00fc'));
  app.get('/redirect/301', (_req, res) => res.redirect(301, 'https://other.example/x'));
  app.get('/location', (_req, res) => res.status(201).location('/made/1').json({ id: 1 }));
  app.get('/cookies', (_req, res) => {
    res.cookie('plain', 'one two');
    res.cookie(
      'full',
      { a: 1 },
      { expires: new Date(86_400_000), httpOnly: true, sameSite: 'lax', path: '/x', secure: true },
    );
    res.clearCookie('gone');
    res.send('baked');
  });
  app.get('/headers', (_req, res) => {
    res.set({ 'X-One': '1', 'X-Two': '2' });
    res.append('Link', '<a>; rel=next').append('Link', ['<b>; rel=prev', '<c>']);
    res.links({ last: 'http://x.example/last' });
    res.vary('Accept').vary('Cookie').type('text').send('headers');
  });
  app.get('/format', (_req, res) =>
    res.format({
      text: () => res.send('text'),
      html: () => res.send('<b>html</b>'),
      json: () => res.json({ format: 'json' }),
    }),
  );
  app.get('/jsonp', (_req, res) => res.jsonp({ padded: true }));
  app.get('/attachment', (_req, res) => res.attachment('gr\u00fc\u00dfe.txt').send('attached'));
  app.get('/download', (_req, res) => res.download(path.join(PUBLIC, 'data.json'), 'n\u00e4me.json'));
  app.get('/file', (_req, res) =>
    res.sendFile('long.txt', { root: PUBLIC, maxAge: '1h', headers: { 'X-Sent': 'file' } }),
  );
  app.get('/file/missing', (_req, res, next) =>
    res.sendFile('nothing.txt', { root: PUBLIC }, (error) => (error ? next(error) : undefined)),
  );
  app.get('/render', (_req, res) => res.render('long', { name: 'view' }));
  app.get('/stream', (_req, res) => {
    res.type('text/plain');
    Readable.from(['one', 'two', 'three']).pipe(res);
  });
  app.get('/events', async (_req, res) => {
    res.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
    res.flushHeaders();
    for (let i = 0; i < 3; i++) {
      res.write(`id: ${i}\ndata: event ${i}\n\n`);
      await new Promise(setImmediate);
    }
    res.end();
  });
  app.get('/etag/off', (_req, res) =>
    res.set('ETag', '"mine"').set('Last-Modified', 'Wed, 01 Jan 2025 00:00:00 GMT').send('mine'),
  );
  app.get('/large', (_req, res) => res.send('0123456789'.repeat(100_000)));

  // Errors.
  app.get('/throw', () => {
    throw new Error('thrown at once');
  });
  app.get('/next', (_req, _res, next) => setImmediate(next, fail.make(418, 'short and stout')));
  app.get(
    '/next/route',
    (_req, _res, next) => next('route'),
    (_req, res) => res.send('not here'),
  );
  app.get('/next/route', (_req, res) => res.send('the next route'));
  app.get('/async', async (_req, _res, next) => {
    await null;
    const error = fail.make(503, 'rejected');
    // Express 5 hears of a rejection by itself.
    if (major === 4) next(error);
    else throw error;
  });
  app.get('/throw/late', (_req, res, next) => {
    res.write('already begun', () => next(new Error('too late for a status')));
  });
  app.get('/headers/error', (_req, _res, next) =>
    next(Object.assign(fail.make(429, 'slow down'), { headers: { 'Retry-After': '7' } })),
  );
  app.use('/api', (_req, _res, next) => next(fail.make(422, 'broken')));
  app.use('/api', (error, _req, res, _next) => res.status(error.status).json({ error: error.message }));

  // Files.
  app.use('/files', express.static(PUBLIC));
  app.use(
    '/cached',
    express.static(PUBLIC, {
      maxAge: '1d',
      immutable: true,
      etag: false,
      index: false,
      extensions: ['html', 'txt'],
    }),
  );
  app.use('/dotted', express.static(PUBLIC, { dotfiles: 'allow', redirect: false }));
  app.use('/denied', express.static(PUBLIC, { dotfiles: 'deny', fallthrough: false }));
  app.use(
    '/plain',
    express.static(PUBLIC, {
      acceptRanges: false,
      lastModified: false,
      setHeaders: (res) => res.set('X-Static', 'yes'),
    }),
  );

  return app;
};

function fail(status, message) {
  throw fail.make(status, message);
}
fail.make = (status, message) => Object.assign(new Error(message), { status, expose: true });
