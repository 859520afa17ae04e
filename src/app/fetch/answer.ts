// From the Response that a handler returned to its Exchange. A whole body goes in one call; a stream is pumped as fast as
// the client takes it, cancelled when nobody reads it any more, and cut visibly when it fails.

import type { ReadableStream } from 'node:stream/web';
import type { Exchange } from '../exchange.ts';
import { isBytes, isStream, type Source } from './body.ts';
import { described } from './described.ts';
import { getField, withoutFields } from './fields.ts';
import { NativeResponse } from './native.ts';
import { pump } from './pump.ts';
import { isLightResponse, type Outgoing, outgoing, respondWith } from './response.ts';
import { declaredLength, LENGTH, respondWhole } from './whole.ts';

/** Answers with what the handler returned: at once, or when its body has been sent. Throws where that is no response. */
export function answer(exchange: Exchange, response: unknown): undefined | Promise<void> {
  if (isLightResponse(response)) {
    return respondWith(response, exchange) ? undefined : send(exchange, outgoing(response));
  }
  if (isForeignResponse(response)) return send(exchange, outgoingOf(response));
  throw notAResponse(response);
}

function send(exchange: Exchange, { status, reason, fields, body }: Outgoing): undefined | Promise<void> {
  if (status === 0)
    throw coded('ERR_NOT_A_RESPONSE', 'The fetch handler returned Response.error(), which answers nothing.');
  if (body === undefined) {
    throw coded(
      'ERR_BODY_USED',
      'The fetch handler returned a Response whose body was read already; return a clone().',
    );
  }
  if (body === null || typeof body === 'string' || isBytes(body)) {
    respondWhole(exchange, status, reason, fields, body);
    return undefined;
  }
  const stream = streamOf(body);
  const discard = (reason?: unknown) => void stream?.cancel(reason).catch(() => {});
  try {
    if (body instanceof Blob) exchange.start(status, reason, withoutFields(fields, LENGTH), body.size);
    else exchange.start(status, reason, fields, declaredLength(fields));
  } catch (error) {
    discard(error);
    throw error;
  }
  if (stream !== null && exchange.head.method !== 'HEAD') return pump(exchange, stream);
  exchange.end();
  discard();
  return undefined;
}

function streamOf(body: Exclude<Source, null | string | Uint8Array>): ReadableStream | null {
  if (isStream(body)) return body;
  if (body instanceof Blob) return body.stream() as ReadableStream;
  return body instanceof NativeResponse ? body.body : body.stream();
}

/** A Response that is not a light one: the platform's, or another package's that looks like it. */
interface ForeignResponse {
  readonly status: number;
  readonly statusText: string;
  readonly type: string;
  readonly url: string;
  readonly bodyUsed: boolean;
  readonly headers: Iterable<[string, string]>;
  readonly body: ReadableStream | AsyncIterable<Uint8Array> | null;
}

function isForeignResponse(value: unknown): value is ForeignResponse {
  if (value instanceof NativeResponse) return true;
  return Object.prototype.toString.call(value) === '[object Response]' && 'status' in (value as object);
}

/** Fields of an upstream's connection and framing: those of this answer are the server's to write. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'trailer',
]);

/** The codings that `fetch` undoes without taking them off the headers. */
const DECODED = /^(?:\s*(?:x-gzip|gzip|deflate|br|zstd)\s*(?:,|$))+$/i;

const PACKED = new Set(['content-encoding', 'content-length']);

function outgoingOf(response: ForeignResponse): Outgoing {
  const { status, statusText, url, bodyUsed } = response;
  let fields: string[] = [];
  for (const [name, value] of response.headers) fields.push(name, value);
  fields = withoutFields(fields, HOP_BY_HOP);
  const body = bodyOf(response);
  if (url !== '' && body !== null && DECODED.test(getField(fields, 'content-encoding') ?? '')) {
    fields = withoutFields(fields, PACKED);
  }
  const unusable = bodyUsed || body?.locked === true;
  return { status, reason: statusText, fields, body: unusable ? undefined : body };
}

function bodyOf({ body }: ForeignResponse): ReadableStream | null {
  if (body === null || isStream(body)) return body;
  return globalThis.ReadableStream.from(body) as ReadableStream;
}

function notAResponse(value: unknown): TypeError {
  const hint = value === undefined ? ' Does every branch of it return one?' : '';
  return coded(
    'ERR_NOT_A_RESPONSE',
    `The fetch handler must return a Response, but it returned ${described(value)}.${hint}`,
  );
}

function coded(code: string, message: string): TypeError {
  return Object.assign(new TypeError(message), { code });
}
