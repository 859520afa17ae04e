// A reverse proxy by http-proxy-3, and, in the same program, the server that it hands requests to.

const http = require('node:http');
const { createProxyServer } = require('http-proxy-3');
const { WebSocketServer } = require('ws');

const origin = http.createServer((req, res) => {
  switch (req.url.split('?')[0]) {
    case '/facts':
      res.setHeader('Content-Type', 'application/json');
      res.end(JSON.stringify({ method: req.method, url: req.url, headers: req.headers }));
      break;
    case '/redirect':
      res.writeHead(302, {
        Location: `http://${req.headers.host}/facts`,
        'Set-Cookie': 'a=1; Domain=origin.example',
      });
      res.end();
      break;
    case '/large':
      res.end('0123456789'.repeat(200_000));
      break;
    case '/slow':
      res.write('first ');
      setImmediate(() => res.end('second'));
      break;
    case '/none':
      res.writeHead(204).end();
      break;
    default:
      res.writeHead(req.url === '/echo' ? 200 : 404, {
        'Content-Type': req.headers['content-type'] ?? 'text/none',
      });
      req.pipe(res);
  }
});
new WebSocketServer({ server: origin }).on('connection', (socket) =>
  socket.on('message', (data) => socket.send(`origin says ${data}`)),
);

exports.start = async () => {
  await new Promise((resolve) => origin.listen(0, '127.0.0.1', resolve));
  const target = `http://127.0.0.1:${origin.address().port}`;
  const agent = new http.Agent({ keepAlive: true });
  const proxy = createProxyServer({
    target,
    agent,
    xfwd: true,
    autoRewrite: true,
    cookieDomainRewrite: 'app.example',
  });
  proxy.on('proxyRes', (_from, _req, res) => res.setHeader('X-Proxied', 'yes'));
  proxy.on('error', (error, _req, res) => {
    if (!('writeHead' in res)) return res.end();
    if (!res.headersSent) res.writeHead(502, { 'Content-Type': 'text/plain' });
    res.end(error.code);
  });
  const server = http.createServer((req, res) => {
    // Nobody listens on port 1.
    if (req.url === '/away') proxy.web(req, res, { target: 'http://127.0.0.1:1' });
    else proxy.web(req, res);
  });
  server.on('upgrade', (req, socket, head) => proxy.ws(req, socket, head));
  return server.listen(0);
};
