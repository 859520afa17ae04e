// A request's URL as the platform's `Request` shows it: parsed and serialized. Nearly every URL that arrives has that
// form already, and a regular expression tells so at a twentieth of the cost of parsing.

/**
 * A path and query that the URL parser leaves as they are (https://url.spec.whatwg.org/#path-state): no segment that
 * starts with a dot, plain or encoded, as it could be `..`; nothing to escape; no fragment.
 */
const NORMAL_TARGET = /^(?:\/(?!\.|%2[eE])[\w\-.~!$&'()*+,;=:@%]*)+(?:\?[\w\-.~!$&()*+,;=:@%/?]*)?$/;

/** The last origin parsed, and what it came out as: most servers are asked for one. */
let lastOrigin = '';
let lastNormal: string | undefined;

/**
 * @example normalUrl('http://EXAMPLE.org:80/a/../b') // 'http://example.org/b'
 */
export function normalUrl(url: string): string {
  const authority = url.indexOf('://') + 3;
  const path = url.indexOf('/', authority);
  if (path === -1) return parse(url);
  // Without a host, the parser would take the path's first segment for it.
  if (path === authority) return url;
  const target = url.slice(path);
  if (!NORMAL_TARGET.test(target)) return parse(url);
  const origin = url.slice(0, path);
  if (origin !== lastOrigin) {
    lastOrigin = origin;
    lastNormal = URL.parse(origin)?.href.slice(0, -1);
  }
  if (lastNormal === origin) return url;
  return lastNormal === undefined ? url : lastNormal + target;
}

/** What no URL parser takes, such as the `*` of OPTIONS, stays as it came. */
function parse(url: string): string {
  return URL.parse(url)?.href ?? url;
}
