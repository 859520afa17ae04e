// Requests as bytes: what the tests in this folder say about a request, and what of it goes over the wire, octet for
// octet. `twins.ts` sends the same bytes to both servers.

export interface Ask {
  /** Default GET. */
  readonly method?: string;
  /** Default `/`. */
  readonly path?: string;
  /** Sent in this order, behind `Host: app.example` unless they bring their own. */
  readonly headers?: Fields;
  /** Text and bytes get a Content-Length; a list of pieces is sent chunked. */
  readonly body?: string | Uint8Array | readonly (string | Uint8Array)[];
  /** Behind the last chunk of a list of pieces. */
  readonly trailers?: Fields;
  /** Default 1.1; a request of 1.0 brings no Host. */
  readonly version?: '1.0' | '1.1';
  /** The body is sent once the server has said 100 (Continue), and not at all if it gives its answer instead. */
  readonly waits?: true;
}

export type Fields = Readonly<Record<string, string | readonly string[]>>;

export const get = (path = '/', headers: Fields = {}): Ask => ({ path, headers });
export const head = (path = '/', headers: Fields = {}): Ask => ({ method: 'HEAD', path, headers });
export const post = (path: string, body: NonNullable<Ask['body']>, headers: Fields = {}): Ask => ({
  method: 'POST',
  path,
  headers,
  body,
});
export const postJson = (path: string, value: unknown, headers: Fields = {}): Ask =>
  post(path, JSON.stringify(value), { 'Content-Type': 'application/json', ...headers });
export const postForm = (path: string, fields: Record<string, string>, headers: Fields = {}): Ask =>
  post(path, `${new URLSearchParams(fields)}`, {
    'Content-Type': 'application/x-www-form-urlencoded',
    ...headers,
  });

/** The same request, over a connection that ends with it. */
export const closing = (ask: Ask): Ask => ({ ...ask, headers: { ...ask.headers, Connection: 'close' } });

export interface Bytes {
  readonly head: Buffer;
  readonly body: Buffer;
}

export function bytesOf(ask: Ask): Bytes {
  const { method = 'GET', path = '/', headers = {}, body, version = '1.1', trailers = {} } = ask;
  const fields = linesOf(headers);
  if (version === '1.1' && !fields.some((line) => /^host:/i.test(line))) fields.unshift('Host: app.example');
  const chunked = body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array);
  if (chunked) fields.push('Transfer-Encoding: chunked');
  else if (body !== undefined && !fields.some((line) => /^content-length:/i.test(line))) {
    fields.push(`Content-Length: ${Buffer.byteLength(body)}`);
  }
  return {
    head: Buffer.from(`${[`${method} ${path} HTTP/${version}`, ...fields].join('\r\n')}\r\n\r\n`, 'latin1'),
    body: chunked ? chunksOf(body, trailers) : Buffer.from(body ?? ''),
  };
}

function chunksOf(pieces: readonly (string | Uint8Array)[], trailers: Fields): Buffer {
  const chunks = pieces.map((piece) => {
    const bytes = Buffer.from(piece as string);
    return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
  });
  const last = ['0', ...linesOf(trailers), '', ''].join('\r\n');
  return Buffer.concat([...chunks, Buffer.from(last, 'latin1')]);
}

function linesOf(fields: Fields): string[] {
  return Object.entries(fields).flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}`));
}
