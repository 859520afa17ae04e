// The client of the behaviour suite: it speaks bytes, half-closes, resets, stops reading, and reads answers with the
// strict reader of the http layer. The backends give it a transport and tell it what arrives.

import assert from 'node:assert/strict';
import { MessageReader, type ResponseHead } from '../../../src/http/index.ts';

/** How a backend moves the client's bytes. */
export interface Transport {
  send(bytes: Uint8Array): void;
  /** FIN: nothing more will be sent. */
  end(): void;
  close(): void;
  reset(): void;
  pause(): void;
  resume(): void;
}

export interface Answer {
  readonly head: ResponseHead;
  readonly status: number;
  readonly body: Buffer;
  readonly text: string;
  readonly trailers: readonly string[];
  /** Statuses of the interim answers that came before it. */
  readonly interim: readonly number[];
  /** The value of a field; `undefined` where there is none. */
  get(name: string): string | undefined;
}

/** How the server ended the connection. */
export type Ending = 'fin' | 'reset';

export class RawClient {
  readonly #transport: Transport;
  readonly #reader = MessageReader.ofResponses();
  readonly #pieces: Buffer[] = [];
  #waiting: (() => void)[] = [];
  #failure: Error | undefined;
  ending: Ending | undefined;
  receivedBytes = 0;
  /** A send met a connection that was gone. */
  sendFailed = false;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  // ── What the backend tells ───────────────────────────────────────────────────────────────────────────────────

  onData(bytes: Uint8Array): void {
    this.#pieces.push(Buffer.from(bytes));
    this.receivedBytes += bytes.length;
    this.#reader.receive(bytes);
    this.#wake();
  }

  onEnding(ending: Ending): void {
    this.ending ??= ending;
    if (ending === 'fin') this.#reader.endOfInput();
    this.#wake();
  }

  /** Nobody will ever tell anything again: every wait ends with `error`. */
  fail(error: Error): void {
    this.#failure = error;
    this.#wake();
  }

  /** Somebody waits for news of this connection. */
  get awaited(): boolean {
    return this.#waiting.length > 0;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  async #news(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.#failure !== undefined) throw this.#failure;
  }

  // ── What a test does ─────────────────────────────────────────────────────────────────────────────────────────

  /** Text goes as latin1: a character is an octet. */
  send(data: string | Uint8Array): this {
    this.#transport.send(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
    return this;
  }

  /** Half-closes. */
  end(): this {
    this.#transport.end();
    return this;
  }

  close(): void {
    this.#transport.close();
  }

  reset(): void {
    this.#transport.reset();
  }

  /** Stops reading. */
  pause(): this {
    this.#transport.pause();
    return this;
  }

  resume(): this {
    this.#transport.resume();
    return this;
  }

  /** Everything received so far. */
  get raw(): string {
    return Buffer.concat(this.#pieces).toString('latin1');
  }

  /** Waits until what was received satisfies `enough`; fails where the connection ends before. */
  async until(enough: (raw: string) => boolean): Promise<string> {
    while (!enough(this.raw)) {
      if (this.ending !== undefined)
        assert.fail(`the connection ended (${this.ending}) after: ${JSON.stringify(this.raw)}`);
      await this.#news();
    }
    return this.raw;
  }

  /** Waits until so many bytes have come. */
  async receive(bytes: number): Promise<void> {
    while (this.receivedBytes < bytes) {
      assert.equal(this.ending, undefined, 'the connection ended');
      await this.#news();
    }
  }

  /** The next final answer, to a request with `method`. Rejects where it is cut short. */
  async answer(method = 'GET'): Promise<Answer> {
    this.#reader.asked(method);
    const interim: number[] = [];
    const body: Uint8Array[] = [];
    let head: ResponseHead | undefined;
    for (;;) {
      const event = this.#reader.next();
      if (event.type === 'head') {
        if (event.head.interim) interim.push(event.head.status);
        else head = event.head;
      } else if (event.type === 'data') body.push(event.bytes);
      else if (event.type === 'end') return answerOf(head!, Buffer.concat(body), event.trailers, interim);
      else if (event.type !== 'need-data')
        throw new Error(`no whole answer, but ${JSON.stringify(event)} after ${JSON.stringify(this.raw)}`);
      else if (this.ending !== undefined)
        throw new Error(`the connection ended (${this.ending}) in an answer: ${JSON.stringify(this.raw)}`);
      else await this.#news();
    }
  }

  /** Sends one request and returns its answer. */
  ask(request: string): Promise<Answer> {
    this.send(request);
    return this.answer(request.slice(0, request.indexOf(' ')));
  }

  /** How the server ends the connection, once it does. */
  async ended(): Promise<Ending> {
    while (this.ending === undefined) await this.#news();
    return this.ending;
  }
}

function answerOf(
  head: ResponseHead,
  body: Buffer,
  trailers: readonly string[],
  interim: readonly number[],
): Answer {
  return {
    head,
    status: head.status,
    body,
    text: body.toString(),
    trailers,
    interim,
    get: (name) => head.get(name),
  };
}
