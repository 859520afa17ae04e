// An HTTP/1.1 client over a plain socket that counts exactly: every request it sends is either answered whole or
// not. The measurements use it where wrk can't tell (drain), measures too coarsely (slow clients), or can't hold
// connections open (idle).

import { connect, type Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly body: Buffer;
  /** The server said `Connection: close`. */
  readonly last: boolean;
}

/** The connection ended before the answer did. */
export class CutShort extends Error {
  override readonly name = 'CutShort';
  /** What had come of the answer. */
  readonly received: number;

  constructor(received: number, cause?: Error) {
    super(`the connection ended after ${received} bytes of an answer${cause ? ` (${cause.message})` : ''}`);
    this.received = received;
  }
}

interface Pending {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

export class Client {
  /** True once the connection is over, whoever ended it. */
  closed = false;
  #socket: Socket;
  #pending: Pending | undefined;
  #received: Buffer = Buffer.alloc(0);
  #error: Error | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    socket.on('error', (error) => {
      this.#error = error;
    });
    // The peer's FIN: node:net (allowHalfOpen: false) ends our side too.
    socket.on('end', () => this.#close());
    socket.on('close', () => this.#close());
  }

  /** Rejects with the system's error, e.g. `code: 'ECONNREFUSED'`. */
  static connect(port: number): Promise<Client> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new Client(socket));
      });
    });
  }

  /** Sends `request` and waits for its answer; one at a time. Rejects with {@link CutShort}. */
  request(request: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      if (this.closed) this.#close();
      else this.#socket.write(request);
    });
  }

  destroy(): void {
    this.closed = true;
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
    const answer = parseAnswer(this.#received);
    if (answer === undefined || this.#pending === undefined) return;
    this.#received = Buffer.alloc(0);
    const pending = this.#pending;
    this.#pending = undefined;
    pending.resolve(answer);
  }

  #close(): void {
    this.closed = true;
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.reject(new CutShort(this.#received.length, this.#error));
  }
}

/** The answer that `bytes` begin with, once it is whole: framed by Content-Length, or chunked. */
function parseAnswer(bytes: Buffer): Answer | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = bytes.toString('latin1', 0, headEnd + 2);
  const status = Number(head.slice(9, 12));
  const last = /\r\nconnection: *close\r\n/i.test(head);
  const length = /\r\ncontent-length: *(\d+)\r\n/i.exec(head)?.[1];
  const rest = bytes.subarray(headEnd + 4);
  if (length === undefined) {
    const body = parseChunks(rest);
    return body && { status, body, last };
  }
  return rest.length < Number(length) ? undefined : { status, body: rest.subarray(0, Number(length)), last };
}

function parseChunks(bytes: Buffer): Buffer | undefined {
  const pieces: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const end = lineEnd + 2 + size;
    if (bytes.length < end + 2) return undefined;
    if (size === 0) return Buffer.concat(pieces);
    pieces.push(bytes.subarray(lineEnd + 2, end));
    at = end + 2;
  }
}
