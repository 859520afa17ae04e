// `req`: what programs see of a request, and how they read its body.

import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe } from 'node:test';
import { lastGet, lastPost, listener, type Note, same } from './parity.ts';

function noteEvents(req: IncomingMessage, note: Note): void {
  for (const event of ['end', 'close', 'aborted', 'error'] as const) {
    req.on(event, (error?: unknown) => note(event, ...(error === undefined ? [] : [error]), state(req)));
  }
}

function state({ complete, aborted, destroyed, readable, readableEnded }: IncomingMessage): unknown {
  return { complete, aborted, destroyed, readable, readableEnded };
}

const CHUNKED = [
  'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n',
  '4\r\nbody\r\n6;ext=1\r\n, more\r\n0\r\nX-Sum: 10\r\nX-Other: a\r\n\r\n',
].join('');

describe('a request’s head', () => {
  same('is told in every form that Node tells it in', {
    serve: listener((req, res, note) => {
      const { method, url, httpVersion, httpVersionMajor, httpVersionMinor } = req;
      note({ method, url, httpVersion, httpVersionMajor, httpVersionMinor });
      note(req.headers);
      note(req.headersDistinct);
      note(req.rawHeaders);
      note(req.trailers, req.rawTrailers, state(req));
      res.end();
    }),
    client: lastGet(
      '/a/b?c=d&e=%20',
      'Cookie: a=b',
      'Cookie: c=d',
      'X-Twice: 1',
      'x-twice: 2',
      'Accept: text/html',
      'User-Agent: one',
      'User-Agent: two',
      'Set-Cookie: odd',
      'Content-Type: text/plain',
      'Content-Type: text/html',
      'X-Empty:',
      'X-Latin: gr\xfc\xdfe',
    ),
  });

  same('joins fields that come twice, where the server’s options say so', {
    options: { joinDuplicateHeaders: true },
    serve: listener((req, res, note) => {
      note(req.headers);
      res.end();
    }),
    client: lastGet('/', 'Authorization: 1', 'authorization: 2'),
  });

  same('has the target as it was sent', {
    serve: listener((req, res, note) => {
      note(req.url);
      res.end();
    }),
    client: 'GET http://other.example/path?query HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  });

  same(
    'has no more fields than maxHeadersCount says',
    {
      serve: (server, note) => {
        server.maxHeadersCount = 2;
        server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
          note(error.code);
          socket.destroy();
        });
        server.on('request', (_req, res) => void res.end('never'));
      },
      client: 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-C: c\r\nX-D: d\r\n\r\n',
    },
    ({ notes }) => assert.deepEqual(notes, ['HPE_HEADER_OVERFLOW']),
  );
});

describe('a request’s body', () => {
  for (const [form, request] of Object.entries({
    none: lastGet(),
    'one of known length': lastPost('body, more'),
    'one in chunks': CHUNKED,
    'an empty one': lastPost(''),
  })) {
    same(`is read as events: ${form}`, {
      serve: listener((req, res, note) => {
        noteEvents(req, note);
        const pieces: Buffer[] = [];
        req.on('data', (piece: Buffer) => pieces.push(piece));
        req.on('end', () => {
          note(Buffer.concat(pieces).toString(), req.trailers, req.rawTrailers);
          res.end('read');
        });
      }),
      client: request,
    });

    same(`is read by pausing and asking: ${form}`, {
      serve: listener((req, res, note) => {
        let read = '';
        req.on('readable', () => {
          for (let piece = req.read(); piece !== null; piece = req.read()) read += piece;
        });
        req.on('end', () => {
          note(read, state(req));
          res.end('read');
        });
      }),
      client: request,
    });

    same(`is read as an iteration: ${form}`, {
      serve: listener(async (req, res, note) => {
        let read = '';
        for await (const piece of req) read += piece;
        note(read, state(req));
        res.end('read');
      }),
      client: request,
    });

    same(`is piped to where it came from: ${form}`, {
      serve: listener((req, res) => void req.pipe(res)),
      client: request,
    });

    same(`is read by somebody who comes late: ${form}`, {
      serve: listener(async (req, res, note) => {
        for (let i = 0; i < 5; i++) await new Promise(setImmediate);
        note(await text(req));
        res.end('read');
      }),
      client: request,
    });

    same(`is left alone: ${form}`, {
      serve: listener((req, res, note) => {
        req.on('end', () => note('end'));
        req.on('close', () => note('close', state(req)));
        res.end('not read');
      }),
      client: request,
    });
  }

  for (const size of [10, 20_000]) {
    for (const when of ['before', 'after'] as const) {
      same(`of ${size} octets is had by who listens in the next tick, asked for ${when} the answer`, {
        serve: listener((req, res, note) => {
          let length = 0;
          const listen = (): void => {
            req.on('data', (bytes: Buffer) => {
              length += bytes.length;
            });
            req.on('end', () => note('end', length, req.complete));
            req.on('error', (error: NodeJS.ErrnoException) => note('error', error.code));
          };
          if (when === 'before') process.nextTick(listen);
          res.statusCode = 413;
          res.end('no');
          note(res.headersSent, res.writableEnded);
          if (when === 'after') process.nextTick(listen);
        }),
        client: lastPost('x'.repeat(size)),
      });
    }
  }

  for (const [size, body] of [
    ['small', 'user=alice'],
    ['large', 'x'.repeat(20_000)],
  ] as const) {
    same(`in ${size} pieces lies in memory of its own`, {
      serve: listener((req, res, note) => {
        let own = true;
        req.on('data', ({ buffer, byteOffset, length }: Buffer) => {
          own &&= byteOffset === 0 && buffer.byteLength === length;
        });
        req.on('end', () => {
          note('own', own);
          res.end();
        });
      }),
      client: lastPost(body),
    });
  }

  same('is text, with setEncoding', {
    serve: listener((req, res, note) => {
      req.setEncoding('utf8');
      req.on('data', (piece) => note(typeof piece, piece));
      req.on('end', () => res.end());
    }),
    client: lastPost(Buffer.from('grüße').toString('latin1')),
  });

  same('that is large comes whole', {
    serve: listener(async (req, res, note) => {
      const body = await text(req);
      note(body.length, body === 'x'.repeat(3_000_000));
      res.end('read');
    }),
    client: lastPost('x'.repeat(3_000_000)),
  });

  same('can be answered before it is read', {
    serve: listener((req, res, note) => {
      res.writeHead(200, { 'Content-Length': 3 });
      res.write('yes');
      req.on('data', () => {});
      req.on('end', () => {
        note('end');
        res.end();
      });
    }),
    client: lastPost('x'.repeat(300_000)),
  });

  same('that is cut short ends in an error', {
    serve: (server, note) => {
      server.on('clientError', (_error, socket) => socket.destroy());
      server.on('request', (req) => {
        req.on('data', (piece) => note('data', String(piece)));
        req.on('error', (error) => note('error', error, state(req)));
        req.on('aborted', () => note('aborted'));
        req.on('close', () => note('close'));
      });
    },
    client: async (client) => {
      client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf');
      await new Promise((resolve) => client.socket.once('ready', resolve).emit('ready'));
      client.socket.resetAndDestroy();
    },
  });
});

describe('a request', () => {
  same(
    'has a socket that knows both ends',
    {
      serve: listener((req, res, note) => {
        const { socket } = req;
        note(socket === req.connection, socket.remoteAddress, socket.remoteFamily, typeof socket.remotePort);
        note(
          socket.localAddress,
          socket.localFamily,
          socket.localPort === (socket.address() as { port: number }).port,
        );
        note('encrypted' in socket && (socket as { encrypted?: boolean }).encrypted, socket.destroyed);
        note(socket.readable, socket.writable, socket.connecting, socket.pending, socket.readyState);
        note(
          socket.setNoDelay() === socket,
          socket.setKeepAlive() === socket,
          socket.setTimeout(0) === socket,
        );
        res.end();
      }),
      client: lastGet(),
    },
    ({ notes }) => assert.match(notes[0]!, /true 127\.0\.0\.1 IPv4 number/),
  );

  same('is destroyed along with its connection', {
    serve: listener((req, _res, note) => {
      req.on('close', () => note('req close', state(req)));
      req.destroy();
    }),
    client: lastGet(),
  });
});
