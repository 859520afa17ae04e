// A chat with Socket.IO: events, acknowledgements, rooms, binary, over polling and WebSocket.

import { createServer } from 'node:http';
import { Server } from 'socket.io';

const server = createServer((_req, res) => res.end('beside Socket.IO'));
const io = new Server(server, { cors: { origin: 'https://friend.example' }, maxHttpBufferSize: 50_000 });

io.use((socket, next) => (socket.handshake.auth.token === 'bad' ? next(new Error('not you')) : next()));
io.on('connection', (socket) => {
  socket.emit('welcome', socket.handshake.query.name ?? 'nobody');
  socket.on('echo', (...args) => {
    const acknowledge = args.pop();
    acknowledge(...args);
  });
  socket.on('join', async (room, acknowledge) => {
    await socket.join(room);
    acknowledge(socket.rooms.size);
  });
  socket.on('say', (room, text) => io.to(room).emit('said', text));
  socket.on('leave', () => socket.disconnect(true));
});
io.of('/admin').on('connection', (socket) => socket.emit('admin', true));

export const start = () => server.listen(0);
