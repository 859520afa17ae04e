// A client of bytes: what it sends is what the test wrote, and it notes all that comes back and how the connection ends.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Answer, readAnswer } from './answer.ts';
import { type Ask, bytesOf } from './ask.ts';

/** How the server ended the connection. */
export type Ending = 'fin' | 'reset';

export class Client {
  readonly #socket: Socket;
  /** Grows by doubling; what was received lies in its first `#length` bytes. */
  #store = Buffer.alloc(4096);
  #length = 0;
  #ending: Ending | undefined;
  #heard = Promise.withResolvers<void>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (piece: Buffer) => {
      this.#keep(piece);
      this.#hear();
    });
    socket.on('end', () => {
      this.#ending ??= 'fin';
      this.#hear();
    });
    // A write to a connection that the server has closed fails as well: what was received before still counts.
    socket.on('error', () => {
      this.#ending ??= 'reset';
      this.#hear();
    });
    socket.on('close', () => {
      this.#ending ??= 'reset';
      this.#hear();
    });
  }

  static async open(port: number): Promise<Client> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    await once(socket, 'connect');
    return new Client(socket);
  }

  #hear(): void {
    this.#heard.resolve();
    this.#heard = Promise.withResolvers();
  }

  send(bytes: string | Uint8Array): void {
    if (this.#socket.writable)
      this.#socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** Bytes that nobody has taken yet. */
  get unsent(): number {
    return this.#socket.writableLength;
  }

  /** FIN: nothing more will be sent. */
  end(): void {
    this.#socket.end();
  }

  /** RST: the client is gone. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** Reads nothing, such that the server's writes come to a halt. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Pipelined: all of them in one go. */
  sendAll(asks: readonly Ask[]): void {
    this.send(Buffer.concat(asks.flatMap((ask) => Object.values(bytesOf(ask)))));
  }

  /** Sends the request, and gives its answer. */
  async ask(ask: Ask): Promise<Answer | undefined> {
    const { head, body } = bytesOf(ask);
    if (ask.waits !== true) {
      this.send(Buffer.concat([head, body]));
      return this.answer(ask.method);
    }
    this.send(head);
    await this.until((text) => text.includes('\r\n\r\n'));
    if (/^HTTP\/1\.1 100/.test(this.text)) this.send(body);
    return this.answer(ask.method);
  }

  /** The next answer; `undefined` where the connection ends without one. */
  async answer(method = 'GET'): Promise<Answer | undefined> {
    for (;;) {
      const heard = this.#heard.promise;
      const over = this.#ending !== undefined;
      const read = readAnswer(this.#bytes(), method, over);
      if (read !== undefined) {
        this.#drop(read.length);
        return read.answer;
      }
      if (over) return undefined;
      await heard;
    }
  }

  /** All that was received and not yet taken, an octet a character. */
  get text(): string {
    return this.#bytes().toString('latin1');
  }

  /** Takes what was received. */
  take(): string {
    const { text } = this;
    this.#drop(this.#length);
    return text;
  }

  /** Waits until what was received is as it should be, or the connection has ended. */
  async until(enough: (text: string) => boolean): Promise<string> {
    while (this.#ending === undefined) {
      const heard = this.#heard.promise;
      if (enough(this.text)) break;
      await heard;
    }
    return this.text;
  }

  /** Waits until the server ends the connection. */
  async ended(): Promise<Ending> {
    while (this.#ending === undefined) await this.#heard.promise;
    this.#socket.destroy();
    return this.#ending;
  }

  /** Half-closes, and gives the bytes behind the last answer and the server's ending. */
  async leave(): Promise<{ surplus: string; ending: Ending }> {
    this.end();
    const ending = await this.ended();
    return { surplus: this.take(), ending };
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #bytes(): Buffer {
    return this.#store.subarray(0, this.#length);
  }

  #keep(piece: Buffer): void {
    const length = this.#length + piece.length;
    if (length > this.#store.length) {
      const larger = Buffer.alloc(2 * length);
      this.#store.copy(larger, 0, 0, this.#length);
      this.#store = larger;
    }
    piece.copy(this.#store, this.#length);
    this.#length = length;
  }

  /** Answers keep views of what they were read from: the rest moves to a store of its own. */
  #drop(count: number): void {
    const rest = this.#store.subarray(count, this.#length);
    this.#store = Buffer.alloc(Math.max(4096, 2 * rest.length));
    this.#length = rest.copy(this.#store);
  }
}
