// Polka with sirv and async middleware, and, behind /chain, handlers in a list as restify has them.

const polka = require('polka');
const sirv = require('sirv');

const app = polka({
  onError: (error, _req, res) => {
    res.statusCode = Number(error.code) || 500;
    res.end(`failed: ${error.message ?? error}`);
  },
  onNoMatch: (req, res) => {
    res.statusCode = 404;
    res.end(`no ${req.method} ${req.path}`);
  },
});

app.use((req, _res, next) => {
  req.began = ['began'];
  next();
});
app.use('/files', sirv(`${__dirname}/../public`, { etag: true, maxAge: 60, dev: false }));
app.get('/', (_req, res) => res.end('home'));
app.get('/users/:id', (req, res) =>
  res.end(JSON.stringify({ params: req.params, query: req.query, path: req.path, search: req.search })),
);
app.get('/async', async (_req, res) => {
  await null;
  res.writeHead(201, { 'X-Async': 'yes' });
  res.end('later');
});
app.get('/error', (_req, _res, next) => next(Object.assign(new Error('no luck'), { code: 409 })));
app.post('/echo', (req, res) => req.pipe(res));

/** Handlers that run one behind the other until one says `next(false)`. */
const chain =
  (...handlers) =>
  (req, res) => {
    const run = (index) => {
      const handler = handlers[index];
      if (handler) handler(req, res, (go) => go !== false && run(index + 1));
    };
    run(0);
  };
app.get(
  '/chain/:n',
  chain(
    (req, _res, next) => {
      req.began.push('first');
      next();
    },
    (req, res, next) => {
      if (req.params.n !== '0') return next();
      res.writeHead(400);
      res.end('stopped');
      return next(false);
    },
    async (req, res, next) => {
      await new Promise(setImmediate);
      res.setHeader('Content-Type', 'application/json');
      res.end(JSON.stringify(req.began));
      next();
    },
  ),
);

exports.start = () =>
  new Promise((resolve) => {
    app.listen(0, () => resolve(app.server));
  });
