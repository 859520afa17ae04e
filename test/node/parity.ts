// The same server, on Node and on ours: a sentence is true where a client and a program see the same. What is expected is
// what Node does; a test that wants something else says so itself.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  createServer as createNodeServer,
  type RequestListener,
  type Server,
  type ServerOptions,
} from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { createServer } from '../../src/node/index.ts';

/** Notes what a program has seen. */
export type Note = (...what: unknown[]) => void;

export interface Scene {
  readonly options?: ServerOptions;
  /** Sets the server up. It listens afterwards. */
  readonly serve: (server: Server, note: Note) => void;
  /** What the client sends, all at once; or what it does. The server ends the connection. */
  readonly client: string | ((client: Client) => Promise<void> | void);
}

/** What was seen: the program's notes, and what the client got, but for what differs from run to run. */
interface Seen {
  readonly notes: readonly string[];
  readonly answer: string;
}

export class Client {
  readonly socket: Socket;
  raw = '';
  #waiting: (() => void)[] = [];

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    this.socket.on('error', () => {});
    this.socket.on('data', (bytes) => {
      this.raw += bytes.toString('latin1');
      for (const wake of this.#waiting.splice(0)) wake();
    });
    this.socket.on('close', () => {
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  send(text: string | Uint8Array): void {
    this.socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
  }

  /** Waits until what has come contains `text`; fails where the connection ends before. */
  async until(text: string): Promise<void> {
    while (!this.raw.includes(text)) {
      assert.ok(
        !this.socket.destroyed && !this.socket.readableEnded,
        `no ${JSON.stringify(text)} in ${this.raw}`,
      );
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  async ended(): Promise<void> {
    if (!this.socket.readableEnded && !this.socket.destroyed) {
      await Promise.race([once(this.socket, 'end'), once(this.socket, 'close')]);
    }
  }
}

async function play(make: typeof createNodeServer, { options, serve, client: script }: Scene): Promise<Seen> {
  const notes: string[] = [];
  const server = make(options ?? {});
  serve(server, (...what) => void notes.push(what.map(show).join(' ')));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new Client((server.address() as AddressInfo).port);
  try {
    await once(client.socket, 'connect');
    if (typeof script === 'string') client.send(script);
    else await script(client);
    await client.ended();
  } finally {
    client.socket.destroy();
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
    // What the end of the connections still has to say.
    for (let i = 0; i < 5; i++) await new Promise(setImmediate);
  }
  return { notes, answer: normalised(client.raw) };
}

function show(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return `${(value as NodeJS.ErrnoException).code ?? ''}: ${value.message}`;
  return JSON.stringify(value) ?? String(value);
}

function normalised(raw: string): string {
  return raw
    .replace(/^Date: .*$/gm, 'Date: …')
    .replace(/^Keep-Alive: timeout=\d+/gm, 'Keep-Alive: timeout=…')
    .replace(/(?<=\r\n\r\n)[0-9a-f]+\r\n[\s\S]*?\r\n(?=0\r\n)/, joinChunks);
}

/** Where a body is divided into chunks is nobody's business. */
function joinChunks(chunks: string): string {
  let body = '';
  for (let at = 0; at < chunks.length; ) {
    const start = chunks.indexOf('\r\n', at) + 2;
    const size = Number.parseInt(chunks.slice(at, start), 16);
    body += chunks.slice(start, start + size);
    at = start + size + 2;
  }
  return `chunks: ${body}\r\n`;
}

/** Registers a sentence that holds where both servers show the same. `check` looks at what that is. */
export function same(sentence: string, scene: Scene, check?: (seen: Seen) => void): void {
  test(sentence, { timeout: 10_000 }, async () => {
    const ours = await play(createServer as typeof createNodeServer, scene);
    const nodes = await play(createNodeServer, scene);
    assert.deepEqual(ours, nodes);
    check?.(ours);
  });
}

/** A scene of a listener and one request that closes. */
export function listener(listen: (...given: [...Parameters<RequestListener>, Note]) => void): Scene['serve'] {
  return (server, note) => void server.on('request', (request, response) => listen(request, response, note));
}

/** `GET path`, after which the connection closes; `fields` to add. */
export function lastGet(path = '/', ...fields: readonly string[]): string {
  return `${[`GET ${path} HTTP/1.1`, 'Host: example.org', 'Connection: close', ...fields].join('\r\n')}\r\n\r\n`;
}

export function lastPost(body: string, ...fields: readonly string[]): string {
  const lines = [
    'POST / HTTP/1.1',
    'Host: example.org',
    'Connection: close',
    `Content-Length: ${body.length}`,
  ];
  return `${[...lines, ...fields].join('\r\n')}\r\n\r\n${body}`;
}
