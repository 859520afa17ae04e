const { WebSocket, WebSocketServer } = require('ws');

/** A chat on WebSockets at /chat of the server. Who comes late hears the last messages first. */
exports.attachChat = (server) => {
  const sockets = new WebSocketServer({ server, path: '/chat', maxPayload: 10_000 });
  const messages = [];
  let id = 0;

  const sendAll = (value) => {
    for (const socket of sockets.clients) {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(value));
    }
  };
  const say = (message) => {
    const said = { id: ++id, ...message };
    messages.push(said);
    if (messages.length > 50) messages.shift();
    sendAll({ type: 'message', ...said });
  };

  sockets.on('connection', (socket) => {
    socket.send(JSON.stringify({ type: 'history', messages }));
    sendAll({ type: 'present', count: sockets.clients.size });
    socket.on('error', () => {});
    socket.on('close', () => sendAll({ type: 'present', count: sockets.clients.size }));
    socket.on('message', (data) => {
      let message;
      try {
        message = JSON.parse(data);
      } catch {
        socket.send(JSON.stringify({ type: 'error', error: 'That was no JSON.' }));
        return;
      }
      if (message.text) say({ from: message.from || 'somebody', text: String(message.text) });
    });
  });

  return {
    messages,
    say,
    nextId: () => ++id,
    close() {
      for (const socket of sockets.clients) socket.close(1001, 'The server is going down.');
      sockets.close();
    },
  };
};
