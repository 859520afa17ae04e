// Answers, taken apart where they lie: status line, headers in their order, body with its framing. A reader of its own,
// that shares no code with the server, so that what the server writes is read by somebody else.

export interface Answer {
  /** Heads of the interim answers (1xx) before it, a line each. */
  readonly interim: readonly string[];
  readonly statusLine: string;
  /** `Name: value`, as they came. */
  readonly headers: readonly string[];
  /** Where the body ends. `cut`: it did not, before the connection did. */
  readonly framing: 'none' | 'length' | 'chunked' | 'close' | 'cut';
  /** The lengths of the chunks, the last one's zero excluded. */
  readonly chunks: readonly number[];
  readonly trailers: readonly string[];
  readonly body: Buffer;
}

export const statusOf = (answer: Answer): number => Number(answer.statusLine.slice(9, 12));

/** The value of a field; several are joined with `, `. `undefined` where there is none. */
export function fieldOf({ headers }: Answer, name: string): string | undefined {
  const values = headers
    .filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
    .map((line) => line.slice(name.length + 1).trim());
  return values.length === 0 ? undefined : values.join(', ');
}

/**
 * The first answer in `bytes`, and how many of them it takes. `undefined`: more is needed; not so once the connection
 * is `over`. `method` is the request's: it decides whether there is a body.
 */
export function readAnswer(
  bytes: Buffer,
  method: string,
  over: boolean,
): { answer: Answer; length: number } | undefined {
  const interim: string[] = [];
  let at = 0;
  for (;;) {
    const end = bytes.indexOf('\r\n\r\n', at);
    if (end < 0) return over && bytes.length > at ? cut(bytes, at, interim) : undefined;
    const [statusLine = '', ...headers] = bytes.toString('latin1', at, end).split('\r\n');
    at = end + 4;
    if (/^HTTP\/1\.1 1(?!01)/.test(statusLine)) {
      interim.push([statusLine, ...headers].join(' | '));
      continue;
    }
    const start = { interim, statusLine, headers };
    const body = readBody(bytes, at, framingOf(method, statusLine, headers), over);
    return body && { answer: { ...start, ...body.body }, length: body.end };
  }
}

type Body = Pick<Answer, 'framing' | 'chunks' | 'trailers' | 'body'>;
type Framing =
  | { kind: 'none' }
  | { kind: 'chunked' }
  | { kind: 'close' }
  | { kind: 'length'; length: number };

/** RFC 9112, section 6.3. */
function framingOf(method: string, statusLine: string, headers: readonly string[]): Framing {
  if (method === 'HEAD' || /^HTTP\/1\.[01] (?:1|204|304)/.test(statusLine)) return { kind: 'none' };
  if (headers.some((line) => /^transfer-encoding:.*chunked$/i.test(line))) return { kind: 'chunked' };
  const length = headers.find((line) => /^content-length:/i.test(line));
  return length === undefined ? { kind: 'close' } : { kind: 'length', length: Number(length.slice(15)) };
}

function readBody(bytes: Buffer, at: number, framing: Framing, over: boolean) {
  const whole = (kind: Body['framing'], end: number, rest?: Partial<Body>) => ({
    body: { framing: kind, chunks: [], trailers: [], body: bytes.subarray(at, end), ...rest },
    end,
  });
  switch (framing.kind) {
    case 'none':
      return whole('none', at);
    case 'close':
      return over ? whole('close', bytes.length) : undefined;
    case 'length':
      if (bytes.length - at >= framing.length) return whole('length', at + framing.length);
      return over ? whole('cut', bytes.length) : undefined;
    case 'chunked': {
      const read = readChunks(bytes, at);
      if (read !== undefined) return whole('chunked', read.end, read.found);
      return over ? whole('cut', bytes.length) : undefined;
    }
  }
}

function readChunks(bytes: Buffer, at: number) {
  const chunks: number[] = [];
  const pieces: Buffer[] = [];
  for (;;) {
    const line = bytes.indexOf('\r\n', at);
    if (line < 0) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16);
    at = line + 2;
    if (size === 0) break;
    if (bytes.length < at + size + 2) return undefined;
    chunks.push(size);
    pieces.push(bytes.subarray(at, at + size));
    at += size + 2;
  }
  const end = bytes.indexOf('\r\n\r\n', at - 2);
  if (end < 0) return undefined;
  const trailers = bytes.toString('latin1', at, Math.max(at, end)).split('\r\n');
  const found = { chunks, body: Buffer.concat(pieces), trailers: trailers.filter((text) => text !== '') };
  return { found, end: end + 4 };
}

function cut(bytes: Buffer, at: number, interim: readonly string[]) {
  const answer: Answer = {
    interim,
    statusLine: '',
    headers: [],
    framing: 'cut',
    chunks: [],
    trailers: [],
    body: bytes.subarray(at),
  };
  return { answer, length: bytes.length };
}
