// Who the client is, and what it asked for, behind proxies: `Forwarded` (RFC 7239) and `X-Forwarded-For/-Proto/-Host`,
// believed only from trusted peers. `exchange.ts` asks when the app does.
//
//   client ──► proxy A ──► proxy B ──► us        X-Forwarded-For: client, A        the socket's peer: B
//
// The list grows to the right, and only what a trusted proxy wrote is true: from the right, trusted addresses are
// skipped, and the first that is not trusted is the client. Anything left of it was the client's to invent.

import { isIP } from 'node:net';
import type { Networks } from '../config/index.ts';
import type { RequestHead } from '../http/index.ts';

export interface Forwarded {
  readonly address: string;
  /** `undefined` where the address is the socket's own. */
  readonly port: number | undefined;
  readonly scheme: 'http' | 'https' | undefined;
  readonly host: string | undefined;
}

interface Node {
  readonly address: string;
  readonly port: number;
}

interface Hop {
  readonly for?: string | undefined;
  readonly proto?: string | undefined;
  readonly host?: string | undefined;
}

/** What the proxies say; `undefined` where the peer is not trusted or says nothing. `peer`: '' for a unix socket. */
export function readForwarded(head: RequestHead, peer: string, trusted: Networks): Forwarded | undefined {
  if (!trusted.has(peer)) return undefined;
  const hops = hopsOf(head);
  if (hops.length === 0) return undefined;
  let at = hops.length;
  let node: Node | undefined;
  do {
    const next = parseNode(hops[--at]!.for);
    // Who sent it to the last proxy with a name is not known: that proxy is the nearest to the client that is.
    if (next === undefined) break;
    node = next;
  } while (at > 0 && trusted.has(node.address));
  const hop = hops[at]!;
  const proto = hop.proto?.toLowerCase();
  return {
    address: node?.address ?? peer,
    port: node?.port,
    scheme: proto === 'https' || proto === 'http' ? proto : undefined,
    host: hop.host !== undefined && HOST.test(hop.host) ? hop.host : undefined,
  };
}

/**
 * Proxies write one kind, most of them X-Forwarded-*, and pass the other on as the client sent it. It is the addresses that
 * tell which: they all write those, and -Proto and -Host alone may be a client's.
 */
function hopsOf(head: RequestHead): Hop[] {
  const standard = head.get('forwarded');
  const isLegacy = standard === undefined || head.get('x-forwarded-for') !== undefined;
  return isLegacy ? legacyHops(head) : standardHops(standard);
}

/** A host and optional port, as in a URL: anything else would let a header write the URL's path. */
const HOST = /^(?:[a-z0-9._~!$&'()*+,;=%-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;

/** `X-Forwarded-For` has an entry for each hop; of `-Proto` and `-Host` the last entry is the nearest proxy's. */
function legacyHops(head: RequestHead): Hop[] {
  const addresses = listOf(head.get('x-forwarded-for'));
  const protos = listOf(head.get('x-forwarded-proto'));
  const hosts = listOf(head.get('x-forwarded-host'));
  const count = Math.max(addresses.length, protos.length > 0 || hosts.length > 0 ? 1 : 0);
  const hops: Hop[] = [];
  for (let i = 0; i < count; i++) {
    const fromRight = count - 1 - i;
    hops.push({ for: addresses[i], proto: aligned(protos, fromRight), host: aligned(hosts, fromRight) });
  }
  return hops;
}

/** The entry so many hops from the right; a shorter list was begun by a later proxy, whose first word covers the rest. */
function aligned(list: readonly string[], fromRight: number): string | undefined {
  return list.length === 0 ? undefined : list[Math.max(0, list.length - 1 - fromRight)];
}

function listOf(value: string | undefined): string[] {
  return value === undefined ? [] : value.split(',').map((entry) => entry.trim());
}

/** `forwarded-element = [ forwarded-pair ] *( ";" [ forwarded-pair ] )` (RFC 7239, 4). */
const PAIR = /\s*([!#$%&'*+.^_`|~\w-]+)=("(?:[^"\\]|\\.)*"|[!#$%&'*+.^_`|~\w:[\]-]*)\s*(?:;|$)|\s*;/y;

/**
 * The elements between commas, from the right: what the client wrote is on the left, and can't spoil what trusted proxies have
 * added. What is malformed, and all left of it, is nobody's word (RFC 7239, 8.1).
 */
function standardHops(value: string): Hop[] {
  const hops: Hop[] = [];
  for (let end = value.length; end >= 0; ) {
    const start = elementStart(value, end);
    const element = value.slice(start, end).trim();
    if (element !== '') {
      const hop = readElement(element);
      if (hop === undefined) break;
      hops.unshift(hop);
    }
    end = start - 1;
  }
  return hops;
}

/** Where the element before `end` begins: behind a comma that is outside of quotes. */
function elementStart(value: string, end: number): number {
  let quoted = false;
  for (let at = end - 1; at >= 0; at--) {
    if (value[at] === '"' && value[at - 1] !== '\\') quoted = !quoted;
    else if (value[at] === ',' && !quoted) return at + 1;
  }
  return 0;
}

function readElement(element: string): Hop | undefined {
  const pairs: Record<string, string> = {};
  PAIR.lastIndex = 0;
  while (PAIR.lastIndex < element.length) {
    const match = PAIR.exec(element);
    if (match === null) return undefined;
    const [, name, raw = ''] = match;
    if (name === undefined) continue;
    pairs[name.toLowerCase()] = raw.startsWith('"') ? raw.slice(1, -1).replace(/\\(.)/g, '$1') : raw;
  }
  return pairs;
}

/** `node = ( IPv4address / "[" IPv6address "]" / "unknown" / obfnode ) [ ":" node-port ]`; bare IPv6 too. */
function parseNode(text: string | undefined): Node | undefined {
  if (text === undefined) return undefined;
  if (isIP(text) !== 0) return { address: text, port: 0 };
  const match = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+))(?::(\d{1,5}))?$/i.exec(text);
  const address = match?.[1] ?? match?.[2];
  return address === undefined || isIP(address) === 0
    ? undefined
    : { address, port: Number(match?.[3] ?? 0) };
}
