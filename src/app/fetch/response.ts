// The light `Response`: the platform's as far as a program can tell. `new Response('text')` keeps a string, a status and a
// list of fields, and answers an exchange with exactly those; headers, streams and clones are made when asked for.
// biome-ignore-all lint/complexity/noArguments: Web IDL counts the arguments given

import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { HeaderList } from '../../http/index.ts';
import type { Exchange } from '../exchange.ts';
import { Body, isStream, type Source } from './body.ts';
import { sourceOf, typeOf } from './body-init.ts';
import { fieldsFrom, indexOfField } from './fields.ts';
import { headersOf, isLightHeaders, type LightHeaders, listOf } from './headers.ts';
import { type BodyInit, type FormDataBody, NativeResponse, passFor, type ResponseInit } from './native.ts';
import { checkReason, checkStatus, isNullBodyStatus, REDIRECTS, toUnsignedShort } from './status.ts';
import { respondWhole } from './whole.ts';

/** The fields of most responses. Frozen and shared: the writer renders such a list once. */
const TEXT_FIELDS: HeaderList = Object.freeze(['content-type', 'text/plain;charset=UTF-8']);
const JSON_FIELDS: HeaderList = Object.freeze(['content-type', 'application/json']);
const NO_FIELDS: HeaderList = Object.freeze([]);

/** What few responses have, or have once they are looked into. */
class Extra {
  statusText = '';
  type: ResponseType = 'default';
  immutable = false;
  headers: LightHeaders | undefined = undefined;
  body: Body | undefined = undefined;
}

type ResponseType = 'default' | 'error';

/** What there is to send of a light response; `body` is undefined where it was read already. */
export interface Outgoing {
  readonly status: number;
  readonly reason: string;
  readonly fields: HeaderList;
  readonly body: Source | undefined;
}

/** Whether the value is a light response. */
export let isLightResponse: (value: unknown) => value is LightResponse;
/** Answers where the body is there as a whole; false where it isn't. */
export let respondWith: (response: LightResponse, exchange: Exchange) => boolean;
export let outgoing: (response: LightResponse) => Outgoing;

export class LightResponse {
  #source: Source;
  #status = 200;
  #fields: HeaderList;
  #extra: Extra | undefined = undefined;

  constructor(body: BodyInit | null = null, init: ResponseInit = undefined) {
    if (typeof body === 'string') {
      this.#source = body;
      this.#fields = TEXT_FIELDS;
    } else if (body === null) {
      this.#source = null;
      this.#fields = NO_FIELDS;
    } else {
      this.#source = sourceOf(body);
      const type = typeOf(body, this.#source);
      this.#fields = type === '' ? NO_FIELDS : ['content-type', type];
    }
    if (init !== undefined && init !== null) this.#initialize(init);
  }

  /** https://fetch.spec.whatwg.org/#initialize-a-response; `#source` and `#fields` are those of the body so far. */
  #initialize(init: NonNullable<ResponseInit>): void {
    if (typeof init !== 'object' && typeof init !== 'function') throw new TypeError('init must be an object');
    const { headers, status, statusText } = init;
    if (headers !== undefined) this.#addFields(headers);
    if (status !== undefined) this.#status = checkStatus(status);
    if (statusText !== undefined && statusText !== '') this.#more().statusText = checkReason(statusText);
    if (this.#source !== null && isNullBodyStatus(this.#status)) {
      throw new TypeError(`a response with status ${this.#status} can't have a body`);
    }
  }

  #addFields(headers: NonNullable<ResponseInit>['headers']): void {
    const own =
      headers !== null && typeof headers === 'object' && isLightHeaders(headers)
        ? [...listOf(headers)]
        : fieldsFrom(headers);
    const type = this.#fields;
    if (type.length > 0 && indexOfField(own, 'content-type') === -1) own.push(type[0]!, type[1]!);
    this.#fields = own;
  }

  get status(): number {
    return this.#status;
  }

  get ok(): boolean {
    return this.#status >= 200 && this.#status <= 299;
  }

  get statusText(): string {
    return this.#extra === undefined ? '' : this.#extra.statusText;
  }

  get headers(): LightHeaders {
    const extra = this.#more();
    return (extra.headers ??= headersOf([...this.#fields], extra.immutable));
  }

  get type(): ResponseType {
    return this.#extra === undefined ? 'default' : this.#extra.type;
  }

  get url(): string {
    return '';
  }

  get redirected(): boolean {
    return false;
  }

  get body(): ReadableStream | null {
    return this.#body().stream;
  }

  get bodyUsed(): boolean {
    if (this.#extra?.body !== undefined) return this.#extra.body.used;
    return isStream(this.#source) && Readable.isDisturbed(this.#source);
  }

  text(): Promise<string> {
    return this.#body().text();
  }

  json(): Promise<unknown> {
    return this.#body().json();
  }

  bytes(): Promise<Uint8Array> {
    return this.#body().bytes();
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#body().arrayBuffer();
  }

  blob(): Promise<Blob> {
    return this.#body().blob(this.headers.get('content-type'));
  }

  formData(): Promise<FormDataBody> {
    return this.#body().formData(this.headers.get('content-type'));
  }

  clone(): LightResponse {
    const copy = new LightResponse();
    const { statusText, type, immutable, headers, body } = this.#withBody();
    const extra = copy.#more();
    extra.body = body.clone();
    extra.statusText = statusText;
    extra.type = type;
    extra.immutable = immutable;
    copy.#source = this.#source;
    copy.#status = this.#status;
    copy.#fields = headers === undefined ? this.#fields : [...listOf(headers)];
    return copy;
  }

  static json(data: unknown, init: ResponseInit = undefined): LightResponse {
    if (arguments.length === 0) throw new TypeError('Response.json needs a value');
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError('Value is not JSON serializable');
    const response = new LightResponse(text);
    response.#fields = JSON_FIELDS;
    if (init !== undefined && init !== null) response.#initialize(init);
    return response;
  }

  static redirect(url: string | URL, status = 302): LightResponse {
    if (arguments.length === 0) throw new TypeError('Response.redirect needs a URL');
    const target = URL.parse(`${url as string}`);
    if (target === null) throw new TypeError(`Failed to parse URL from ${url}`);
    const code = toUnsignedShort(status);
    if (!REDIRECTS.has(code)) throw new RangeError(`${status} is not a redirect status`);
    const response = new LightResponse();
    response.#status = code;
    response.#fields = ['location', target.href];
    response.#more().immutable = true;
    return response;
  }

  static error(): LightResponse {
    const response = new LightResponse();
    response.#status = 0;
    const extra = response.#more();
    extra.type = 'error';
    extra.immutable = true;
    return response;
  }

  #more(): Extra {
    return (this.#extra ??= new Extra());
  }

  #withBody(): Extra & { body: Body } {
    const extra = this.#more();
    extra.body ??= new Body(this.#source);
    return extra as Extra & { body: Body };
  }

  #body(): Body {
    return this.#withBody().body;
  }

  static {
    isLightResponse = (value): value is LightResponse =>
      typeof value === 'object' && value !== null && #source in value;

    respondWith = (response, exchange) => {
      const extra = response.#extra;
      const source = response.#source;
      if (extra !== undefined && (extra.body !== undefined || extra.type === 'error')) return false;
      if (source !== null && typeof source !== 'string' && !(source instanceof Uint8Array)) return false;
      const fields = extra?.headers === undefined ? response.#fields : listOf(extra.headers);
      const reason = extra === undefined ? '' : extra.statusText;
      respondWhole(exchange, response.#status, reason, fields, source);
      return true;
    };

    outgoing = (response) => {
      const extra = response.#withBody();
      return {
        status: response.#status,
        reason: extra.statusText,
        fields: extra.headers === undefined ? response.#fields : listOf(extra.headers),
        body: extra.body.unread,
      };
    };
  }
}

for (const name of ['json', 'redirect', 'error'])
  Object.defineProperty(LightResponse, name, { enumerable: true });
passFor(LightResponse, NativeResponse, (self) => nativeResponse(self));

/** The platform's Response with all that the light one has; it takes over the body. */
export function nativeResponse(response: LightResponse): NativeResponse {
  const { status, statusText, headers, body } = response;
  return new NativeResponse(body, { status, statusText, headers: [...headers] });
}
