// An Exchange without a connection, for the tests of the app adapters: the test plays the client, piece by piece, and
// reads afterwards what the app did. As strict as a real one: it answers once, and not beyond its framing.

import type { BodyError, Exchange, Peer } from '../../src/app/exchange.ts';
import type { HeaderList, RequestHead } from '../../src/http/index.ts';

export interface FakeRequest {
  readonly method?: string;
  readonly target?: string;
  readonly host?: string;
  readonly fields?: readonly string[];
  /** The body, where all of it has arrived. */
  readonly body?: string | Uint8Array;
  /** The body, where it comes in pieces; an error among them is what reading that piece rejects with. */
  readonly pieces?: Iterable<string | Uint8Array | BodyError>;
  /** Bytes that `write` takes before it says that enough is buffered. */
  readonly window?: number;
  readonly peer?: Partial<Peer>;
}

export class FakeExchange implements Exchange {
  readonly head: RequestHead;
  readonly peer: Peer;
  readonly url: string;
  readonly bodyLength: number;
  aborted: Error | undefined;

  status = 0;
  reason = '';
  fields: HeaderList = [];
  /** What `start` promised; -2 before it. */
  length = -2;
  responded: string | Uint8Array | null | undefined;
  readonly written: Uint8Array[] = [];
  ended = false;
  failed: unknown;
  /** How often fields were decoded as a whole, and pieces of the body read. */
  decoded = 0;
  reads = 0;
  /** Bytes written that the client has not taken. */
  buffered = 0;

  readonly #window: number;
  readonly #body: Uint8Array | undefined;
  readonly #pieces: Iterator<string | Uint8Array | BodyError>;
  readonly #listeners: Array<(reason: Error) => void> = [];
  readonly #goneListeners: Array<(reason: Error) => void> = [];
  #gone: Error | undefined;
  #reading = false;
  #drained: Array<PromiseWithResolvers<void>> = [];

  constructor(request: FakeRequest = {}) {
    const { method = 'GET', target = '/', host = 'example.org', body, pieces, peer } = request;
    const fields = ['host', host, ...(request.fields ?? [])];
    this.head = {
      method,
      target,
      get: (name: string) => fieldOf(fields, name),
      fields: () => {
        this.decoded++;
        return fields;
      },
    } as unknown as RequestHead;
    this.url = `http://${host}${target}`;
    this.peer = {
      address: '192.0.2.7',
      port: 50000,
      localAddress: '192.0.2.1',
      localPort: 80,
      scheme: 'http',
      host,
      ...peer,
    };
    this.#window = request.window ?? 65536;
    this.#body = pieces === undefined ? new Uint8Array(Buffer.from(body ?? '')) : undefined;
    this.#pieces = (pieces ?? [])[Symbol.iterator]();
    this.bodyLength = this.#body?.length ?? -1;
  }

  takeBody(): Uint8Array | undefined {
    return this.#body;
  }

  async readBody(): Promise<Uint8Array | undefined> {
    if (this.#reading) throw new Error('readBody is called twice at a time');
    this.#reading = true;
    this.reads++;
    await Promise.resolve();
    this.#reading = false;
    const { done, value } = this.#pieces.next();
    if (done) return undefined;
    if (value instanceof Error) throw value;
    return Buffer.from(value);
  }

  onAbort(listener: (reason: Error) => void): void {
    if (this.aborted !== undefined) listener(this.aborted);
    else this.#listeners.push(listener);
  }

  get started(): boolean {
    return this.length !== -2 || this.responded !== undefined;
  }

  respond(status: number, reason: string, headers: HeaderList, body: string | Uint8Array | null): void {
    this.#answer(status, reason, headers);
    this.responded = body;
  }

  start(status: number, reason: string, headers: HeaderList, length: number): void {
    this.#answer(status, reason, headers);
    this.length = length;
  }

  #answer(status: number, reason: string, headers: HeaderList): void {
    if (this.started) throw new Error('answered twice');
    this.status = status;
    this.reason = reason;
    this.fields = headers;
  }

  write(bytes: Uint8Array): boolean {
    if (this.length === -2 || this.ended) throw new Error('write outside of a body');
    this.written.push(bytes);
    this.buffered += bytes.length;
    return this.buffered < this.#window;
  }

  drained(): Promise<void> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone);
    if (this.buffered < this.#window) return Promise.resolve();
    const waiting = Promise.withResolvers<void>();
    this.#drained.push(waiting);
    return waiting.promise;
  }

  end(): void {
    if (this.ended) throw new Error('ended twice');
    this.ended = true;
  }

  fail(error: unknown): void {
    this.failed = error;
  }

  upgrade(): never {
    throw new Error('no handler of this interface asks for an upgrade');
  }

  inform(): void {}

  /** The client reads everything that was written. */
  drain(): void {
    this.buffered = 0;
    for (const waiting of this.#drained.splice(0)) waiting.resolve();
  }

  /** The client sends FIN: it may still read. */
  halfClose(reason = new Error('the client has closed its side')): void {
    this.#abort(reason);
  }

  /** The client resets the connection. */
  reset(reason = new Error('the client is gone')): void {
    this.#gone = reason;
    this.#abort(reason);
    for (const listener of this.#goneListeners.splice(0)) listener(reason);
    for (const waiting of this.#drained.splice(0)) waiting.reject(reason);
  }

  onGone(listener: (reason: Error) => void): void {
    if (this.#gone !== undefined) listener(this.#gone);
    else this.#goneListeners.push(listener);
  }

  #abort(reason: Error): void {
    if (this.aborted !== undefined) return;
    this.aborted = reason;
    for (const listener of this.#listeners) listener(reason);
  }

  /** The body of the answer, as text. */
  get text(): string {
    return this.responded == null
      ? Buffer.concat(this.written).toString()
      : Buffer.from(this.responded).toString();
  }

  /** A field of the answer. */
  field(name: string): string | undefined {
    return fieldOf(this.fields, name);
  }
}

function fieldOf(fields: readonly string[], name: string): string | undefined {
  const values = fields.filter((_, i) => i % 2 === 1 && fields[i - 1]!.toLowerCase() === name);
  return values.length === 0 ? undefined : values.join(', ');
}
