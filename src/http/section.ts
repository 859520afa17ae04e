// One pass over a header section, in place in the receive buffer: every octet is checked, and of the fields just the
// six that decide about framing are recognised. The request and the response parser call it; neither decodes a name
// or a value that nobody asks for.
//
//     field-line   = field-name ":" OWS field-value OWS       RFC 9112 section 5
//     field-name   = token
//     field-value  = *( VCHAR / obs-text / SP / HTAB )
//
// The scan goes strictly from left to right and decides by what it has passed: fed one octet more at a time it comes
// to the same answer, at the same octet, as when it sees everything at once.

import type { HeadLimits } from './limits.ts';
import { COLON, COMMA, CR, FIELD_VALUE, HTAB, LF, matches, octetsOf, SP, TOKEN } from './octets.ts';
import { PROBLEMS, type Problem } from './problem.ts';

/** `scanSection` has seen no end of the section yet. */
export const MORE = 0;

/** Options of the Connection field that this layer understands, as bits. */
export const CLOSE = 1;
export const KEEP_ALIVE = 2;
export const UPGRADE = 4;

/** The Expect field, as far as it is understood. */
export const EXPECTS_NOTHING = 0;
export const EXPECTS_CONTINUE = 1;
export const EXPECTS_UNKNOWN = 2;

/** Transfer-Encoding: absent, exactly `chunked` in one line, or something to look at with care. */
export const CODING_NONE = 0;
export const CODING_CHUNKED = 1;
export const CODING_OTHER = 2;

/** What a section says about framing. One object serves all scans: read it before the next one. */
export class SectionFacts {
  hasHost = false;
  hostStart = 0;
  hostEnd = 0;
  /** -1 without a Content-Length. */
  contentLength = -1;
  coding = CODING_NONE;
  connection = 0;
  expectation = EXPECTS_NOTHING;
  hasUpgrade = false;

  reset(): void {
    this.hasHost = false;
    this.contentLength = -1;
    this.coding = CODING_NONE;
    this.connection = 0;
    this.expectation = EXPECTS_NOTHING;
    this.hasUpgrade = false;
  }
}

type Reader = (facts: SectionFacts, bytes: Uint8Array, start: number, end: number) => Problem | undefined;

interface KnownField {
  readonly name: Uint8Array;
  /** Notes the value `bytes[start, end)`, which has no whitespace around it. */
  readonly read: Reader;
}

/** The fields that matter here. Their names differ in length, so a name's length leads to its only candidate. */
const KNOWN: readonly (KnownField | undefined)[] = byLength({
  host: readHost,
  expect: readExpect,
  upgrade: readUpgrade,
  connection: readConnection,
  'content-length': readContentLength,
  'transfer-encoding': readTransferEncoding,
});

function byLength(readers: Record<string, Reader>): (KnownField | undefined)[] {
  const table: (KnownField | undefined)[] = new Array(18).fill(undefined);
  for (const [name, read] of Object.entries(readers)) table[name.length] = { name: octetsOf(name), read };
  return table;
}

/**
 * Scans `bytes[start, end)`, which begins with the first field line. Returns where the octet after the empty line is
 * and has filled `facts`; or MORE; or what is wrong.
 */
export function scanSection(
  bytes: Buffer,
  start: number,
  end: number,
  limits: HeadLimits,
  facts: SectionFacts,
): number | Problem {
  facts.reset();
  const limit = start + limits.headerSection;
  const stop = Math.min(end, limit);
  let fields = 0;
  let at = start;

  for (;;) {
    if (at >= end) return MORE;
    if (bytes[at] === CR) {
      if (at + 1 >= end) return MORE;
      return bytes[at + 1] === LF ? at + 2 : PROBLEMS.lineEnd;
    }
    if (at >= limit) return PROBLEMS.sectionTooLarge;
    fields += 1;
    if (fields > limits.fields) return PROBLEMS.tooManyFields;

    const nameStart = at;
    while (at < stop && TOKEN[bytes[at]!] !== 0) at++;
    if (at === stop) return at < limit ? MORE : PROBLEMS.sectionTooLarge;
    if (bytes[at] !== COLON || at === nameStart) return problemInName(bytes[at]!, at === nameStart);
    const nameLength = at - nameStart;

    at += 1;
    while (at < stop && (bytes[at] === SP || bytes[at] === HTAB)) at++;
    const valueStart = at;
    while (at < stop && FIELD_VALUE[bytes[at]!] !== 0) at++;
    if (at === stop) return at < limit ? MORE : PROBLEMS.sectionTooLarge;
    if (bytes[at] !== CR) return bytes[at] === LF ? PROBLEMS.lineEnd : PROBLEMS.fieldValue;
    if (at + 1 >= limit) return PROBLEMS.sectionTooLarge;
    if (at + 1 >= end) return MORE;
    if (bytes[at + 1] !== LF) return PROBLEMS.lineEnd;

    if (nameLength < KNOWN.length) {
      const known = KNOWN[nameLength];
      if (known !== undefined && matches(bytes, nameStart, known.name)) {
        let valueEnd = at;
        while (valueEnd > valueStart && (bytes[valueEnd - 1] === SP || bytes[valueEnd - 1] === HTAB))
          valueEnd--;
        const problem = known.read(facts, bytes, valueStart, valueEnd);
        if (problem !== undefined) return problem;
      }
    }
    at += 2;
  }
}

function problemInName(octet: number, first: boolean): Problem {
  if (octet === LF || octet === CR) return PROBLEMS.lineEnd;
  return first && (octet === SP || octet === HTAB) ? PROBLEMS.folded : PROBLEMS.fieldName;
}

function readHost(facts: SectionFacts, _bytes: Uint8Array, start: number, end: number): Problem | undefined {
  if (facts.hasHost) return PROBLEMS.hostRepeated;
  facts.hasHost = true;
  facts.hostStart = start;
  facts.hostEnd = end;
  return undefined;
}

/**
 * `Content-Length = 1*DIGIT`. A repeated field or a list, even of equal numbers, is refused: RFC 9110 section 8.6
 * allows that, and two parsers that choose differently are how requests are smuggled.
 */
function readContentLength(
  facts: SectionFacts,
  bytes: Uint8Array,
  start: number,
  end: number,
): Problem | undefined {
  if (facts.contentLength >= 0) return PROBLEMS.contentLengthRepeated;
  if (start === end) return PROBLEMS.contentLength;
  let length = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - 0x30;
    if (digit < 0 || digit > 9) return PROBLEMS.contentLength;
    length = length * 10 + digit;
    if (length > Number.MAX_SAFE_INTEGER) return PROBLEMS.contentLength;
  }
  facts.contentLength = length;
  return undefined;
}

const CHUNKED = octetsOf('chunked');

function readTransferEncoding(facts: SectionFacts, bytes: Uint8Array, start: number, end: number): undefined {
  const plain =
    facts.coding === CODING_NONE && end - start === CHUNKED.length && matches(bytes, start, CHUNKED);
  facts.coding = plain ? CODING_CHUNKED : CODING_OTHER;
}

/** `Connection = #connection-option`, by length. Options that nobody here knows are skipped. */
const OPTIONS: readonly ({ readonly name: Uint8Array; readonly bit: number } | undefined)[] = (() => {
  const table: ({ name: Uint8Array; bit: number } | undefined)[] = new Array(11).fill(undefined);
  for (const [name, bit] of [
    ['close', CLOSE],
    ['upgrade', UPGRADE],
    ['keep-alive', KEEP_ALIVE],
  ] as const) {
    table[name.length] = { name: octetsOf(name), bit };
  }
  return table;
})();

function readConnection(facts: SectionFacts, bytes: Uint8Array, start: number, end: number): undefined {
  for (let at = start; at < end; at++) {
    while (at < end && (bytes[at] === SP || bytes[at] === HTAB)) at++;
    const from = at;
    while (at < end && bytes[at] !== COMMA) at++;
    let to = at;
    while (to > from && (bytes[to - 1] === SP || bytes[to - 1] === HTAB)) to--;
    if (to - from >= OPTIONS.length) continue;
    const option = OPTIONS[to - from];
    if (option !== undefined && matches(bytes, from, option.name)) facts.connection |= option.bit;
  }
}

const CONTINUE = octetsOf('100-continue');

/** `Expect = #expectation`; an empty list expects nothing (RFC 9110 section 10.1.1). */
function readExpect(facts: SectionFacts, bytes: Uint8Array, start: number, end: number): undefined {
  if (start === end) return;
  const known = end - start === CONTINUE.length && matches(bytes, start, CONTINUE);
  if (!known) facts.expectation = EXPECTS_UNKNOWN;
  else if (facts.expectation === EXPECTS_NOTHING) facts.expectation = EXPECTS_CONTINUE;
}

function readUpgrade(facts: SectionFacts): undefined {
  facts.hasUpgrade = true;
}
