// One pass over a request line, in place in the receive buffer. `parseRequestHead` calls it before the scan of the
// header section, and as that scan it decides from left to right, by what it has passed.
//
//     request-line   = method SP request-target SP HTTP-version      RFC 9112 section 3
//     method         = token
//     request-target = origin-form / absolute-form / authority-form / asterisk-form
//     HTTP-version   = "HTTP/" DIGIT "." DIGIT

import { isAuthority } from './authority.ts';
import type { LeftToApp } from './limits.ts';
import { CR, LF, latin1, matches, octetsOf, SLASH, SP, TARGET, TOKEN } from './octets.ts';
import { PROBLEMS, type Problem } from './problem.ts';

/** How the request target is written (RFC 9112 section 3.2). The authority form is CONNECT's. */
export type TargetForm = 'origin' | 'absolute' | 'asterisk' | 'authority';

/** What a request line says; places are those in the buffer. One object serves all scans. */
export class RequestLine {
  /** Where the method starts: behind the empty lines before it. */
  start = 0;
  method = 'GET';
  form: TargetForm = 'origin';
  targetStart = 0;
  targetEnd = 0;
  /** Where path and query start: they end with the target. */
  pathStart = 0;
  /** In absolute form, where the authority starts; it ends at `pathStart`. */
  authorityStart = 0;
  /** What is not refused; set it before the scan. */
  leaves: LeftToApp | undefined = undefined;
  /** The minor version as sent. */
  minor = 1;
}

/** `scanRequestLine` has not seen the end of the line yet. */
export const LINE_MORE = -1;

const ASTERISK = 0x2a;
const QUESTION = 0x3f;
const ZERO = 0x30;
const VERSION = octetsOf('HTTP/1.');
/** Octets of `HTTP/1.1`. */
const VERSION_LENGTH = 8;
const SCHEMES = [octetsOf('http://'), octetsOf('https://')] as const;

/**
 * Scans the request line that starts at `bytes[start]`, behind any number of empty lines, of which all octets up to
 * its CR lie before `limit`. Returns where the octet after the line is and has filled `line`; or LINE_MORE; or what is
 * wrong.
 */
export function scanRequestLine(
  bytes: Buffer,
  start: number,
  end: number,
  limit: number,
  line: RequestLine,
): number | Problem {
  let at = start;
  while (at < end && bytes[at] === CR) {
    if (at >= limit) return PROBLEMS.startLineTooLong;
    if (at + 1 === end) return LINE_MORE;
    if (bytes[at + 1] !== LF) return PROBLEMS.emptyLine;
    at += 2;
  }
  line.start = at;

  // At `limit` the CR must be: that octet is looked at, none behind it.
  const stop = end <= limit ? end : limit + 1;
  while (at < stop && TOKEN[bytes[at]!] !== 0) at++;
  if (at === stop) return at > limit ? PROBLEMS.startLineTooLong : LINE_MORE;
  if (at === line.start && bytes[at] === LF) return PROBLEMS.emptyLine;
  if (bytes[at] !== SP || at === line.start) return PROBLEMS.method;
  const methodEnd = at;

  at += 1;
  const targetStart = at;
  while (at < stop && TARGET[bytes[at]!] !== 0) at++;
  if (at === stop) return at > limit ? PROBLEMS.startLineTooLong : LINE_MORE;
  if (bytes[at] !== SP || at === targetStart) return PROBLEMS.target;
  line.targetStart = targetStart;
  line.targetEnd = at;

  at += 1;
  const after = at + VERSION_LENGTH + 2;
  const minor = bytes[after - 3]! - ZERO;
  const complete = after <= end && after - 2 <= limit && isAt(bytes, at, VERSION) && minor >= 0 && minor <= 9;
  if (!complete || bytes[after - 2] !== CR || bytes[after - 1] !== LF) {
    return problemInVersion(bytes, at, end, limit) ?? LINE_MORE;
  }
  line.minor = minor;
  line.method = methodAt(bytes, line.start, methodEnd);
  return problemInTarget(bytes, line) ?? after;
}

/** Whether `word` stands at `bytes[start]`, case and all. */
function isAt(bytes: Uint8Array, start: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) {
    if (bytes[start + i] !== word[i]) return false;
  }
  return true;
}

/** What is wrong with a version that is not `HTTP/1.d` CRLF; `undefined` where it may still become that. */
function problemInVersion(bytes: Buffer, start: number, end: number, limit: number): Problem | undefined {
  for (let i = 0; i < VERSION_LENGTH + 2; i++) {
    const at = start + i;
    if (at >= end) return undefined;
    const octet = bytes[at]!;
    if (at >= limit && i < VERSION_LENGTH && octet !== CR) return PROBLEMS.startLineTooLong;
    if (!fitsVersion(octet, i)) return i > VERSION_LENGTH ? PROBLEMS.lineEnd : PROBLEMS.version;
  }
  return PROBLEMS.versionMajor;
}

/** Whether `octet` may stand at `index` of `HTTP/d.d` CRLF. */
function fitsVersion(octet: number, index: number): boolean {
  if (index === VERSION_LENGTH) return octet === CR;
  if (index > VERSION_LENGTH) return octet === LF;
  if (index === 5 || index === 7) return octet >= ZERO && octet <= ZERO + 9;
  return octet === VERSION[index];
}

/** Methods that need no new string, found by length and first letter. Any other token is as good a method. */
const METHODS: ({ readonly name: string; readonly octets: Uint8Array } | undefined)[] = new Array(256).fill(
  undefined,
);
for (const name of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']) {
  METHODS[methodKey(name.length, name.charCodeAt(0))] = { name, octets: octetsOf(name) };
}

function methodKey(length: number, first: number): number {
  return ((length & 7) << 5) | (first & 31);
}

function methodAt(bytes: Buffer, start: number, end: number): string {
  const known = METHODS[methodKey(end - start, bytes[start]!)];
  const found =
    known !== undefined && known.octets.length === end - start && isAt(bytes, start, known.octets);
  return found ? known.name : latin1(bytes, start, end);
}

/** Tells the form of the target and finds path and authority in it, or what is wrong with it for this method. */
function problemInTarget(bytes: Buffer, line: RequestLine): Problem | undefined {
  const { method, targetStart, targetEnd } = line;
  line.pathStart = targetStart;
  if (method === 'CONNECT') {
    if (line.leaves?.connect !== true) return PROBLEMS.connect;
    line.form = 'authority';
    return isAuthority(bytes, targetStart, targetEnd) ? undefined : PROBLEMS.targetForm;
  }
  if (bytes[targetStart] === SLASH) {
    line.form = 'origin';
    return undefined;
  }
  if (bytes[targetStart] === ASTERISK && targetEnd === targetStart + 1) {
    line.form = 'asterisk';
    return method === 'OPTIONS' ? undefined : PROBLEMS.targetForm;
  }
  line.form = 'absolute';
  line.authorityStart = afterScheme(bytes, targetStart, targetEnd);
  let at = line.authorityStart;
  while (at < targetEnd && bytes[at] !== SLASH && bytes[at] !== QUESTION) at++;
  line.pathStart = at;
  return isAuthority(bytes, line.authorityStart, at) ? undefined : PROBLEMS.targetForm;
}

/** Where the authority of an http(s) URL starts; `end` where `bytes[start, end)` is no such URL. */
function afterScheme(bytes: Uint8Array, start: number, end: number): number {
  for (const scheme of SCHEMES) {
    if (end - start > scheme.length && matches(bytes, start, scheme)) return start + scheme.length;
  }
  return end;
}
