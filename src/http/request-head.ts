// A request's line and header section: the parser, and the head it makes. The server calls `parseRequestHead` on its
// receive buffer each time a line has come in; the same octets give the same answer whole or in pieces.
//
//     request-line = method SP request-target SP HTTP-version      RFC 9112 section 3
//     HTTP-version = "HTTP/" DIGIT "." DIGIT
//
// The head is checked where it lies and copied out once, as the string `raw`. Everything else is numbers into that
// string, so nothing refers to the buffer afterwards, and a head of which nobody asks a thing costs one string.

import { isAuthority } from './authority.ts';
import { Fields } from './fields.ts';
import type { HeadLimits } from './limits.ts';
import { CR, LF, latin1, matches, octetsOf, SLASH, SP, TARGET, TOKEN } from './octets.ts';
import { PROBLEMS, Problem } from './problem.ts';
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

/** How the request target is written (RFC 9112 section 3.2). The fourth form belongs to CONNECT, which is refused. */
export type TargetForm = 'origin' | 'absolute' | 'asterisk';

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

/** Methods that need no new string, found by length and first letter. Any other token is as good a method. */
const METHODS: (readonly [string, Uint8Array] | undefined)[] = new Array(256).fill(undefined);
for (const name of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']) {
  METHODS[methodKey(name.length, name.charCodeAt(0))] = [name, octetsOf(name)];
}

function methodKey(length: number, first: number): number {
  return ((length & 7) << 5) | (first & 31);
}

const ASTERISK = 0x2a;
const VERSION = octetsOf('HTTP/');
/** `HTTP/1.1` */
const VERSION_LENGTH = 8;
const SCHEMES = [octetsOf('http://'), octetsOf('https://')] as const;

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
  let at = start;
  const limit = start + limits.requestLine;
  while (at < end && bytes[at] === CR) {
    if (at >= limit) return PROBLEMS.startLineTooLong;
    if (at + 1 === end) return undefined;
    if (bytes[at + 1] !== LF) return PROBLEMS.emptyLine;
    at += 2;
  }

  // The line's own octets end at `limit` at the latest, where its CR must be: one more is looked at.
  const lineStart = at;
  const stop = end <= limit ? end : limit + 1;
  while (at < stop && TOKEN[bytes[at]!] !== 0) at++;
  if (at === stop) return at > limit ? PROBLEMS.startLineTooLong : undefined;
  if (bytes[at] !== SP || at === lineStart) {
    return at === lineStart && bytes[at] === LF ? PROBLEMS.emptyLine : PROBLEMS.method;
  }
  const methodEnd = at;

  at += 1;
  const targetStart = at;
  while (at < stop && TARGET[bytes[at]!] !== 0) at++;
  if (at === stop) return at > limit ? PROBLEMS.startLineTooLong : undefined;
  if (bytes[at] !== SP || at === targetStart) return PROBLEMS.target;
  const targetEnd = at;

  at += 1;
  let minor = 0;
  if (
    at + VERSION_LENGTH + 2 <= end &&
    at + VERSION_LENGTH <= limit &&
    bytes[at] === 0x48 &&
    bytes[at + 1] === 0x54 &&
    bytes[at + 2] === 0x54 &&
    bytes[at + 3] === 0x50 &&
    bytes[at + 4] === 0x2f &&
    bytes[at + 5] === 0x31 &&
    bytes[at + 6] === 0x2e &&
    (minor = bytes[at + 7]! - 0x30) >= 0 &&
    minor <= 9 &&
    bytes[at + 8] === CR &&
    bytes[at + 9] === LF
  ) {
    at += VERSION_LENGTH + 2;
  } else {
    return problemInVersion(bytes, at, end, limit);
  }

  let method: string;
  const known = METHODS[methodKey(methodEnd - lineStart, bytes[lineStart]!)];
  if (
    known !== undefined &&
    known[1].length === methodEnd - lineStart &&
    isExactly(bytes, lineStart, known[1])
  ) {
    method = known[0];
  } else {
    method = latin1(bytes, lineStart, methodEnd);
  }

  let form: TargetForm = 'origin';
  let authorityEnd = -1;
  let authorityStart = -1;
  let pathStart = targetStart;
  if (bytes[targetStart] !== SLASH) {
    if (method === 'CONNECT') return PROBLEMS.connect;
    if (bytes[targetStart] === ASTERISK && targetEnd === targetStart + 1) {
      if (method !== 'OPTIONS') return PROBLEMS.targetForm;
      form = 'asterisk';
    } else {
      form = 'absolute';
      authorityStart = afterScheme(bytes, targetStart, targetEnd);
      if (authorityStart < 0) return PROBLEMS.targetForm;
      pathStart = authorityStart;
      while (pathStart < targetEnd && bytes[pathStart] !== SLASH && bytes[pathStart] !== 0x3f) pathStart++;
      authorityEnd = pathStart;
      if (!isAuthority(bytes, authorityStart, authorityEnd)) return PROBLEMS.targetForm;
    }
  } else if (method === 'CONNECT') return PROBLEMS.connect;

  const sectionStart = at;
  const facts = FACTS;
  const after = scanSection(bytes, sectionStart, end, limits, facts);
  if (after instanceof Problem) return after;
  if (after === MORE) return undefined;

  if (!facts.hasHost) {
    if (minor > 0) return PROBLEMS.hostMissing;
  } else if (facts.hostStart < facts.hostEnd && !isAuthority(bytes, facts.hostStart, facts.hostEnd)) {
    return PROBLEMS.host;
  }
  if (authorityStart < 0) {
    authorityStart = facts.hasHost ? facts.hostStart : lineStart;
    authorityEnd = facts.hasHost ? facts.hostEnd : lineStart;
  }

  const head = new RequestHead(latin1(bytes, lineStart, after));
  head.size = after - start;
  head.method = method;
  head.minor = minor === 0 ? 0 : 1;
  head.form = form;
  head.targetStart = targetStart - lineStart;
  head.targetEnd = targetEnd - lineStart;
  head.pathStart = pathStart - lineStart;
  head.authorityStart = authorityStart - lineStart;
  head.authorityEnd = authorityEnd - lineStart;
  head.sectionStart = sectionStart - lineStart;
  if (facts.connection === 0) head.keepAlive = minor !== 0;
  else {
    head.keepAlive =
      (facts.connection & CLOSE) === 0 && (minor !== 0 || (facts.connection & KEEP_ALIVE) !== 0);
    head.upgrade = minor !== 0 && facts.hasUpgrade && (facts.connection & UPGRADE) !== 0;
  }
  return frame(head, facts) ?? head;
}

/** Settles how the body is delimited (RFC 9112 section 6.3), and what the client expects before it sends one. */
function frame(head: RequestHead, facts: SectionFacts): Problem | undefined {
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
  if (facts.expectation === EXPECTS_UNKNOWN) return PROBLEMS.expectation;
  // HTTP/1.0 has no interim responses, and without a body there is nothing to continue (RFC 9110 section 10.1.1).
  head.expectsContinue =
    facts.expectation === EXPECTS_CONTINUE && head.minor === 1 && head.contentLength !== 0;
  return undefined;
}

/** What is wrong with a version that is not `HTTP/1.d` CRLF; `undefined` where it may still become that. */
function problemInVersion(bytes: Buffer, start: number, end: number, limit: number): Problem | undefined {
  for (let i = 0; i < VERSION_LENGTH + 2; i++) {
    const at = start + i;
    if (at >= end) return undefined;
    const octet = bytes[at]!;
    if (at >= limit && i < VERSION_LENGTH && octet !== CR) return PROBLEMS.startLineTooLong;
    const fits =
      i < 5
        ? octet === VERSION[i]
        : i === 6
          ? octet === 0x2e
          : i < VERSION_LENGTH
            ? octet >= 0x30 && octet <= 0x39
            : octet === (i === VERSION_LENGTH ? CR : LF);
    if (!fits) return i > VERSION_LENGTH ? PROBLEMS.lineEnd : PROBLEMS.version;
  }
  return PROBLEMS.versionMajor;
}

/** Whether `bytes[start, start + word.length)` is `word`: methods are case-sensitive. */
function isExactly(bytes: Uint8Array, start: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) {
    if (bytes[start + i] !== word[i]) return false;
  }
  return true;
}

/** Where the authority of an http(s) URL starts, or -1 where `bytes[start, end)` is no such URL. */
function afterScheme(bytes: Uint8Array, start: number, end: number): number {
  for (const scheme of SCHEMES) {
    if (end - start > scheme.length && matches(bytes, start, scheme)) return start + scheme.length;
  }
  return -1;
}
