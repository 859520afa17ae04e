// The `Request` of an exchange: the platform's as far as a program can tell, reading the exchange only when asked. Beside
// it, the `Request` constructor for programs, which makes the platform's own objects out of light ones too.
// biome-ignore-all lint/complexity/noArguments: Web IDL counts the arguments given

import { ReadableStream } from 'node:stream/web';
import type { Exchange } from '../exchange.ts';
import { Body, Incoming, type Source } from './body.ts';
import { headersOf, headersOfHead, type LightHeaders, listOf } from './headers.ts';
import { type FormDataBody, NativeRequest, passFor, type RequestInit } from './native.ts';
import { normalUrl } from './url.ts';

/** Whether the value is a light request. */
export let isLightRequest: (value: unknown) => value is LightRequest;
let takeBody: (request: LightRequest) => ReturnType<Body['takeOver']>;

export class LightRequest {
  readonly #exchange: Exchange;
  #url: string | undefined = undefined;
  #headers: LightHeaders | undefined = undefined;
  #body: Body | undefined = undefined;
  #signal: AbortSignal | undefined = undefined;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  get method(): string {
    return this.#exchange.head.method;
  }

  get url(): string {
    return (this.#url ??= normalUrl(this.#exchange.url, this.#exchange.peer));
  }

  get headers(): LightHeaders {
    return (this.#headers ??= headersOfHead(this.#exchange.head));
  }

  /** Aborted when the client has gone or a deadline has passed. Made when first asked for. */
  get signal(): AbortSignal {
    return (this.#signal ??= signalOf(this.#exchange));
  }

  get duplex(): 'half' {
    return 'half';
  }

  get body(): ReadableStream | null {
    return this.#content().stream;
  }

  get bodyUsed(): boolean {
    return this.#body?.used ?? false;
  }

  text(): Promise<string> {
    return this.#content().text();
  }

  json(): Promise<unknown> {
    return this.#content().json();
  }

  bytes(): Promise<Uint8Array> {
    return this.#content().bytes();
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#content().arrayBuffer();
  }

  blob(): Promise<Blob> {
    return this.#content().blob(this.headers.get('content-type'));
  }

  formData(): Promise<FormDataBody> {
    return this.#content().formData(this.headers.get('content-type'));
  }

  clone(): LightRequest {
    const copy = new LightRequest(this.#exchange);
    copy.#body = this.#content().clone();
    if (this.#headers !== undefined) copy.#headers = headersOf([...listOf(this.#headers)], false);
    return copy;
  }

  #content(): Body {
    return (this.#body ??= new Body(sourceOf(this.#exchange)));
  }

  static {
    isLightRequest = (value): value is LightRequest =>
      typeof value === 'object' && value !== null && #exchange in value;
    takeBody = (request) => request.#content().takeOver();
  }
}

/**
 * The Fetch standard gives GET and HEAD no body (https://fetch.spec.whatwg.org/#dom-request). One that is declared and
 * empty is a body, so that a program which reads an upload as a stream can read an empty one.
 */
function sourceOf(exchange: Exchange): Source {
  const { method } = exchange.head;
  if (method === 'GET' || method === 'HEAD') return null;
  if (exchange.bodyLength !== 0) return new Incoming(exchange);
  return exchange.head.get('content-length') === undefined ? null : new Uint8Array(0);
}

function signalOf(exchange: Exchange): AbortSignal {
  const controller = new AbortController();
  exchange.onAbort((reason) => controller.abort(abortReason(reason)));
  return controller.signal;
}

/** What programs know an abort by is its name (https://webidl.spec.whatwg.org/#aborterror). */
function abortReason(reason: Error): Error {
  if (reason.name === 'AbortError' || reason.name === 'TimeoutError') return reason;
  return new DOMException(reason.message, { name: 'AbortError', cause: reason });
}

/** Fields that speak of the client's connection to here, not of a request that is sent on (RFC 9110, 7.6.1). */
const CONNECTION_FIELDS = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * The platform's Request with all that the light one has. With `withBody` it takes the body over, as the platform's
 * constructor does: a TypeError where that was read already.
 */
export function nativeRequest(request: LightRequest, withBody = true): NativeRequest {
  const body = withBody ? takeBody(request) : null;
  const native = new NativeRequest(request.url, {
    method: request.method,
    headers: [...request.headers].filter(([name]) => !CONNECTION_FIELDS.has(name)),
    body,
    signal: request.signal,
    duplex: 'half',
  });
  // A stream has no length of its own; that of anything else is known better than by what the client declared.
  if (!(body instanceof ReadableStream)) native.headers.delete('content-length');
  return native;
}

/** A light request as the options of another one, `new Request(url, request)`: its connection's fields stay behind there, too. */
export function nativeInit(init: RequestInit): RequestInit {
  return isLightRequest(init) ? nativeRequest(init) : init;
}

/** The `Request` constructor for programs: everything it makes is the platform's. */
export const Request = function Request(
  this: unknown,
  input: string | URL | NativeRequest | LightRequest,
  init: RequestInit = undefined,
): NativeRequest {
  if (new.target === undefined)
    throw new TypeError("Class constructor Request cannot be invoked without 'new'");
  const options = nativeInit(init);
  const given = isLightRequest(input) ? nativeRequest(input, options?.body == null) : input;
  const target = new.target === (Request as unknown) ? NativeRequest : new.target;
  return Reflect.construct(NativeRequest, arguments.length === 0 ? [] : [given, options], target);
} as unknown as typeof NativeRequest;
Object.defineProperty(Request, 'prototype', { value: NativeRequest.prototype, writable: false });

Object.defineProperty(LightRequest.prototype, 'constructor', {
  value: Request,
  writable: true,
  configurable: true,
});
// The fields of a request that a server has no say in (mode, cache, credentials, ...) are those of any other.
const ORDINARY = new NativeRequest('http://localhost/');
passFor(LightRequest, NativeRequest, () => ORDINARY);
