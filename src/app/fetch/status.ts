// What the Fetch standard lets a Response say in its status line, and how it converts what it is given.

import { byteString } from './fields.ts';

export const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** https://fetch.spec.whatwg.org/#null-body-status */
export function isNullBodyStatus(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

export function checkStatus(status: unknown): number {
  const code = Number.isInteger(status) ? (status as number) : toUnsignedShort(status);
  if (code >= 200 && code <= 599) return code;
  const wrapped = toUnsignedShort(code);
  if (wrapped >= 200 && wrapped <= 599) return wrapped;
  throw new RangeError(`the status must be between 200 and 599, not ${status}`);
}

/** Web IDL's conversion to an unsigned short: whole, and modulo 2^16. */
export function toUnsignedShort(value: unknown): number {
  return Number(value) & 0xffff;
}

/** RFC 9112, 4: reason-phrase = 1*( HTAB / SP / VCHAR / obs-text ). */
export function checkReason(value: unknown): string {
  const text = byteString(value);
  if (/[^\t\x20-\x7e\x80-\xff]/.test(text)) throw new TypeError('Invalid statusText');
  return text;
}
