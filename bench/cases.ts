// What is measured: a table of requests and their answers. A new case is a new row, and a path in `apps/routes.ts`
// and `peers/*`.

import { HELLO, LARGE, ORDER, PIECE, PIECES, receipt } from './apps/bodies.ts';

export interface Case {
  readonly name: string;
  readonly title: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Requests that wrk sends at once on a connection. */
  readonly pipeline: number;
  /** Which app the fetch servers run: `hello` does nothing else. */
  readonly app: 'hello' | 'routes';
  /** What the answer's body must be. */
  readonly expected: Buffer;
  /** The answer's media type, for the C loop, which sends fixed bytes. */
  readonly type: string;
  readonly chunked: boolean;
  /** `load`: requests as fast as they are answered. `idle`: connections that wait. */
  readonly kind: 'load' | 'idle';
}

const PLAIN = {
  method: 'GET',
  path: '/',
  headers: {},
  body: '',
  pipeline: 1,
  app: 'hello',
  expected: Buffer.from(HELLO),
  type: 'text/plain;charset=UTF-8',
  chunked: false,
  kind: 'load',
} as const;

/** Twelve headers with Host, of the sizes that a desktop browser sends. */
const BROWSER_HEADERS = {
  'Sec-CH-UA': '"Chromium";v="140", "Not=A?Brand";v="24"',
  'Sec-CH-UA-Mobile': '?0',
  'Sec-CH-UA-Platform': '"Linux"',
  'Upgrade-Insecure-Requests': '1',
  'User-Agent':
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'Sec-Fetch-Site': 'same-origin',
  'Sec-Fetch-Mode': 'navigate',
  'Accept-Encoding': 'gzip, deflate, br, zstd',
  'Accept-Language': 'en-GB,en;q=0.9,sv;q=0.8',
  Cookie: 'session=5f2c1e9a7b3d4c60a8e1f90b2d7c4e55; theme=dark; consent=essential',
};

export const CASES: readonly Case[] = [
  { ...PLAIN, name: 'hello', title: 'Hello, World!' },
  { ...PLAIN, name: 'browser', title: "a browser's request (12 headers)", headers: BROWSER_HEADERS },
  {
    ...PLAIN,
    name: 'json',
    title: 'JSON, 1 KB posted and parsed',
    method: 'POST',
    path: '/json',
    headers: { 'Content-Type': 'application/json' },
    body: ORDER,
    app: 'routes',
    expected: Buffer.from(JSON.stringify(receipt(JSON.parse(ORDER)))),
    type: 'application/json',
  },
  {
    ...PLAIN,
    name: 'large',
    title: '64 KB response',
    path: '/large',
    app: 'routes',
    expected: Buffer.from(LARGE),
  },
  {
    ...PLAIN,
    name: 'stream',
    title: 'streamed response (16 pieces of 4 KB)',
    path: '/stream',
    app: 'routes',
    expected: Buffer.concat(Array.from({ length: PIECES }, () => PIECE)),
    type: 'application/octet-stream',
    chunked: true,
  },
  { ...PLAIN, name: 'pipeline', title: 'pipelining, 16 at once', pipeline: 16 },
  { ...PLAIN, name: 'close', title: 'a connection for each request', headers: { Connection: 'close' } },
  { ...PLAIN, name: 'idle', title: 'idle keep-alive connections', app: 'routes', kind: 'idle' },
];

/** A GET of `path` in the apps with all routes, answered with HELLO unless `expected` says otherwise. */
export function routeCase(path: string, expected = HELLO): Case {
  const name = path === '/' ? 'root' : path.slice(1);
  return { ...PLAIN, name, title: path, path, app: 'routes', expected: Buffer.from(expected) };
}

/** The request of `it` as it goes over the wire. */
export function requestText(it: Case, port: number): string {
  const headers: Record<string, string> = { Host: `127.0.0.1:${port}`, ...it.headers };
  if (it.body !== '') headers['Content-Length'] = String(Buffer.byteLength(it.body));
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${it.method} ${it.path} HTTP/1.1\r\n${lines.join('')}\r\n${it.body}`;
}

/** The answer to `it`, with the header fields that every server sends: what the C loop answers. */
export function answerBytes(it: Case): Buffer {
  const framing = it.chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${it.expected.length}`;
  const close = it.headers['Connection'] === 'close' ? 'Connection: close\r\n' : '';
  const head = `HTTP/1.1 200 OK\r\nContent-Type: ${it.type}\r\n${framing}\r\nDate: ${new Date().toUTCString()}\r\n${close}\r\n`;
  return Buffer.concat([Buffer.from(head), it.chunked ? chunked(it.expected) : it.expected]);
}

function chunked(body: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.length; at += PIECE.length) {
    const piece = body.subarray(at, at + PIECE.length);
    pieces.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'));
  }
  return Buffer.concat([...pieces, Buffer.from('0\r\n\r\n')]);
}
