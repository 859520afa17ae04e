// A prepared request as the octets that are sent.

import { encodeRequestHead } from '../../http/index.ts';
import type { PreparedRequest } from '../request.ts';
import type { Outgoing } from './conversation.ts';

/** A body of up to so many bytes is copied behind its head: one send for both. */
const MERGED = 16 * 1024;

/** What is sent where the caller's headers don't have it: as `fetch`, but for the name. */
const DEFAULTS: readonly (readonly [string, string])[] = [
  ['Accept', '*/*'],
  ['Accept-Encoding', 'gzip, deflate, br, zstd'],
  ['User-Agent', 'siskin'],
];

/** The header list of `request` to `url`, with those that every request has. */
export function completeHeaders(url: URL, { headers }: PreparedRequest): string[] {
  const list = has(headers, 'host') ? [] : ['Host', url.host];
  for (const [name, value] of DEFAULTS) if (!has(headers, name.toLowerCase())) list.push(name, value);
  for (const text of headers) list.push(text);
  return list;
}

function has(headers: readonly string[], name: string): boolean {
  for (let i = 0; i < headers.length; i += 2) {
    const given = headers[i]!;
    if (given.length === name.length && given.toLowerCase() === name) return true;
  }
  return false;
}

/** Throws LocalProtocolError for headers that can't be sent. */
export function encode(url: URL, request: PreparedRequest): Outgoing {
  const { method, body } = request;
  const length = body === undefined ? 0 : body.length;
  const { text } = encodeRequestHead(
    method,
    url.pathname + url.search,
    completeHeaders(url, request),
    length,
  );
  if (length === 0) return [Buffer.from(text, 'latin1')];
  if (length > MERGED) return [Buffer.from(text, 'latin1'), body!];
  const all = Buffer.allocUnsafe(text.length + length);
  all.write(text, 'latin1');
  all.set(body!, text.length);
  return [all];
}
