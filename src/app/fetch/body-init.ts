// From what a program gives as a body to what a Response keeps of it, and the content-type that comes with it.

import { Readable } from 'node:stream';
import { isStream, type Source } from './body.ts';
import { type BodyInit, NativeResponse } from './native.ts';

/** https://fetch.spec.whatwg.org/#concept-bodyinit-extract: bytes are copied, so that the program may go on using its own. */
export function sourceOf(body: NonNullable<BodyInit>): Source {
  if (typeof body !== 'object' && typeof body !== 'function') return `${body}`;
  if (ArrayBuffer.isView(body) && body.buffer instanceof ArrayBuffer) {
    return copy(new Uint8Array(body.buffer, body.byteOffset, body.byteLength));
  }
  if (body instanceof ArrayBuffer) return copy(new Uint8Array(body));
  if (isStream(body)) {
    if (body.locked || Readable.isDisturbed(body))
      throw new TypeError('a body stream must not be disturbed or locked');
    return body;
  }
  if (body instanceof Blob) return body;
  if (body instanceof URLSearchParams) return body.toString();
  if (body instanceof FormData || Symbol.asyncIterator in body) return new NativeResponse(body);
  return `${body as string}`;
}

function copy(bytes: Uint8Array): Uint8Array {
  const own = Buffer.allocUnsafe(bytes.byteLength);
  own.set(bytes);
  return own;
}

/** The content-type that comes with a body, or ''. */
export function typeOf(body: NonNullable<BodyInit>, source: Source): string {
  if (body instanceof URLSearchParams) return 'application/x-www-form-urlencoded;charset=UTF-8';
  if (typeof source === 'string') return 'text/plain;charset=UTF-8';
  if (source instanceof Blob) return source.type;
  return source instanceof NativeResponse ? (source.headers.get('content-type') ?? '') : '';
}
