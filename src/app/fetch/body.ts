// The body of a light Request or Response, once a program asks for it. What has arrived whole (a string, bytes) is read
// without a stream in between; everything else becomes the body of one of the platform's Responses, which does the rest.
//
//   source ──text, json, bytes, arrayBuffer──▶ used
//      └────body, clone, blob of a stream────▶ native: the platform's from here on

import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import type { Exchange } from '../exchange.ts';
import { type FormDataBody, NativeResponse } from './native.ts';

/** What a body can be made of. A NativeResponse stands for what only the platform extracts, such as FormData. */
export type Source = string | Uint8Array | Blob | ReadableStream | NativeResponse | Incoming | null;

/** A request's body, still to be taken from its exchange. */
export class Incoming {
  readonly exchange: Exchange;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
  }

  /** All of it: at once where it has arrived, else when it has. */
  whole(): Uint8Array | Promise<Uint8Array> {
    return this.exchange.takeBody() ?? collect(this.exchange);
  }

  /** It as a byte stream that reads no further ahead than it is read. */
  stream(): ReadableStream {
    const exchange = this.exchange;
    return new ReadableStream(
      {
        type: 'bytes',
        async pull(controller) {
          const bytes = await exchange.readBody();
          if (bytes !== undefined) {
            controller.enqueue(ownBytes(bytes));
            return;
          }
          controller.close();
          // A reader that brought its own buffer waits for an answer to it.
          controller.byobRequest?.respond(0);
        },
      },
      { highWaterMark: 0 },
    );
  }
}

async function collect(exchange: Exchange): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (let piece = await exchange.readBody(); piece !== undefined; piece = await exchange.readBody()) {
    pieces.push(piece);
  }
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
}

/** A body's state: what is left of its source, and whether it was read. */
export class Body {
  #source: Source;
  #used = false;
  /** The bytes belong to a clone too. */
  #shared = false;
  #native: NativeResponse | undefined;
  /** What comes of reading it is up to a client. */
  #ofClient: boolean;

  constructor(source: Source) {
    this.#source = source;
    this.#ofClient = source instanceof Incoming;
    if (source instanceof NativeResponse) this.#native = source;
  }

  /** The body where nothing was read or cloned off it; `undefined` where it can't be sent. */
  get unread(): Source | undefined {
    if (this.#native !== undefined) return isUnusable(this.#native.body) ? undefined : this.#native;
    return this.#unusable ? undefined : this.#source;
  }

  get used(): boolean {
    if (this.#native !== undefined) return this.#native.bodyUsed;
    return this.#used || (isStream(this.#source) && Readable.isDisturbed(this.#source));
  }

  get stream(): ReadableStream | null {
    if (this.#source === null) return null;
    return isStream(this.#source) && this.#native === undefined ? this.#source : this.native().body;
  }

  text(): Promise<string> {
    return this.#forgive(this.#read(textOf, 'text'));
  }

  json(): Promise<unknown> {
    return this.#forgive(this.#read(jsonOf, 'json'));
  }

  bytes(): Promise<Uint8Array> {
    return this.#forgive(this.#read(this.#shared ? copyOf : bytesOf, 'bytes'));
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#forgive(this.bytes().then((bytes) => bytes.buffer as ArrayBuffer));
  }

  /** `type` is the value of the headers' content-type. */
  blob(type: string | null): Promise<Blob> {
    return this.#forgive(this.#typed(type).then((typed) => typed.blob()));
  }

  formData(type: string | null): Promise<FormDataBody> {
    return this.#forgive(this.#typed(type).then((typed) => typed.formData()));
  }

  /**
   * Node ends a process for a rejection that nobody handles. An app that has begun to read a request's body, and waits for
   * it later or not at all, must not end for what its client sends; the app that waits is told.
   */
  #forgive<T>(reading: Promise<T>): Promise<T> {
    if (this.#ofClient) reading.catch(ignore);
    return reading;
  }

  /** A second body with the same bytes. Throws a TypeError where they were read already. */
  clone(): Body {
    if (this.unread === undefined) throw new TypeError('Body has already been consumed');
    const source = this.#arrived();
    if (this.#native === undefined && (typeof source === 'string' || source === null || isBytes(source))) {
      const copy = new Body(source);
      copy.#shared = this.#shared = true;
      return copy;
    }
    const copy = new Body(this.native().clone());
    copy.#ofClient = this.#ofClient;
    return copy;
  }

  /** The body for another request to send, used up here. Throws a TypeError where it was read already. */
  takeOver(): string | Uint8Array | ReadableStream | null {
    if (this.unread === undefined) throw new TypeError('Body has already been consumed');
    const source = this.#native === undefined ? this.#arrived() : this.#native;
    if (!isBytes(source)) return this.stream;
    this.#used = true;
    return source;
  }

  /** The platform's Response that this body becomes. */
  native(): NativeResponse {
    if (this.#native !== undefined) return this.#native;
    if (!this.#used) {
      const source = this.#arrived();
      return (this.#native = new NativeResponse(source instanceof Incoming ? source.stream() : source));
    }
    // Read without a stream: the stream that shows it now is one that has been read, too.
    this.#native = new NativeResponse('');
    void this.#native.text();
    return this.#native;
  }

  #read<T>(convert: (whole: string | Uint8Array) => T, name: 'text' | 'json' | 'bytes'): Promise<T> {
    const source = this.#source;
    if (this.#unusable) return Promise.reject(new TypeError('Body is unusable: Body has already been read'));
    if (this.#native !== undefined || isPiped(source)) {
      return this.native()[name]() as Promise<T>;
    }
    if (source === null) return attempt(convert, '');
    this.#used = true;
    const whole = source instanceof Incoming ? source.whole() : (source as string | Uint8Array);
    return whole instanceof Promise ? whole.then(convert) : attempt(convert, whole);
  }

  get #unusable(): boolean {
    return this.#native === undefined && (this.#used || (isStream(this.#source) && isUnusable(this.#source)));
  }

  /** The source, in bytes where a request's body is there as a whole. */
  #arrived(): Exclude<Source, NativeResponse> {
    const source = this.#source as Exclude<Source, NativeResponse>;
    return (this.#source = source instanceof Incoming ? (source.exchange.takeBody() ?? source) : source);
  }

  /** A platform's Response with this body and this type, for what depends on the type. */
  async #typed(type: string | null): Promise<NativeResponse> {
    const whole = this.#native === undefined && this.#source !== null && !isPiped(this.#source);
    const native = whole ? new NativeResponse(await this.bytes()) : this.native();
    if (type === null) native.headers.delete('content-type');
    else native.headers.set('content-type', type);
    return native;
  }
}

function ignore(): void {}

function attempt<T>(convert: (whole: string | Uint8Array) => T, whole: string | Uint8Array): Promise<T> {
  try {
    return Promise.resolve(convert(whole));
  } catch (error) {
    return Promise.reject(error);
  }
}

/** UTF-8 decode (https://encoding.spec.whatwg.org/#utf-8-decode): a byte order mark goes, what is malformed becomes U+FFFD. */
function textOf(whole: string | Uint8Array): string {
  const text =
    typeof whole === 'string'
      ? whole.toWellFormed()
      : Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength).toString('utf8');
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function jsonOf(whole: string | Uint8Array): unknown {
  return JSON.parse(textOf(whole));
}

function bytesOf(whole: string | Uint8Array): Uint8Array {
  return typeof whole === 'string' ? new TextEncoder().encode(whole) : ownBytes(whole);
}

function copyOf(whole: string | Uint8Array): Uint8Array {
  return typeof whole === 'string' ? new TextEncoder().encode(whole) : new Uint8Array(whole);
}

/** The bytes as the only ones in their buffer: that can be detached, or handed out, without touching others'. */
function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const alone = bytes.byteLength === bytes.buffer.byteLength && bytes.constructor === Uint8Array;
  return alone ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
}

/** Whether only a stream can read it. */
function isPiped(source: Source): boolean {
  return isStream(source) || source instanceof Blob;
}

export function isStream(source: unknown): source is ReadableStream {
  return source instanceof ReadableStream;
}

export function isBytes(source: unknown): source is Uint8Array {
  return source instanceof Uint8Array;
}

function isUnusable(stream: ReadableStream | null): boolean {
  return stream !== null && (stream.locked || Readable.isDisturbed(stream));
}
