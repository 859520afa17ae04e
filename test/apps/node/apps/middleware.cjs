// An Express app with the middleware that most have: helmet, cors, compression, morgan, cookies, sessions, logins,
// uploads.

const bodyParser = require('body-parser');
const compression = require('compression');
const cookieParser = require('cookie-parser');
const cors = require('cors');
const express = require('express');
const session = require('express-session');
const helmet = require('helmet');
const morgan = require('morgan');
const multer = require('multer');
const passport = require('passport');
const { Strategy } = require('passport-local');
const { note, serveJournal } = require('./journal.cjs');

const app = express();

app.use((req, res, next) => {
  if (!serveJournal(req, res)) next();
});
const FORMAT =
  ':remote-addr :method :url HTTP/:http-version :status :res[content-length] ":referrer" ":user-agent" :remote-user';
app.use(morgan(FORMAT, { stream: { write: (line) => note('morgan', line.trim()) } }));
const beginnings = { write: (line) => note('morgan', line.trim()) };
app.use(morgan('began: :method :url', { immediate: true, stream: beginnings }));

app.use('/helmet', helmet(), (_req, res) => res.send('protected'));
app.use(
  '/helmet-strict',
  helmet({
    contentSecurityPolicy: { directives: { 'script-src': ["'self'", 'cdn.example'] } },
    xPoweredBy: false,
    hsts: false,
  }),
  (_req, res) => res.send('protected'),
);

app.use('/cors', cors(), (_req, res) => res.json({ open: true }));
app.use(
  '/cors-strict',
  cors({
    origin: ['https://friend.example', /\.trusted\.example$/],
    credentials: true,
    maxAge: 600,
    methods: ['GET', 'PUT'],
    exposedHeaders: ['X-Total'],
  }),
  (_req, res) => res.json({ open: 'to friends' }),
);

const squeezed = express.Router();
squeezed.use(compression({ threshold: 100 }));
squeezed.get('/text', (_req, res) => res.type('text').send('squeeze me '.repeat(2000)));
squeezed.get('/short', (_req, res) => res.type('text').send('short'));
squeezed.get('/image', (_req, res) => res.type('png').send(Buffer.alloc(5000)));
squeezed.get('/no-transform', (_req, res) => res.set('Cache-Control', 'no-transform').send('x'.repeat(5000)));
squeezed.get('/stream', (_req, res) => {
  res.type('text');
  for (let i = 0; i < 50; i++) res.write(`line ${i} `.repeat(100));
  res.end();
});
squeezed.get('/flush', async (_req, res) => {
  res.type('text/event-stream');
  for (let i = 0; i < 3; i++) {
    res.write(`data: ${i}\n\n`);
    res.flush();
    await new Promise(setImmediate);
  }
  res.end();
});
squeezed.use(express.static(`${__dirname}/../public`));
app.use('/compressed', squeezed);

app.get('/cookies', cookieParser('secret'), (req, res) => {
  res.cookie('signed', 'value', { signed: true });
  res.json({ cookies: req.cookies, signed: req.signedCookies });
});

app.post(
  '/parsed',
  bodyParser.json(),
  bodyParser.urlencoded({ extended: false }),
  bodyParser.text(),
  (req, res) => res.json({ parsed: req.body ?? null }),
);

app.use(
  '/session',
  session({ secret: 'keyboard cat', resave: false, saveUninitialized: false, name: 'sid' }),
);
app.get('/session', (req, res) => {
  req.session.views = (req.session.views ?? 0) + 1;
  res.json({ views: req.session.views });
});
app.get('/session/untouched', (_req, res) => res.send('no cookie'));
app.post('/session/end', (req, res, next) =>
  req.session.destroy((error) => (error ? next(error) : res.send('ended'))),
);

passport.use(
  new Strategy((name, password, done) => {
    if (password === 'broken') return done(new Error('the database is away'));
    return done(null, password === 'seed' ? { name } : false, { message: 'wrong' });
  }),
);
passport.serializeUser((user, done) => done(null, user.name));
passport.deserializeUser((name, done) => done(null, { name }));
app.use('/session', bodyParser.urlencoded({ extended: false }), passport.session());
app.post(
  '/session/login',
  passport.authenticate('local', { failureRedirect: '/session/sorry' }),
  (req, res) => res.redirect(`/session/user?${req.user.name}`),
);
app.get('/session/user', (req, res) => (req.isAuthenticated() ? res.json(req.user) : res.sendStatus(401)));
app.post('/session/logout', (req, res, next) =>
  req.logout((error) => (error ? next(error) : res.redirect('/'))),
);

const upload = multer({ limits: { fileSize: 100_000, files: 3 } });
const summary = ({ fieldname, originalname, encoding, mimetype, size, buffer }) => ({
  fieldname,
  originalname,
  encoding,
  mimetype,
  size,
  begins: buffer.toString('latin1', 0, 20),
});
app.post('/upload', upload.single('file'), (req, res) =>
  res.json({ file: req.file ? summary(req.file) : null, body: req.body ?? null }),
);
app.post('/uploads', upload.array('files', 2), (req, res) =>
  res.json({ files: req.files?.map(summary) ?? null, body: req.body ?? null }),
);

app.use((error, _req, res, _next) =>
  res
    .status(error.status ?? 500)
    .json({ name: error.name, code: error.code ?? null, message: error.message }),
);

exports.start = () => app.listen(0);
