// A request's URL as the platform's `Request` shows it: parsed and serialized. Nearly every URL that arrives has that
// form already, and a regular expression tells so at a twentieth of the cost of parsing.

import type { Peer } from '../exchange.ts';

/**
 * A path and query that the URL parser leaves as they are (https://url.spec.whatwg.org/#path-state): no segment that
 * starts with a dot, plain or encoded, as it could be `..`; nothing to escape; no fragment.
 */
const NORMAL_TARGET = /^(?:\/(?!\.|%2[eE])[\w\-.~!$&'()*+,;=:@%]*)+(?:\?[\w\-.~!$&()*+,;=:@%/?]*)?$/;

/** The last origin parsed, and what it came out as: most servers are asked for one. */
let lastOrigin = '';
let lastNormal: string | undefined;

/** Where the request arrived: what its URL names where its own host is none that a URL can have. */
type Arrival = Pick<Peer, 'localAddress' | 'localPort'>;

/**
 * The URL as the platform serializes it. HTTP allows hosts that no URL has, such as `a%20b` or `999.9.9.9`, and a program
 * that calls `new URL(request.url)` expects no error: then the URL names the address that the request came to. The Host
 * field still says what the client sent.
 *
 * @example normalUrl('http://EXAMPLE.org:80/a/../b', peer) // 'http://example.org/b'
 */
export function normalUrl(url: string, arrival: Arrival): string {
  const authority = url.indexOf('://') + 3;
  const path = url.indexOf('/', authority);
  if (path === -1) return parse(url, arrival);
  // Without a host, the parser would take the path's first segment for it.
  if (path === authority) return parse(withHostOf(arrival, url), arrival);
  const target = url.slice(path);
  if (!NORMAL_TARGET.test(target)) return parse(url, arrival);
  const origin = url.slice(0, path);
  if (origin !== lastOrigin) {
    lastOrigin = origin;
    lastNormal = URL.parse(origin)?.href.slice(0, -1);
  }
  if (lastNormal === origin) return url;
  return lastNormal === undefined ? parse(url, arrival) : lastNormal + target;
}

function parse(url: string, arrival: Arrival): string {
  return (URL.parse(url) ?? new URL(withHostOf(arrival, url))).href;
}

/** `url` with the address that the request came to in place of its host. */
function withHostOf({ localAddress, localPort }: Arrival, url: string): string {
  const literal = localAddress.includes(':') ? `[${localAddress}]` : localAddress;
  const host = localAddress === '' ? 'localhost' : `${literal}:${localPort}`;
  return url.replace(/(?<=^https?:\/\/)[^/?#]*/, () => host);
}
