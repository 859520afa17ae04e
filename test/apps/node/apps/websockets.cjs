// WebSockets by ws, in the three ways of its documentation: on a server, on a path of it, and by hand with a check of
// who asks.

const http = require('node:http');
const { WebSocket, WebSocketServer } = require('ws');
const { note, serveJournal } = require('./journal.cjs');

const server = http.createServer((req, res) => {
  if (!serveJournal(req, res)) res.end('plain HTTP');
});

const chat = new WebSocketServer({ noServer: true, maxPayload: 100_000 });
chat.on('connection', (socket, req) => {
  socket.on('error', (error) => note('chat', `error ${error.code}`));
  socket.on('close', (code, reason) => note('chat', `close ${code} ${reason}`));
  socket.on('ping', (payload) => note('chat', `ping ${payload}`));
  socket.on('message', (data, isBinary) => {
    const text = isBinary ? '' : `${data}`;
    if (text === 'close') socket.close(4001, 'as you wish');
    else if (text === 'terminate') socket.terminate();
    else if (text === 'flood') for (let i = 0; i < 50; i++) socket.send(`${i}`.repeat(10_000));
    else if (text.startsWith('all ')) {
      for (const client of chat.clients) if (client.readyState === WebSocket.OPEN) client.send(text.slice(4));
    } else socket.send(data, { binary: isBinary });
  });
  socket.send(`welcome ${req.url}`);
});

const squeezed = new WebSocketServer({ noServer: true, perMessageDeflate: { threshold: 10 } });
squeezed.on('connection', (socket) => socket.on('message', (data) => socket.send(`${data}`)));

const spoken = new WebSocketServer({
  noServer: true,
  handleProtocols: (protocols) => (protocols.has('v2') ? 'v2' : false),
});
spoken.on('connection', (socket) => socket.send(`protocol ${socket.protocol}`));
spoken.on('headers', (headers) => headers.push('X-Added: yes'));

server.on('upgrade', (req, socket, head) => {
  const { pathname } = new URL(req.url, 'http://ws.example');
  const site = { '/chat': chat, '/squeezed': squeezed, '/spoken': spoken }[pathname];
  if (req.headers.authorization === 'nobody' || site === undefined) {
    socket.write(`HTTP/1.1 ${site ? '401 Unauthorized' : '404 Not Found'}\r\nConnection: close\r\n\r\n`);
    socket.destroy();
    return;
  }
  site.handleUpgrade(req, socket, head, (client) => site.emit('connection', client, req));
});

exports.start = () => server.listen(0);
