// Host and port, as Host fields and absolute targets name them. The request-head parser calls `isAuthority` on the
// bytes of every request, so its usual path is one table look-up an octet.

import { COLON, HEX_VALUE, latin1, NOT_HEX, REG_NAME } from './octets.ts';

const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const ZERO = 0x30;

/**
 * Whether `bytes[start, end)` is `uri-host [ ":" port ]` with a host that is not empty (RFC 9110 section 4.2.1) and a
 * port below 65536. User information is refused (RFC 9110 section 4.2.4).
 *
 *     uri-host   = IP-literal / IPv4address / reg-name        RFC 3986 section 3.2.2
 *     reg-name   = *( unreserved / pct-encoded / sub-delims )
 *     port       = *DIGIT
 */
export function isAuthority(bytes: Buffer, start: number, end: number): boolean {
  let at = start;
  if (bytes[at] === OPEN_BRACKET) {
    at = afterLiteral(bytes, start, end);
  } else {
    for (; at < end; at++) {
      const kind = REG_NAME[bytes[at]!];
      if (kind === 0) break;
      if (kind === 1) continue;
      if (at + 2 >= end || HEX_VALUE[bytes[at + 1]!] === NOT_HEX || HEX_VALUE[bytes[at + 2]!] === NOT_HEX)
        return false;
      at += 2;
    }
  }
  if (at === start) return false;
  if (at === end) return true;
  if (bytes[at] !== COLON) return false;

  let port = 0;
  while (++at < end) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return false;
    port = port * 10 + digit;
    if (port > 65535) return false;
  }
  return true;
}

/** Where the IP literal that opens at `start` is over, or `start` when it is none. */
function afterLiteral(bytes: Buffer, start: number, end: number): number {
  const close = bytes.indexOf(CLOSE_BRACKET, start);
  if (close < 0 || close >= end) return start;
  const address = latin1(bytes, start + 1, close);
  return isIpv6(address) || IP_FUTURE.test(address) ? close + 1 : start;
}

/** `"v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )` */
const IP_FUTURE = /^v[0-9a-f]+\.[-._~!$&'()*+,;=:0-9a-z]+$/i;

const IPV6_GROUP = /^[0-9a-f]{1,4}$/i;
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** RFC 3986's IPv6address: eight groups, the last two of which may be an IPv4 address; `::` stands for one or more. */
function isIpv6(address: string): boolean {
  const halves = address.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  let count = groups.length;
  const last = groups.at(-1);
  if (last?.includes('.')) {
    if (!IPV4.test(last) || address.endsWith('::')) return false;
    groups.pop();
    count += 1;
  }
  if (!groups.every((group) => IPV6_GROUP.test(group))) return false;
  return halves.length === 2 ? count <= 7 : count === 8;
}
