// What a server emits beside requests, and what its programs do with connections.

import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import diagnostics from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { describe } from 'node:test';
import { lastGet, listener, same } from './parity.ts';

const UPGRADE = 'GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: shout\r\n\r\n';

describe('an upgrade', () => {
  same('hands the connection over, with what came behind the request', {
    serve: (server, note) => {
      server.on('upgrade', (req: IncomingMessage, socket: Socket, head: Buffer) => {
        note(req.method, req.url, req.headers, head.toString(), req.socket === socket, socket.destroyed);
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: shout\r\n\r\n');
        socket.write(head.toString().toUpperCase());
        socket.on('data', (bytes: Buffer) => {
          socket.write(bytes.toString().toUpperCase());
          if (bytes.toString() === 'bye') socket.end();
        });
        socket.on('end', () => note('end'));
        socket.on('close', (hadError) => note('close', hadError));
      });
    },
    client: async (client) => {
      client.send(`${UPGRADE}hello`);
      await client.until('HELLO');
      client.send('again');
      await client.until('AGAIN');
      client.send('bye');
      await client.until('BYE');
      await client.ended();
      client.socket.end();
    },
  });

  same('is a request like others where nobody listens for it', {
    serve: listener((req, res, note) => {
      note(req.headers.upgrade, req.headers.connection);
      res.setHeader('Connection', 'close');
      res.end('no');
    }),
    client: UPGRADE,
  });

  same('carries more than the socket takes at once, both ways', {
    serve: (server, note) => {
      server.on('upgrade', (_req: IncomingMessage, socket: Socket) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
        let received = 0;
        socket.on('data', (bytes) => {
          received += bytes.length;
          if (received < 5_000_000) return;
          note(received);
          note('drained at once', socket.write(Buffer.alloc(5_000_000, 'y')));
          socket.once('drain', () => {
            note('drain');
            socket.end();
          });
        });
      });
    },
    client: async (client) => {
      client.send(UPGRADE);
      await client.until('\r\n\r\n');
      client.send(Buffer.alloc(5_000_000, 'x'));
      await client.ended();
      assert.equal(client.raw.length, 'HTTP/1.1 101 Switching Protocols\r\n\r\n'.length + 5_000_000);
      client.socket.end();
    },
  });

  same('that its client resets is an error of the socket', {
    serve: (server, note) => {
      server.on('upgrade', (_req: IncomingMessage, socket: Socket) => {
        socket.on('error', (error) => note('error', (error as NodeJS.ErrnoException).code));
        socket.on('close', () => note('close'));
        socket.resume();
        socket.write('go');
      });
    },
    client: async (client) => {
      client.send(UPGRADE);
      await client.until('go');
      client.socket.resetAndDestroy();
    },
  });
});

describe('CONNECT', () => {
  same('hands the connection over', {
    serve: (server, note) => {
      server.on('connect', (req: IncomingMessage, socket: Socket, head: Buffer) => {
        note(req.method, req.url, head.toString());
        socket.end('HTTP/1.1 200 Connection Established\r\n\r\nbye');
      });
    },
    client: 'CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\nhello',
  });
});

const EXPECTS = 'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\nExpect: ';

describe('an expectation', () => {
  same('of 100-continue is checked by whoever listens', {
    serve: (server, note) => {
      server.on('checkContinue', (req: IncomingMessage, res: ServerResponse) => {
        note(req.headers.expect);
        res.writeContinue();
        req.on('data', (bytes) => res.end(bytes));
      });
    },
    client: async (client) => {
      client.send(`${EXPECTS}100-continue\r\n\r\n`);
      await client.until('100 Continue');
      client.send('body');
    },
  });

  same('that is not met costs the connection', {
    serve: (server) => {
      server.on('checkContinue', (_req: IncomingMessage, res: ServerResponse) => {
        res.statusCode = 403;
        res.end('no');
      });
    },
    client: `${EXPECTS.replace('Connection: close\r\n', '')}100-continue\r\n\r\n`,
  });

  same('of something else is checked by whoever listens', {
    serve: (server, note) => {
      server.on('checkExpectation', (req: IncomingMessage, res: ServerResponse) => {
        note(req.headers.expect);
        res.end('why not');
      });
    },
    client: `${EXPECTS}cake\r\n\r\nbody`,
  });
});

describe('what is no request', () => {
  same('is answered by whoever listens for clientError', {
    serve: (server, note) => {
      server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
        note(error.code, socket.writable);
        socket.end('HTTP/1.1 400 So Not\r\nConnection: close\r\n\r\n');
      });
    },
    client: 'GET / HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n',
  });

  same('and closed, where that one destroys the socket', {
    serve: (server, note) => {
      server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
        note(error.code);
        socket.destroy(error);
      });
    },
    client: 'BAD\r\n\r\n',
  });
});

describe('a connection', () => {
  same('is announced, and its end', {
    serve: (server, note) => {
      server.on('connection', (socket: Socket) => {
        note('connection', socket.remoteAddress);
        socket.on('close', () => note('close'));
      });
      server.on('request', (req, res) => {
        server.getConnections((error, count) => note('connections', error, count));
        res.end(req.socket.remoteAddress);
      });
    },
    client: lastGet(),
  });

  same('carries maxRequestsPerSocket requests', {
    serve: (server, note) => {
      server.maxRequestsPerSocket = 2;
      server.on('dropRequest', (req: IncomingMessage) => note('dropped', req.url));
      server.on('request', (req, res) => {
        // Node does not close such a connection before it has been idle for as long as others may be.
        if (req.url === '/2') Object.assign(server, { keepAliveTimeout: 1, keepAliveTimeoutBuffer: 0 });
        res.end('served');
      });
    },
    client: async (client) => {
      client.send('GET /1 HTTP/1.1\r\nHost: a\r\n\r\n');
      await client.until('served');
      client.send('GET /2 HTTP/1.1\r\nHost: a\r\n\r\n');
      await client.until('Connection: close');
    },
  });

  same('that is destroyed takes its answer along', {
    serve: listener((req, res, note) => {
      res.on('close', () => note('res close', res.writableFinished));
      res.writeHead(200, { 'Content-Length': 100 });
      res.write('some');
      setImmediate(() => setImmediate(() => req.socket.destroy()));
    }),
    client: lastGet(),
  });

  same('that says nothing for long is reported, and closed where nobody listens', {
    serve: (server, note) => {
      // It counts from the connection: much longer than a busy machine keeps the request waiting.
      server.setTimeout(300);
      server.on('request', (req, res) => {
        req.socket.on('timeout', () => note('socket timeout'));
        req.socket.on('close', () => note('close'));
        res.write('some');
      });
    },
    client: lastGet(),
  });

  same('whose client leaves before a stream that is piped into the answer has said anything is closed', {
    serve: listener((_req, res, note) => {
      res.on('close', () => note('close'));
      new PassThrough().pipe(res);
    }),
    client: async (client) => {
      client.socket.end(lastGet().replace('Connection: close\r\n', ''));
    },
  });

  same(
    'whose client leaves in the middle of an answer is closed, also where only its socket is listened to',
    {
      serve: listener((req, res, note) => {
        req.socket.on('close', () => note('socket close'));
        res.write('some');
      }),
      client: async (client) => {
        client.send(lastGet());
        await client.until('some');
        client.socket.end();
        await once(client.socket, 'close');
        client.raw = '';
      },
    },
  );

  same('that says nothing for long stays where somebody listens', {
    serve: listener((_req, res, note) => {
      res.setTimeout(20, () => {
        note('res timeout');
        res.end('late');
      });
    }),
    client: lastGet(),
  });
});

describe('a connection that is in use', () => {
  same('is not timed out while bytes come and go', {
    serve: listener((req, res, note) => {
      // Shorter than all of it, and much longer than a busy machine keeps a process waiting between two pieces.
      req.socket.setTimeout(300, () => note('timeout'));
      let rounds = 0;
      const timer = setInterval(() => {
        res.write('.');
        if (++rounds < 12) return;
        clearInterval(timer);
        note('through');
        res.end();
      }, 30);
    }),
    client: lastGet(),
  });

  same('is closed by closeAllConnections, also after close', {
    serve: (server, note) => {
      server.on('request', (req) => {
        req.socket.on('close', () => note('closed'));
        server.close();
        setImmediate(() => setImmediate(() => server.closeAllConnections()));
      });
    },
    client: lastGet(),
  });

  same('hears of its client’s end behind an upgrade, also where nobody reads', {
    serve: (server, note) => {
      server.on('upgrade', (_req: IncomingMessage, socket: Socket) => {
        socket.write('go');
        socket.on('end', () => {
          note('end');
          socket.end();
        });
      });
    },
    client: async (client) => {
      client.send(UPGRADE);
      await client.until('go');
      client.socket.end();
    },
  });

  same('is still known to the callbacks of the end of its answer', {
    serve: listener((_req, res, note) => {
      res.end('body', () => note(res.socket?.remoteAddress));
    }),
    client: lastGet(),
  });
});

describe('tracing', () => {
  same('libraries are told of requests and answers', {
    serve: (server, note) => {
      const names = [
        'http.server.request.start',
        'http.server.response.created',
        'http.server.response.finish',
      ];
      for (const name of names) {
        const onMessage = (message: unknown): void => {
          const { request, server: told } = message as { request: IncomingMessage; server?: unknown };
          note(
            name,
            Object.keys(message as object).sort(),
            request.url,
            told === undefined || told === server,
          );
        };
        diagnostics.subscribe(name, onMessage);
        server.once('close', () => diagnostics.unsubscribe(name, onMessage));
      }
      server.on('request', (_req, res) => void res.end());
    },
    client: lastGet('/traced'),
  });

  same('what a request puts into AsyncLocalStorage goes with it to the end of its answer', {
    serve: (server, note) => {
      const storage = new AsyncLocalStorage<string>();
      server.on('request', (req, res) => {
        note('before', storage.getStore());
        storage.run(req.url!, () => {
          res.on('finish', () => note('finish', storage.getStore()));
          res.on('close', () => note('close', storage.getStore()));
          req.on('data', () => note('data', storage.getStore()));
          req.on('end', () => {
            note('end', storage.getStore());
            setImmediate(() => res.end(() => note('callback', storage.getStore())));
          });
        });
      });
    },
    client: lastGet('/mine'),
  });
});
