// A request's head: its line and its header section. The server calls `parseRequestHead` on its receive buffer each time
// a line has come in; the same octets give the same answer whole or in pieces.
//
//     bytes ──scanRequestLine──▶ line ──scanSection──▶ facts ──▶ a copy of the head, and numbers into it
//
// The head is checked where it lies and copied out once, as the string `raw`. Everything else is numbers into that
// string, so nothing refers to the buffer afterwards, and a head of which nobody asks a thing costs one string.

import { isAuthority } from './authority.ts';
import { Fields } from './fields.ts';
import type { HeadLimits } from './limits.ts';
import { latin1, SLASH } from './octets.ts';
import { PROBLEMS, Problem } from './problem.ts';
import { LINE_MORE, RequestLine, scanRequestLine, type TargetForm } from './request-line.ts';
import {
  CLOSE,
  CODING_CHUNKED,
  CODING_NONE,
  EXPECTS_CONTINUE,
  EXPECTS_UNKNOWN,
  KEEP_ALIVE,
  MORE,
  SectionFacts,
  scanSection,
  UPGRADE,
} from './section.ts';
import { judgeTransferEncoding } from './transfer-encoding.ts';

/** One request's head, accepted. Its parts are cut out of `raw` when asked for. */
export class RequestHead {
  /** The request line and the header section, one character an octet, from the method to the final empty line. */
  readonly raw: string;
  /** Octets that the head took in the buffer, leading empty lines and the final one included. */
  size = 0;
  method = 'GET';
  /** HTTP/1.`minor`; 1.2 and up count as 1.1 (RFC 9110 section 2.5). */
  minor: 0 | 1 = 1;
  form: TargetForm = 'origin';
  /** Bytes of the body as declared; 0 where there is none; -1 where it is chunked. */
  contentLength = 0;
  /** Whether the connection may carry another request after this one (RFC 9112 section 9.3). */
  keepAlive = true;
  /** Whether the client waits for `100 Continue` before it sends the body. */
  expectsContinue = false;
  /** `Connection: upgrade` together with an Upgrade field, in HTTP/1.1. */
  upgrade = false;

  /** Where things are in `raw`. */
  targetStart = 0;
  targetEnd = 0;
  pathStart = 0;
  authorityStart = 0;
  authorityEnd = 0;
  sectionStart = 0;
  #fields: Fields | undefined = undefined;

  constructor(raw: string) {
    this.raw = raw;
  }

  /** The request target as sent. */
  get target(): string {
    return this.raw.slice(this.targetStart, this.targetEnd);
  }

  /**
   * The host and port the request is for, as sent: an absolute target's, which wins over Host (RFC 9112 section
   * 3.2.2), else Host's. Empty where an HTTP/1.0 client sends none, or any client an empty one.
   */
  get authority(): string {
    return this.raw.slice(this.authorityStart, this.authorityEnd);
  }

  /** Path and query: the origin form of the target, whatever its form. `*` stays `*`. */
  get path(): string {
    const path = this.raw.slice(this.pathStart, this.targetEnd);
    // An absolute target may have no path: "http://host" or "http://host?query".
    return this.form !== 'absolute' || path.charCodeAt(0) === SLASH ? path : `/${path}`;
  }

  /** The value of the fields named `name` (in lower case), combined; `undefined` where there are none. */
  get(name: string): string | undefined {
    return this.#read().get(name);
  }

  /** All fields, flat: `[name, value, name, value, ...]`, names as sent, values without whitespace around. */
  fields(): string[] {
    return this.#read().list();
  }

  #read(): Fields {
    return (this.#fields ??= new Fields(this.raw, this.sectionStart, this.raw.length - 2));
  }
}

const LINE = new RequestLine();
const FACTS = new SectionFacts();

/**
 * Parses the request head that starts at `bytes[start]`. Empty lines before it are skipped (RFC 9112 section 2.2).
 *
 * Returns `undefined` where `bytes[start, end)` is the beginning of a head that may still be accepted: call again, from
 * the same `start`, when another line has arrived. A `Problem` is certain, whatever may follow.
 *
 * @example
 * const head = parseRequestHead(Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'), 0, 27, DEFAULT_HEAD_LIMITS);
 * if (head instanceof RequestHead) head.get('host'); // 'a'
 */
export function parseRequestHead(
  bytes: Buffer,
  start: number,
  end: number,
  limits: HeadLimits,
): RequestHead | Problem | undefined {
  const line = LINE;
  line.leaves = limits.leaves;
  const sectionStart = scanRequestLine(bytes, start, end, start + limits.requestLine, line);
  if (sectionStart instanceof Problem) return sectionStart;
  if (sectionStart === LINE_MORE) return undefined;

  const facts = FACTS;
  const after = scanSection(bytes, sectionStart, end, limits, facts);
  if (after instanceof Problem) return after;
  if (after === MORE) return undefined;

  const hostProblem = problemInHost(bytes, line, facts, limits);
  if (hostProblem !== undefined) return hostProblem;

  const head = new RequestHead(latin1(bytes, line.start, after));
  head.size = after - start;
  head.method = line.method;
  head.minor = line.minor === 0 ? 0 : 1;
  head.form = line.form;
  head.targetStart = line.targetStart - line.start;
  head.targetEnd = line.targetEnd - line.start;
  head.pathStart = line.pathStart - line.start;
  head.sectionStart = sectionStart - line.start;
  if (line.form === 'absolute') {
    head.authorityStart = line.authorityStart - line.start;
    head.authorityEnd = line.pathStart - line.start;
  } else if (facts.hasHost) {
    head.authorityStart = facts.hostStart - line.start;
    head.authorityEnd = facts.hostEnd - line.start;
  }
  settleConnection(head, facts);
  return settleBody(head, facts, limits) ?? head;
}

/**
 * HTTP/1.1 requires one Host, also beside an absolute target (RFC 9112 section 3.2). It may be empty: a client sends
 * that for a target that has no authority.
 */
function problemInHost(
  bytes: Buffer,
  line: RequestLine,
  facts: SectionFacts,
  { leaves }: HeadLimits,
): Problem | undefined {
  if (!facts.hasHost) return line.minor > 0 && leaves?.hostless !== true ? PROBLEMS.hostMissing : undefined;
  const valid = facts.hostStart === facts.hostEnd || isAuthority(bytes, facts.hostStart, facts.hostEnd);
  return valid ? undefined : PROBLEMS.host;
}

/** Settles what becomes of the connection (RFC 9112 section 9.3, RFC 9110 section 7.8). */
function settleConnection(head: RequestHead, { connection, hasUpgrade }: SectionFacts): void {
  head.keepAlive = (connection & CLOSE) === 0 && (head.minor === 1 || (connection & KEEP_ALIVE) !== 0);
  head.upgrade = hasUpgrade && (connection & UPGRADE) !== 0 && head.minor === 1;
}

/** Settles how the body is delimited (RFC 9112 section 6.3), and what the client expects before it sends one. */
function settleBody(head: RequestHead, facts: SectionFacts, { leaves }: HeadLimits): Problem | undefined {
  if (facts.coding !== CODING_NONE) {
    if (head.minor === 0) return PROBLEMS.codingVersion;
    if (facts.contentLength >= 0) return PROBLEMS.lengthAndCoding;
    if (facts.coding !== CODING_CHUNKED) {
      const problem = judgeTransferEncoding(head.get('transfer-encoding') ?? '');
      if (problem !== undefined) return problem;
    }
    head.contentLength = -1;
  } else if (facts.contentLength > 0) {
    head.contentLength = facts.contentLength;
  }
  if (facts.expectation === EXPECTS_UNKNOWN && leaves?.expectations !== true) return PROBLEMS.expectation;
  // HTTP/1.0 has no interim responses, and without a body there is nothing to continue (RFC 9110 section 10.1.1).
  head.expectsContinue =
    facts.expectation === EXPECTS_CONTINUE && head.minor === 1 && head.contentLength !== 0;
  return undefined;
}
