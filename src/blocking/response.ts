// What `fetchSync` returns: the answer, complete. It looks as `fetch`'s Response does, but that its body is there already.

import type { Answer } from './client/answer.ts';

/** What `toString` of a Buffer ends up in, for bytes that are none: it is not typed. */
const { utf8Slice } = Buffer.prototype as unknown as {
  utf8Slice(this: Uint8Array, start: number, end: number): string;
};

/** An answer. Its body has been read, and can be had more than once. */
export interface SyncResponse {
  /** 200 to 999. */
  readonly status: number;
  /** The reason phrase as sent; often empty. */
  readonly statusText: string;
  /** 200 to 299. */
  readonly ok: boolean;
  /** Whether it is the answer to another URL than the one asked for. */
  readonly redirected: boolean;
  /** The URL it is the answer to, without fragment. */
  readonly url: string;
  readonly headers: Headers;
  /** The body as text: UTF-8, without a byte order mark. */
  text(): string;
  /** The body parsed as JSON. Throws SyntaxError. */
  json<T = unknown>(): T;
  /** The body's bytes: the same array each time, and yours. */
  bytes(): Uint8Array<ArrayBuffer>;
}

export class CompleteResponse implements SyncResponse {
  readonly status: number;
  readonly statusText: string;
  readonly redirected: boolean;
  readonly url: string;
  readonly #answer: Answer;
  #headers: Headers | undefined;

  constructor(answer: Answer, url: string, redirected: boolean) {
    this.status = answer.status;
    this.statusText = answer.reason;
    this.url = url;
    this.redirected = redirected;
    this.#answer = answer;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status <= 299;
  }

  /** Made when somebody asks: it costs more than the rest of a small answer. */
  get headers(): Headers {
    return (this.#headers ??= this.#makeHeaders());
  }

  #makeHeaders(): Headers {
    const fields = this.#answer.fields();
    const headers = new Headers();
    for (let i = 0; i < fields.length; i += 2) headers.append(fields[i]!, fields[i + 1]!);
    return headers;
  }

  text(): string {
    const { body } = this.#answer;
    const marked = body.length >= 3 && body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
    return utf8Slice.call(body, marked ? 3 : 0, body.length);
  }

  json<T = unknown>(): T {
    return JSON.parse(this.text()) as T;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.#answer.body;
  }
}
