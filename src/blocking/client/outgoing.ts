// A prepared request as the octets that are sent.

import { encodeRequestHead, type HeaderList } from '../../http/index.ts';
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

const usual = new Map<string, HeaderList>();
const MOST_HOSTS = 64;

/**
 * The header list of `request`, with those that every request has. Where it has none of its own, the list is the same one for
 * all requests to a host, and frozen: `encodeRequestHead` renders such a list once.
 */
export function completeHeaders({ target, headers }: PreparedRequest): HeaderList {
  if (headers.length > 0) return complete(target.host, headers);
  let list = usual.get(target.host);
  if (list === undefined) {
    if (usual.size === MOST_HOSTS) usual.clear();
    list = Object.freeze(complete(target.host, headers));
    usual.set(target.host, list);
  }
  return list;
}

function complete(host: string, headers: readonly string[]): string[] {
  const list = has(headers, 'host') ? [] : ['Host', host];
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

/**
 * Whether a connection may be kept after a request with this method. After a HEAD it is not: what a server that does not know
 * better sends as its body would be the next request's answer.
 */
export function keepsAlive(method: string): boolean {
  return method !== 'HEAD';
}

/** Throws LocalProtocolError for headers that can't be sent. */
export function encode(request: PreparedRequest): Outgoing {
  const { method, target, body } = request;
  const length = body === undefined ? 0 : body.length;
  const list = completeHeaders(request);
  const { text, keepAlive } = encodeRequestHead(method, target.path, list, length, keepsAlive(method));
  const head = Buffer.from(text, 'latin1');
  if (body === undefined || length === 0) return { pieces: [head], keepAlive };
  return { pieces: length > MERGED ? [head, body] : [Buffer.concat([head, body])], keepAlive };
}
