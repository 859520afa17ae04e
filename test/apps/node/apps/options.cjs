// A server with the options and properties that programs set.

const http = require('node:http');

class Request extends http.IncomingMessage {
  get shout() {
    return this.url.toUpperCase();
  }
}
class Response extends http.ServerResponse {
  json(value) {
    this.setHeader('Content-Type', 'application/json');
    this.end(JSON.stringify(value));
  }
}

const server = http.createServer(
  {
    IncomingMessage: Request,
    ServerResponse: Response,
    keepAlive: true,
    noDelay: true,
    keepAliveTimeout: 30_000,
    maxHeaderSize: 4096,
    joinDuplicateHeaders: true,
    uniqueHeaders: ['x-unique'],
    requireHostHeader: false,
  },
  (req, res) => {
    switch (req.url) {
      case '/unique':
        res.setHeader('X-Unique', ['a', 'b']);
        res.end();
        break;
      case '/settings':
        res.json({
          listening: server.listening,
          timeouts: [server.timeout, server.keepAliveTimeout, server.requestTimeout],
          limits: [server.maxHeadersCount, server.maxRequestsPerSocket, server.maxConnections ?? null],
          address: typeof server.address().port,
          events: server.listenerCount('request'),
          instance: server instanceof http.Server,
        });
        break;
      default:
        res.json({ shout: req.shout, headers: req.headers, class: req.constructor.name });
    }
  },
);
server.maxRequestsPerSocket = 3;
server.maxHeadersCount = 50;

exports.start = () => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
