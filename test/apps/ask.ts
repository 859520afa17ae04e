// The client of these tests: one request over a connection of its own, sent exactly as it is given, and everything that
// came back. On node:http, which shares no code with the server.

import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface Question {
  readonly method?: string;
  /** Default `/`. */
  readonly path?: string;
  /** Sent in this order. Default Host: app.example. */
  readonly headers?: readonly (readonly [string, string])[];
  /** Several pieces are sent chunked. */
  readonly body?: string | Uint8Array | readonly (string | Uint8Array)[];
}

export interface Reply {
  readonly status: number;
  readonly reason: string;
  /** Names in lower case, sorted; equal names stay in order. */
  readonly fields: readonly (readonly [string, string])[];
  readonly body: Buffer;
  /** The first field of that name. */
  get(name: string): string | undefined;
}

/** A chunked request's body, or one with its length; `undefined` where there is none. */
function piecesOf(body: Question['body']): readonly (string | Uint8Array)[] | undefined {
  return typeof body === 'string' || body instanceof Uint8Array ? [body] : body;
}

/** Asks the server on this machine. Rejects where the answer is cut, or breaks the protocol. */
export function ask(port: number, question: Question): Promise<Reply> {
  const { method = 'GET', path = '/', headers = [], body } = question;
  const fields = headers.some(([name]) => /^host$/i.test(name))
    ? headers
    : [['Host', 'app.example'] as const, ...headers];
  const pieces = piecesOf(body);
  const framing =
    pieces === undefined
      ? []
      : pieces === body
        ? ['Transfer-Encoding', 'chunked']
        : ['Content-Length', `${Buffer.byteLength(pieces[0]!)}`];
  return new Promise((resolve, reject) => {
    const client = request({
      host: '127.0.0.1',
      port,
      method,
      path,
      agent: false,
      setHost: false,
      headers: [...fields.flat(), ...framing],
    });
    client.on('error', reject);
    client.on('response', (response) => {
      const pairs: [string, string][] = [];
      const { rawHeaders } = response;
      for (let i = 0; i < rawHeaders.length; i += 2) {
        pairs.push([rawHeaders[i]!.toLowerCase(), rawHeaders[i + 1]!]);
      }
      pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
      buffer(response).then(
        (whole) =>
          resolve({
            status: response.statusCode!,
            reason: response.statusMessage!,
            fields: pairs,
            body: whole,
            get: (name) => pairs.find(([key]) => key === name)?.[1],
          }),
        reject,
      );
    });
    for (const piece of pieces ?? []) client.write(piece);
    client.end();
  });
}

/** The port of a server of Node's. */
export function portOf(server: { address(): AddressInfo | string | null }): number {
  return (server.address() as AddressInfo).port;
}
