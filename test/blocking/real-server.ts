// Real servers in a thread of their own, for requests that block the test's: one of Node's, another origin, and one that
// writes octets as they are. Started by parity.test.ts.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { parentPort } from 'node:worker_threads';
import zlib from 'node:zlib';

const TEXT = 'Zeisig, чиж, 黃雀. '.repeat(20);
const LARGE = Buffer.alloc(3_000_000, '0123456789');

type Page = (request: IncomingMessage, response: ServerResponse, url: URL) => void;

function encoded(coding: string, body: Buffer): Page {
  return (_request, response) => {
    response.setHeader('Content-Type', 'text/plain');
    response.setHeader('Content-Encoding', coding);
    response.end(body);
  };
}

function redirect(status: number, location: string | undefined): Page {
  return (_request, response) => {
    response.writeHead(status, location === undefined ? {} : { Location: location }).end('moved');
  };
}

/** Says what came, as JSON. */
const echo: Page = async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const { method, url, headers } = request;
  const { accept, authorization, cookie, 'content-type': type, 'content-length': length, 'x-a': a } = headers;
  const echoed = { method, url, accept, authorization, cookie, type, length, a };
  response.setHeader('Content-Type', 'application/json');
  response.end(
    JSON.stringify({ ...echoed, body: body.length > 100 ? body.length : body.toString('latin1') }),
  );
};

const PAGES: Readonly<Record<string, Page>> = {
  '/json': (_request, response) => void response.end('{"a":[1,2,{"b":null}]}'),
  '/text': (_request, response) => void response.end(TEXT),
  '/bom': (_request, response) => void response.end('\ufeffwith a mark'),
  '/empty': (_request, response) => void response.end(),
  '/large': (_request, response) => void response.end(LARGE),
  '/chunks': (_request, response) => {
    for (const piece of ['one ', 'two ', 'three']) response.write(piece);
    response.end();
  },
  '/close': (_request, response) => void response.writeHead(200, { Connection: 'close' }).end('bye'),
  '/fields': (_request, response) => {
    const fields = [
      'Set-Cookie',
      'a=1',
      'Set-Cookie',
      'b=2',
      'X-Two',
      'one',
      'X-Two',
      'two',
      'X-Latin',
      'caf\xe9',
    ];
    response.writeHead(200, 'Quite all right', fields).end('fields');
  },
  '/echo': echo,
  '/gzip': encoded('gzip', zlib.gzipSync(TEXT)),
  '/x-gzip': encoded('X-GZip', zlib.gzipSync(TEXT)),
  '/deflate': encoded('deflate', zlib.deflateSync(TEXT)),
  '/raw-deflate': encoded('deflate', zlib.deflateRawSync(TEXT)),
  '/br': encoded('br', zlib.brotliCompressSync(TEXT)),
  '/zstd': encoded('zstd', zlib.zstdCompressSync(TEXT)),
  '/twice': encoded('gzip, br', zlib.brotliCompressSync(zlib.gzipSync(TEXT))),
  '/unknown-coding': encoded('pigeon', Buffer.from('coo')),
  '/cut-gzip': encoded('gzip', zlib.gzipSync(TEXT).subarray(0, -12)),
  '/gzip-large': encoded('gzip', zlib.gzipSync(LARGE)),
  '/no-gzip': encoded('gzip', Buffer.from('this is not compressed')),
  '/six-codings': encoded('gzip, gzip, gzip, gzip, gzip, gzip', Buffer.from('x')),
  '/to-text': redirect(302, '/text'),
  '/to-echo-301': redirect(301, '/echo'),
  '/to-echo-303': redirect(303, 'echo?x=1#fragment'),
  '/to-echo-307': redirect(307, '/echo'),
  '/to-nowhere': redirect(302, undefined),
  '/to-ftp': redirect(302, 'ftp://example.org/'),
  '/to-nonsense': redirect(302, 'http://[/'),
  '/to-itself': redirect(302, '/to-itself'),
  '/to-password': redirect(302, 'http://user:secret@localhost:1/'),
  '/choices': redirect(300, '/text'),
  '/cross': (_request, response, url) =>
    void response.writeHead(307, { Location: `${url.searchParams.get('to')}/echo` }).end(),
  '/hops': (_request, response, url) => {
    const left = Number(url.searchParams.get('left'));
    if (left === 0) response.end('arrived');
    else response.writeHead(302, { Location: `/hops?left=${left - 1}` }).end();
  },
  '/never': () => {},
};

function handle(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url!, 'http://localhost');
  const status = /^\/status\/(\d{3})$/.exec(url.pathname)?.[1];
  response.setHeader('Date', 'Thu, 01 Jan 2026 00:00:00 GMT');
  if (status !== undefined) response.writeHead(Number(status)).end(status === '204' ? undefined : 'body');
  else (PAGES[url.pathname] ?? PAGES['/empty']!)(request, response, url);
}

/** What the server of octets answers, by path. It closes the connection then. */
export const RAW: Readonly<Record<string, string>> = {
  '/until-close': 'HTTP/1.1 200 OK\r\n\r\nall that there is',
  '/old': 'HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold',
  '/early': 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  '/cut-head': 'HTTP/1.1 200 OK\r\nConte',
  '/cut-body': 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc',
  '/both': 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  '/lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd',
  '/fold': 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n',
  '/ssh': 'SSH-2.0-OpenSSH_9.2\r\n',
  '/nothing': '',
};

const raw = createTcpServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', (data) => {
    const path = data.toString('latin1').split(' ')[1]!;
    socket.end(RAW[path] ?? 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n', 'latin1');
  });
});

async function port(server: Server): Promise<number> {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return (server.address() as AddressInfo).port;
}

const main = createServer(handle);
const other = createServer(handle);
const closed = createTcpServer();
const ports = {
  main: await port(main),
  other: await port(other),
  raw: await port(raw),
  closed: await port(closed),
};
closed.close();
parentPort!.postMessage(ports);
