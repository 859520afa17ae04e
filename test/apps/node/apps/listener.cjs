// A request listener as Node's documentation has them, with nothing around it: what the API of node:http promises.

const http = require('node:http');
const { AsyncLocalStorage } = require('node:async_hooks');
const { createHash } = require('node:crypto');
const { pipeline, Readable } = require('node:stream');
const { text, json } = require('node:stream/consumers');
const { gzipSync, createGzip } = require('node:zlib');
const { note, serveJournal } = require('./journal.cjs');

let go;
const visitor = new AsyncLocalStorage();

function sendJson(res, value) {
  res.setHeader('Content-Type', 'application/json');
  res.end(JSON.stringify(value));
}

/** Calls `then` once both have closed, behind whatever else happens then. */
function whenBothClose(req, res, then) {
  let open = 2;
  const closed = () => --open === 0 && setImmediate(then);
  req.once('close', closed);
  res.once('close', closed);
}

/** The code of what `call` throws. */
function codeOf(call) {
  try {
    call();
    return 'nothing was thrown';
  } catch (error) {
    return `${error.name} ${error.code}: ${error.message}`;
  }
}

const routes = {
  '/': (_req, res) => res.end('hello'),

  // What a request is.
  '/facts': (req, res) =>
    sendJson(res, {
      method: req.method,
      url: req.url,
      httpVersion: [req.httpVersion, req.httpVersionMajor, req.httpVersionMinor],
      headers: req.headers,
      headersDistinct: req.headersDistinct,
      rawHeaders: req.rawHeaders,
      complete: req.complete,
      aborted: req.aborted,
      readable: [req.readable, req.readableEnded, req.readableFlowing, req.readableEncoding],
      statusCode: req.statusCode,
    }),
  '/facts/socket': (req, res) =>
    sendJson(res, {
      remote: [req.socket.remoteAddress, req.socket.remoteFamily, typeof req.socket.remotePort],
      local: [req.socket.localAddress, req.socket.localPort === server.address().port],
      address: req.socket.address().family,
      same: [req.socket === res.socket, req.connection === req.socket, res.connection === res.socket],
      encrypted: req.socket.encrypted ?? null,
      state: [req.socket.readyState, req.socket.readable, req.socket.writable, req.socket.destroyed],
      timeout: req.socket.timeout ?? null,
      server: req.socket.server === server,
      calls: [
        req.socket.setNoDelay(true) === req.socket,
        req.socket.setKeepAlive(true, 1000) === req.socket,
        req.socket.ref() === req.socket,
        req.socket.unref() === req.socket,
        req.socket.ref() === req.socket,
      ],
    }),
  '/facts/instances': (req, res) => {
    const { Duplex, Writable } = require('node:stream');
    const net = require('node:net');
    sendJson(res, [
      req instanceof http.IncomingMessage,
      req instanceof Readable,
      res instanceof http.ServerResponse,
      res instanceof http.OutgoingMessage,
      res instanceof Writable,
      req.socket instanceof net.Socket,
      req.socket instanceof Duplex,
      Object.prototype.toString.call(req),
      req.constructor.name,
      res.constructor.name,
      res.req === req,
    ]);
  },

  // Reading a body.
  '/echo': (req, res) => req.pipe(res),
  '/echo/typed': (req, res) => {
    res.setHeader('Content-Type', req.headers['content-type'] ?? 'none');
    if (req.headers['content-length']) res.setHeader('Content-Length', req.headers['content-length']);
    pipeline(req, res, () => {});
  },
  '/hash': (req, res) => {
    const hash = createHash('sha256');
    let size = 0;
    req.on('data', (piece) => {
      hash.update(piece);
      size += piece.length;
    });
    req.on('end', () => sendJson(res, { size, hash: hash.digest('hex') }));
  },
  '/text': async (req, res) => res.end((await text(req)).toUpperCase()),
  '/json': async (req, res) => {
    try {
      sendJson(res, { received: await json(req) });
    } catch (error) {
      res.statusCode = 400;
      sendJson(res, { error: error.message });
    }
  },
  '/encoding': (req, res) => {
    req.setEncoding('utf8');
    let all = '';
    req.on('data', (piece) => (all += piece));
    req.on('end', () => res.end(`${all.length} ${all}`));
  },
  '/iterate': async (req, res) => {
    let size = 0;
    for await (const piece of req) size += piece.length;
    res.end(`${size} ${req.complete} ${req.readableEnded}`);
  },
  '/readable': (req, res) => {
    let size = 0;
    req.on('readable', () => {
      for (let piece = req.read(); piece !== null; piece = req.read()) size += piece.length;
    });
    req.on('end', () => res.end(`${size}`));
  },
  '/paused': (req, res) => {
    // Looks at the body only once the response has begun.
    res.write('first ');
    setImmediate(async () => res.end(await text(req)));
  },
  '/trailers/in': async (req, res) => {
    const early = { ...req.trailers };
    await text(req);
    sendJson(res, { early, trailers: req.trailers, raw: req.rawTrailers, distinct: req.trailersDistinct });
  },
  '/unread': (_req, res) => res.end('I did not look'),
  '/unread/refused': (_req, res) => {
    res.writeHead(413, { Connection: 'close' });
    res.end('too large');
  },
  '/unread/dumped': (req, res) => {
    req.resume();
    req.on('end', () => res.end('thrown away'));
  },

  // Writing an answer.
  '/late': (_req, res) => setImmediate(() => res.end('later')),
  '/empty': (_req, res) => res.end(),
  '/length': (_req, res) => {
    res.setHeader('Content-Length', 5);
    res.write('12');
    res.end('345');
  },
  '/chunks': (_req, res) => {
    res.write('one');
    res.write(Buffer.from('two'));
    res.write('dr\u00e9i', 'latin1');
    res.end('four');
  },
  '/chunks/apart': async (_req, res) => {
    for (const piece of ['one', 'two', 'three']) {
      await new Promise((resolve) => res.write(piece, resolve));
      await new Promise(setImmediate);
    }
    res.end();
  },
  '/chunks/corked': (_req, res) => {
    res.cork();
    res.write('one');
    res.write('two');
    process.nextTick(() => {
      res.uncork();
      res.end('three');
    });
  },
  '/chunks/encodings': (_req, res) => {
    res.write('616263', 'hex');
    res.write('ZGVm', 'base64');
    res.write('\u00fc', 'utf16le');
    res.end('\u00fc\u{1f426}');
  },
  '/stream': (_req, res) => Readable.from(['a', 'b', 'c'].map((part) => part.repeat(1000))).pipe(res),
  '/large': (req, res) => {
    const size = Number(new URL(req.url, 'http://x').searchParams.get('size'));
    res.end(Buffer.alloc(size, 'abcdefghij'));
  },
  '/large/stream': (req, res) => {
    const size = Number(new URL(req.url, 'http://x').searchParams.get('size'));
    res.setHeader('Content-Length', size);
    const piece = Buffer.alloc(10_000, 'abcdefghij');
    pipeline(
      Readable.from(
        (function* () {
          for (let left = size; left > 0; left -= piece.length) yield piece.subarray(0, left);
        })(),
      ),
      res,
      () => {},
    );
  },
  '/gzip': (_req, res) => {
    res.setHeader('Content-Encoding', 'gzip');
    res.end(gzipSync('squeezed'.repeat(100)));
  },
  '/gzip/stream': (_req, res) => {
    res.setHeader('Content-Encoding', 'gzip');
    pipeline(Readable.from(['squeezed'.repeat(100)]), createGzip(), res, () => {});
  },
  '/flush': (_req, res) => {
    res.setHeader('X-Early', 'yes');
    res.flushHeaders();
    setImmediate(() => res.end('body'));
  },
  '/flush/length': (_req, res) => {
    res.setHeader('Content-Length', 4);
    res.flushHeaders();
    setImmediate(() => res.end('body'));
  },
  '/trailers/out': (_req, res) => {
    res.writeHead(200, { Trailer: 'X-Sum', 'Transfer-Encoding': 'chunked' });
    res.write('body');
    res.addTrailers({ 'X-Sum': '42', 'X-Other': 'ja' });
    res.end();
  },

  // Headers.
  '/headers/order': (_req, res) => {
    res.setHeader('X-Second', '2');
    res.setHeader('x-FIRST', '1');
    res.setHeader('X-Second', 'replaced');
    res.setHeader('X-Number', 7);
    res.setHeader('X-List', ['a', 'b']);
    res.appendHeader('X-List', 'c');
    res.appendHeader('X-New', ['d', 'e']);
    res.setHeader('X-Gone', 'x');
    res.removeHeader('x-gone');
    res.setHeaders(new Map([['x-map', 'm']]));
    res.end();
  },
  '/headers/read': (_req, res) => {
    res.setHeader('X-One', '1');
    res.setHeader('Set-Cookie', ['a=1', 'b=2']);
    sendJson(res, {
      names: res.getHeaderNames(),
      raw: res.getRawHeaderNames(),
      one: res.getHeader('x-one'),
      has: [res.hasHeader('X-ONE'), res.hasHeader('x-two')],
      all: res.getHeaders(),
      sent: res.headersSent,
    });
  },
  '/headers/cookies': (_req, res) => {
    res.setHeader('Set-Cookie', [
      'a=1; Path=/',
      'b=2; HttpOnly',
      'c=3; Expires=Thu, 01 Jan 2099 00:00:00 GMT',
    ]);
    res.end();
  },
  '/headers/object': (_req, res) => {
    res.setHeader('X-Before', 'before');
    res.writeHead(201, 'Made', { 'X-Object': 'o', 'Set-Cookie': ['a=1', 'b=2'], 'x-before': 'after' });
    res.end('made');
  },
  '/headers/array': (_req, res) => {
    res.writeHead(200, ['X-A', '1', 'x-a', '2', 'Content-Type', 'text/plain']);
    res.end('array');
  },
  '/headers/chain': (_req, res) => res.writeHead(202, { 'Content-Length': '2' }).end('ok'),
  '/headers/latin': (_req, res) => {
    res.setHeader('X-Latin', 'caf\u00e9');
    res.setHeader('Content-Disposition', Buffer.from('attachment; filename="\u00fc.txt"').toString('latin1'));
    // In front of a string, Node writes the head as UTF-8, too, and these would be garbled.
    res.end(Buffer.from('latin'));
  },
  '/headers/none': (_req, res) => {
    res.sendDate = false;
    res.end('dateless');
  },
  '/headers/date': (_req, res) => {
    res.setHeader('Date', 'yesterday');
    res.end();
  },
  '/headers/close': (_req, res) => {
    res.setHeader('Connection', 'close');
    res.end('bye');
  },
  '/headers/keep-alive': (_req, res) => {
    res.setHeader('Connection', 'keep-alive');
    res.setHeader('Keep-Alive', 'timeout=77, max=3');
    res.end('stay');
  },
  '/headers/chunked': (_req, res) => {
    res.setHeader('Transfer-Encoding', 'chunked');
    res.end('chunked');
  },
  '/headers/identity': (_req, res) => {
    res.removeHeader('Transfer-Encoding');
    res.removeHeader('Connection');
    res.removeHeader('Content-Length');
    res.write('until the end');
    res.end();
  },
  '/headers/upgrade': (_req, res) => {
    res.writeHead(426, { Upgrade: 'example/1', Connection: 'Upgrade' });
    res.end();
  },
  '/keepalive/off': (_req, res) => {
    res.shouldKeepAlive = false;
    res.end('bye');
  },

  // Statuses.
  '/status': (req, res) => {
    const [, code, reason] = req.url.split('?')[1].match(/^(\d+)(?:,(.*))?$/);
    res.statusCode = Number(code);
    if (reason) res.statusMessage = reason;
    res.setHeader('X-Status', code);
    res.end('body');
  },
  '/status/304': (_req, res) => {
    res.writeHead(304, { ETag: '"one"', 'Content-Type': 'text/plain' });
    res.end();
  },
  '/status/304/length': (_req, res) => {
    res.writeHead(304, { 'Content-Length': 10 });
    res.end();
  },
  '/status/204/length': (_req, res) => {
    res.writeHead(204, { 'Content-Length': 0 });
    res.end();
  },
  '/interim': (_req, res) => {
    res.writeContinue();
    res.writeProcessing();
    res.writeEarlyHints({ link: ['</style.css>; rel=preload; as=style', '</a.js>; rel=preload'] });
    res.end('final');
  },
  '/interim/callback': (_req, res) => {
    res.writeEarlyHints({ link: '</style.css>; rel=preload', 'x-trace': 'id' }, () => res.end('final'));
  },

  // Mistakes, and what Node says of them.
  '/mistakes': (_req, res) => {
    const found = {
      name: codeOf(() => res.setHeader('bad name', 'x')),
      value: codeOf(() => res.setHeader('X-Split', 'a\r\nX-Evil: yes')),
      undefined: codeOf(() => res.setHeader('X-Undefined', undefined)),
      control: codeOf(() => res.setHeader('X-Control', 'a\u0001')),
      wide: codeOf(() => res.setHeader('X-Wide', '\u{1f426}')),
      status: codeOf(() => res.writeHead(42)),
      chunk: codeOf(() => res.write(7)),
      nothing: codeOf(() => res.write(null)),
      length: codeOf(() => res.setHeader('Content-Length', 'x')),
      trailer: codeOf(() => res.addTrailers({ 'bad name': 'x' })),
    };
    res.removeHeader('Content-Length');
    res.statusCode = 200;
    sendJson(res, found);
  },
  '/mistakes/sent': (_req, res) => {
    res.write('begun ');
    const found = [
      codeOf(() => res.setHeader('X-Late', '1')),
      codeOf(() => res.writeHead(500)),
      codeOf(() => res.removeHeader('X-Late')),
      codeOf(() => res.appendHeader('X-Late', '1')),
      codeOf(() => (res.statusCode = 500)),
      `${res.headersSent} ${res.statusCode}`,
    ];
    res.end(found.join('\n'));
  },
  '/mistakes/ended': (_req, res) => {
    res.on('error', (error) => note('ended', `error ${error.code}`));
    res.end('only this');
    note('ended', `write ${res.write('more', (error) => note('ended', `callback ${error?.code}`))}`);
    res.end('and this', (error) => note('ended', `end ${error?.code}`));
    note(
      'ended',
      codeOf(() => res.setHeader('X-Late', '1')),
    );
    setImmediate(() => note('ended', 'over'));
  },
  '/mistakes/length': (_req, res) => {
    res.strictContentLength = true;
    res.setHeader('Content-Length', 4);
    note(
      'strict',
      codeOf(() => res.end('12')),
    );
    note('strict', `over ${res.headersSent} ${res.writableEnded}`);
    res.destroy();
  },
  '/mistakes/body': (_req, res) => {
    res.statusCode = 204;
    note('bodiless', `${res.write('not for a 204')}`);
    res.end();
  },

  // Ends before the end.
  '/destroy': (_req, res) => res.destroy(),
  '/destroy/socket': (req) => req.socket.destroy(),
  '/destroy/half': (_req, res) => {
    res.setHeader('Content-Length', 100);
    res.write('half', () => res.destroy());
  },
  '/destroy/chunked': (_req, res) => {
    res.write('half', () => res.destroy(new Error('enough')));
  },
  '/destroy/request': (req, res) => {
    res.write('half', () => req.destroy());
  },
  '/end/socket': (_req, res) => {
    res.end('then the end');
    res.socket.end();
  },

  // Order of events.
  '/events': (req, res) => {
    const key = req.headers['x-key'];
    // Each one's order is Node's; which of the two is first, nobody can rely on.
    const seen = { req: [], res: [] };
    whenBothClose(req, res, () => {
      note(key, `req ${seen.req.join(', ')}`);
      note(key, `res ${seen.res.join(', ')}`);
      note(key, 'over');
    });
    for (const event of ['end', 'close', 'error', 'aborted']) req.on(event, () => seen.req.push(event));
    for (const event of ['prefinish', 'finish', 'close', 'error', 'pipe']) {
      res.on(event, () => seen.res.push(`${event} ${res.writableEnded} ${res.writableFinished}`));
    }
    if (req.url !== '/events?unread') req.resume();
    res.end('done', () => seen.res.push('end callback'));
  },
  '/events/abort': (req, res) => {
    const key = req.headers['x-key'];
    const code = (error) => (error ? ` ${error.code}` : '');
    for (const event of ['aborted', 'error', 'end', 'close']) {
      req.on(event, (error) => note(key, `req ${event}${code(error)}`));
    }
    for (const event of ['error', 'finish', 'close']) {
      res.on(event, (error) => note(key, `res ${event}${code(error)}, destroyed: ${res.destroyed}`));
    }
    whenBothClose(req, res, () => {
      const request = [req.aborted, req.complete, req.destroyed, req.readableAborted];
      const response = [res.destroyed, res.writableEnded, res.writableFinished, res.closed];
      note(key, `request ${request}, response ${response}`);
      note(key, `write: ${res.write('nobody reads this')}`);
      setImmediate(() => note(key, 'over'));
    });
    // Without a body the end has come already, and 'close' with it.
    req.resume();
    if (req.url.includes('streams')) res.write('begun');
    setImmediate(() => note(key, 'handler'));
  },
  '/events/flood': (_req, res) => {
    const piece = Buffer.alloc(64 * 1024, 'x');
    let sent = 0;
    (function more() {
      while (sent < 400) {
        sent++;
        if (!res.write(piece)) {
          res.once('drain', more);
          note('flood', `full ${sent}`);
          return;
        }
      }
      res.end();
    })();
  },

  // The answer first, and then the rest of the question.
  '/early': (req, res) => {
    const key = req.headers['x-key'];
    let size = 0;
    if (req.url === '/early') res.end('early');
    req.on('aborted', () => note(key, 'aborted'));
    req.on('data', (piece) => (size += piece.length));
    req.on('end', () => note(key, `read ${size}`));
    if (req.url !== '/early') res.end('early');
  },

  // An upload that is read only when another request says so.
  '/unhurried': (req, res) => {
    let size = 0;
    go = () => {
      req.on('data', (piece) => (size += piece.length));
      req.on('end', () => res.end(`${size}`));
    };
    // Whatever was to come without being asked for has come by then.
    let rounds = 0;
    const wait = () => (++rounds < 100 ? setImmediate(wait) : note('unhurried', 'waits'));
    wait();
  },
  '/unhurried/go': (_req, res) => {
    go();
    res.end('gone on');
  },

  // Contexts.
  '/context': (req, res) =>
    visitor.run(req.headers['x-visitor'], async () => {
      await text(req);
      await new Promise(setImmediate);
      res.on('finish', () => note(`context-${req.headers['x-visitor']}`, visitor.getStore()));
      res.end(visitor.getStore());
    }),
};

const server = http.createServer((req, res) => {
  if (serveJournal(req, res)) return;
  const route = routes[req.url.split('?')[0]];
  if (route) route(req, res);
  else {
    res.writeHead(404, { 'Content-Type': 'text/plain' });
    res.end(`${req.method} ${req.url} is not here`);
  }
});

exports.start = () => server.listen(0);
