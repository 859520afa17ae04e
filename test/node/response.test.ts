// `res`: what programs do with it, and what clients get.

import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe } from 'node:test';
import { lastGet, listener, type Note, same } from './parity.ts';

/** What `run` throws. */
function thrown(run: () => unknown): unknown {
  try {
    run();
    return 'nothing';
  } catch (error) {
    return error;
  }
}

function state(res: ServerResponse): unknown {
  const { finished, headersSent, writableEnded, writableFinished, destroyed, closed, writable } = res;
  return { finished, headersSent, writableEnded, writableFinished, destroyed, closed, writable };
}

function noteEvents(res: ServerResponse, note: Note): void {
  for (const event of ['prefinish', 'finish', 'close', 'error', 'drain'] as const) {
    res.on(event, (error?: unknown) => note(event, ...(error === undefined ? [] : [error]), state(res)));
  }
}

describe('a head', () => {
  same('is what setHeader and statusCode say', {
    serve: listener((_req, res) => {
      res.statusCode = 201;
      res.statusMessage = 'Made';
      res.setHeader('X-One', 'a').setHeader('x-two', ['b', 'c']).setHeader('X-Three', 3);
      res.appendHeader('X-One', 'd').setHeader('Set-Cookie', ['e=f', 'g=h']);
      res.setHeaders(new Map([['X-Four', 'i']]));
      res.end('made');
    }),
    client: lastGet(),
  });

  for (const [form, write] of Object.entries({
    'a status': (res: ServerResponse) => res.writeHead(202),
    'a status and an object': (res: ServerResponse) =>
      res.writeHead(202, { 'X-A': 'b', 'Set-Cookie': ['c', 'd'] }),
    'a status, a phrase and an object': (res: ServerResponse) => res.writeHead(202, 'Fine', { 'X-A': 'b' }),
    'a flat list': (res: ServerResponse) => res.writeHead(202, ['X-A', 'b', 'X-A', 'c']),
    'what was set before, and more': (res: ServerResponse) =>
      res.setHeader('X-A', 'a').writeHead(202, { 'x-a': 'b', Y: 'z' }),
    'a length': (res: ServerResponse) => res.writeHead(200, { 'Content-Length': 4 }),
    'a Date': (res: ServerResponse) => res.writeHead(200, { Date: 'today' }),
  })) {
    same(`is what writeHead says, with ${form}`, {
      serve: listener((_req, res) => void write(res).end('body')),
      client: lastGet(),
    });
  }

  same('can be taken back as long as it is not sent', {
    serve: listener((_req, res, note) => {
      res.setHeader('X-A', 'b');
      note(
        res.hasHeader('x-a'),
        res.getHeader('X-a'),
        res.getHeaders(),
        res.getHeaderNames(),
        res.headersSent,
      );
      res.removeHeader('x-A');
      res.sendDate = false;
      res.removeHeader('Connection');
      res.removeHeader('Content-Length');
      res.removeHeader('Transfer-Encoding');
      res.end('until the end');
    }),
    client: lastGet(),
  });

  same('is sent once, and changed no more', {
    serve: listener((_req, res, note) => {
      res.write('a');
      for (const change of [
        () => res.setHeader('X-A', 'b'),
        () => res.writeHead(200),
        () => res.removeHeader('Date'),
        () => res.appendHeader('X-A', 'b'),
      ]) {
        note(thrown(change));
      }
      res.end('b');
    }),
    client: lastGet(),
  });

  same('takes nothing that would end a line', {
    serve: listener((_req, res, note) => {
      for (const bad of [
        () => res.setHeader('X-A', 'b\r\nSet-Cookie: c=d'),
        () => res.setHeader('X A', 'b'),
        () => res.setHeader('', 'b'),
        () => res.setHeader('X-A', undefined as never),
        () => res.writeHead(200, { 'X-A': 'b\nc' }),
        () => res.writeHead(200, ['X-A']),
        () => res.writeHead(99),
        () => res.writeHead('x' as never),
        () => res.appendHeader('X-A', '\u0000'),
      ]) {
        note(thrown(bad));
      }
      res.statusMessage = 'no\r\nX-Injected: yes';
      note(thrown(() => res.end('x')));
      res.statusMessage = 'OK';
      res.end('fine');
    }),
    client: lastGet(),
  });

  same('goes out with flushHeaders, before the body', {
    serve: (server) => {
      server.on('request', (_req, res) => {
        res.flushHeaders();
        server.once('body', () => res.end('body'));
      });
      server.on('connection', (socket) => socket.once('close', () => {}));
      Object.assign(server, { go: () => server.emit('body') });
      server.on('request', () => setImmediate(() => setImmediate(() => server.emit('body'))));
    },
    client: lastGet(),
  });
});

describe('a body', () => {
  for (const [form, send] of Object.entries({
    'a string': (res: ServerResponse) => res.end('grüße'),
    'a string in latin1': (res: ServerResponse) => res.end('grüße', 'latin1'),
    'a string in hex': (res: ServerResponse) => res.end('616263', 'hex'),
    'a Buffer': (res: ServerResponse) => res.end(Buffer.from('bytes')),
    'a Uint8Array': (res: ServerResponse) => res.end(new Uint8Array([97, 98, 99])),
    nothing: (res: ServerResponse) => res.end(),
    'an empty string': (res: ServerResponse) => res.end(''),
    'two writes and an end': (res: ServerResponse) => {
      res.write('one ');
      res.write(Buffer.from('two '));
      res.end('three');
    },
    'a write that is empty': (res: ServerResponse) => {
      res.write('');
      res.end();
    },
    'a write in another encoding': (res: ServerResponse) => {
      res.write('Z3LDvMOfZQ==', 'base64');
      res.end();
    },
    'a corked response': (res: ServerResponse) => {
      res.cork();
      res.write('one ');
      res.write('two');
      res.uncork();
      res.end();
    },
    'a length, and several writes': (res: ServerResponse) => {
      res.setHeader('Content-Length', 6);
      res.write('one');
      res.end('two');
    },
  })) {
    same(`can be ${form}`, { serve: listener((_req, res) => void send(res)), client: lastGet() });
    same(`can be ${form}, to HTTP/1.0`, {
      serve: listener((_req, res) => void send(res)),
      client: 'GET / HTTP/1.0\r\n\r\n',
    });
    same(`can be ${form}, and none to HEAD`, {
      serve: listener((_req, res) => void send(res)),
      client: 'HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    });
  }

  for (const status of [204, 304, 205, 404]) {
    same(`is not sent with ${status}, where the status has none`, {
      serve: listener((_req, res) => {
        res.statusCode = status;
        res.end('body');
      }),
      client: lastGet(),
    });
  }

  same('ends in trailers', {
    serve: listener((_req, res) => {
      res.writeHead(200, { Trailer: 'X-Sum' });
      res.write('body');
      res.addTrailers({ 'X-Sum': '4' });
      res.end();
    }),
    client: lastGet(),
  });

  same('is refused where it is none', {
    serve: listener((_req, res, note) => {
      for (const bad of [null, 5, {}, undefined, true]) note(thrown(() => res.write(bad as never)));
      note(thrown(() => res.end(5 as never)));
      res.end('fine');
    }),
    client: lastGet(),
  });

  same('of strictContentLength is as long as it says', {
    serve: listener((_req, res, note) => {
      res.strictContentLength = true;
      res.writeHead(200, { 'Content-Length': 4 });
      note(thrown(() => res.write('too long')));
      res.end('four');
    }),
    client: lastGet(),
  });
});

describe('the end of an answer', () => {
  same('is finish, then close', {
    serve: listener((_req, res, note) => {
      noteEvents(res, note);
      note('before', state(res));
      res.end('body', () => note('callback', state(res)));
      note('after', state(res));
    }),
    client: lastGet(),
  });

  same('is told to whoever listens only after end', {
    serve: listener((_req, res, note) => {
      res.end('body');
      res.on('finish', () => note('finish'));
      res.on('close', () => note('close'));
    }),
    client: lastGet(),
  });

  same('comes once: writing after it is an error, ending again is not', {
    serve: listener((_req, res, note) => {
      res.on('error', (error) => note('error', error));
      res.end('body');
      note(res.write('more', (error) => note('write callback', error)));
      res.end();
      res.end('more', (error?: Error) => note('end callback', error));
    }),
    client: lastGet(),
  });

  same('calls the callbacks of all writes, in order', {
    serve: listener((_req, res, note) => {
      res.write('one', () => note('one'));
      res.write('two', 'utf8', () => note('two'));
      res.end('three', 'utf8', () => note('three'));
    }),
    client: lastGet(),
  });

  same('leaves the response without its socket', {
    serve: listener((req, res, note) => {
      const { socket } = res;
      note(socket === req.socket, res.connection === socket);
      res.on('finish', () => note(res.socket, req.socket === socket));
      res.end();
    }),
    client: lastGet(),
  });
});

describe('interim answers', () => {
  same('come before the answer', {
    serve: listener((_req, res) => {
      res.writeContinue();
      res.writeProcessing();
      res.writeEarlyHints({ link: '</style.css>; rel=preload', 'x-trace': 'a' });
      res.end('body');
    }),
    client: lastGet(),
  });
});

describe('a response', () => {
  same('is one of node:http, whatever its server', {
    serve: listener((req, res, note) => {
      note(res instanceof (Object.getPrototypeOf(res.constructor.prototype).constructor as never));
      note(Object.keys(res).sort(), Object.keys(req).sort());
      note(res.req === req, res.writableObjectMode, res.writableCorked, res.writableHighWaterMark);
      res.end();
    }),
    client: lastGet(),
  });

  same(
    'that is more than the connection takes tells when it goes on',
    {
      serve: listener((_req, res, note) => {
        const piece = Buffer.alloc(1024 * 1024, 'x');
        let refused = false;
        for (let i = 0; i < 8; i++) if (!res.write(piece)) refused = true;
        note('refused', refused, res.writableNeedDrain);
        res.once('drain', () => {
          note('drain', res.writableNeedDrain);
          res.end('end');
        });
      }),
      client: lastGet(),
    },
    ({ answer }) => assert.ok(answer.length > 8 * 1024 * 1024),
  );
});
