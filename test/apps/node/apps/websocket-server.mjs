// WebSockets by ws on an Express app's server: `new WebSocketServer({ server })`.

import express from 'express';
import { WebSocketServer } from 'ws';

const app = express();
app.get('/', (_req, res) => res.send('a page'));

export function start() {
  const server = app.listen(0);
  const sockets = new WebSocketServer({ server, path: '/live' });
  sockets.on('connection', (socket, { socket: { remoteFamily } }) => {
    socket.send(JSON.stringify({ remoteFamily, clients: sockets.clients.size }));
    socket.on('message', (data) => socket.send(`${data}`.toUpperCase()));
  });
  return server;
}
