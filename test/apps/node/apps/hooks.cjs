// A server whose program listens to more than requests: expectations, upgrades, tunnels, bad requests, connections.

const http = require('node:http');
const { note, serveJournal } = require('./journal.cjs');

const server = http.createServer();

server.on('request', (req, res) => {
  if (serveJournal(req, res)) return;
  if (req.url === '/connections') {
    server.getConnections((error, count) => res.end(`${error} ${count}`));
    return;
  }
  res.end(`${req.method} ${req.url}`);
});

// Expectations: the program says 100 itself, or refuses.
server.on('checkContinue', (req, res) => {
  if (req.url === '/refuse') {
    res.writeHead(417, { 'Content-Type': 'text/plain' });
    res.end('keep it');
    return;
  }
  res.writeContinue();
  req.setEncoding('latin1');
  let size = 0;
  req.on('data', (piece) => (size += piece.length));
  req.on('end', () => res.end(`${size} bytes, asked for`));
});
server.on('checkExpectation', (req, res) => {
  res.statusCode = 200;
  res.end(`expected: ${req.headers.expect}`);
});

// Upgrades: the socket belongs to the program from here on, with what came behind the request.
server.on('upgrade', (req, socket, head) => {
  socket.on('error', () => {});
  if (req.url === '/refuse') {
    socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n');
    return;
  }
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${req.headers.upgrade}\r\nConnection: Upgrade\r\n\r\n`,
  );
  socket.write(`head: ${head}.`);
  socket.on('data', (piece) => {
    // As ws does it: a frame's head and its content in one go.
    socket.cork();
    for (const character of `${piece}`) socket.write(character.toUpperCase());
    socket.uncork();
  });
  socket.on('end', () => socket.end('bye'));
  socket.on('close', () => note('upgrade', 'closed'));
});

// Tunnels.
server.on('connect', (req, socket, head) => {
  socket.on('error', () => {});
  socket.write(
    `HTTP/1.1 200 Connection Established\r\n\r\nto ${req.url}, host ${req.headers.host}, head ${head}.`,
  );
  socket.pipe(socket);
});

server.on('clientError', (error, socket) => {
  note('errors', error.code);
  if (error.code === 'ECONNRESET' || !socket.writable) return;
  socket.end('HTTP/1.1 400 Not Like That\r\nX-Custom: yes\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
});

server.on('connection', (socket) => {
  socket.once('close', (hadError) => note('connections', `closed, error: ${hadError}`));
});

exports.start = () => server.listen({ port: 0 });
