// Connect with serve-static and body-parser, on a server that the program makes itself.

const http = require('node:http');
const bodyParser = require('body-parser');
const compression = require('compression');
const connect = require('connect');
const serveStatic = require('serve-static');

const app = connect();
app.use(compression());
app.use('/hello', (req, res) => res.end(`hello from ${req.url} of ${req.originalUrl}`));
app.use('/body', bodyParser.json());
app.use('/body', (req, res) => res.end(JSON.stringify(req.body ?? null)));
app.use('/skip', (_req, _res, next) => next());
app.use('/error', (_req, _res, next) => next(Object.assign(new Error('hidden'), { status: 503 })));
app.use('/throw', () => {
  throw new Error('thrown');
});
app.use('/handled', (_req, _res, next) => next(new Error('seen')));
app.use('/handled', (error, _req, res, _next) => {
  res.statusCode = 500;
  res.end(`handled: ${error.message}`);
});
app.use(serveStatic(`${__dirname}/../public`, { index: ['index.html'], dotfiles: 'deny', maxAge: '1h' }));

exports.start = () => http.createServer(app).listen(0);
