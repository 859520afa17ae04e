// The head of a request, for clients. As with responses, framing and the Connection field are settled here, from the
// length of the body and from what the caller's list asks for.

import { isAuthority } from './authority.ts';
import { checkName } from './field-line.ts';
import { type HeaderList, renderHeaders } from './header-list.ts';
import { TARGET } from './octets.ts';
import { LocalProtocolError } from './problem.ts';
import type { EncodedHead, Framing } from './response-writer.ts';

/** Methods whose requests have a body by their nature: they say `Content-Length: 0` (RFC 9110 section 8.6). */
const WITH_CONTENT: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/**
 * Encodes a request's line and header section.
 *
 * @param method any token but CONNECT
 * @param target a path with its query, an http(s) URL for a proxy, or `*` with OPTIONS
 * @param headers with one Host field; Content-Length, Transfer-Encoding, Connection and Keep-Alive are reconciled
 * @param length bytes of the body; 0 for none; -1 where they are not known: it is sent in chunks
 * @param keepAlive false asks the server to close the connection after its response
 * @throws LocalProtocolError for what can't be sent
 * @example encodeRequestHead('GET', '/', ['Host', 'example.org'], 0).text // 'GET / HTTP/1.1\r\nHost: example.org\r\n\r\n'
 */
export function encodeRequestHead(
  method: string,
  target: string,
  headers: HeaderList,
  length: number,
  keepAlive = true,
): EncodedHead {
  checkMethod(method);
  checkTarget(method, target);
  const fields = renderHeaders(headers);
  checkHost(fields.hosts);
  if (fields.contentLength >= 0 && length >= 0 && fields.contentLength !== length) {
    throw new LocalProtocolError(
      'ERR_HTTP_CONTENT_LENGTH_MISMATCH',
      `Content-Length says ${fields.contentLength}, but the body has ${length} bytes`,
    );
  }
  const size = length < 0 ? fields.contentLength : length;
  const stays = keepAlive && !fields.close;
  const options = (stays ? '' : ', close') + fields.options;

  let framing: Framing = 'length';
  let text = `${method} ${target} HTTP/1.1\r\n${fields.text}`;
  if (size < 0) {
    framing = 'chunked';
    text += 'Transfer-Encoding: chunked\r\n';
  } else if (size > 0 || fields.contentLength === 0 || WITH_CONTENT.has(method)) {
    text += `Content-Length: ${size}\r\n`;
  } else framing = 'none';
  if (options !== '') text += `Connection: ${options.slice(2)}\r\n`;
  return { text: `${text}\r\n`, framing, length: size, keepAlive: stays };
}

function checkMethod(method: string): void {
  checkName(method, 'method');
  if (method === 'CONNECT') throw new LocalProtocolError('ERR_HTTP_CONNECT', 'CONNECT is not implemented');
}

function checkTarget(method: string, target: string): void {
  let i = 0;
  while (i < target.length && TARGET[target.charCodeAt(i)] === 1) i++;
  const formed = /^(?:\/|https?:\/\/[^/?])/i.test(target) || (target === '*' && method === 'OPTIONS');
  if (i === target.length && formed) return;
  throw new LocalProtocolError(
    'ERR_HTTP_TARGET',
    `request target ${JSON.stringify(target)} is not a path or an http(s) URL in visible ASCII without "#"`,
  );
}

/** A client must send one Host, and an empty one for a target without authority (RFC 9112 section 3.2). */
function checkHost(hosts: readonly string[]): void {
  const [host] = hosts;
  if (host === undefined || hosts.length > 1) {
    throw new LocalProtocolError('ERR_HTTP_HOST', `a request needs one Host field, and has ${hosts.length}`);
  }
  const octets = Buffer.from(host, 'latin1');
  if (octets.length === 0 || isAuthority(octets, 0, octets.length)) return;
  throw new LocalProtocolError(
    'ERR_HTTP_HOST',
    `Host ${JSON.stringify(host)} is not a host and optionally a port`,
  );
}
