// A trailer section: the fields after the last chunk. It comes rarely and in pieces, so it is collected as text while
// every octet is checked as it passes; what remains at its end is a list without the fields that have no business there.

import { Fields } from './fields.ts';
import type { HeadLimits } from './limits.ts';
import { COLON, CR, FIELD_VALUE, HTAB, LF, latin1, SP, TOKEN } from './octets.ts';
import { PROBLEMS, type Problem } from './problem.ts';

/**
 * Fields that are dropped from trailers: framing, routing, request modifiers, authentication, response control and
 * what describes the content (RFC 9110 section 6.5.1). A recipient that merged them would let a body's sender
 * contradict the head that everybody has acted on already.
 */
export const FORBIDDEN_TRAILERS: ReadonlySet<string> = new Set(
  `transfer-encoding content-length host connection keep-alive proxy-connection te trailer upgrade via forwarded
   cache-control expect max-forwards pragma range if-match if-none-match if-modified-since if-unmodified-since if-range
   authorization proxy-authorization proxy-authenticate www-authenticate authentication-info proxy-authentication-info
   cookie set-cookie age date expires location retry-after vary warning
   content-encoding content-type content-range content-language content-location`.split(/\s+/),
);

const LINE_START = 0;
const IN_NAME = 1;
const IN_VALUE = 2;
const LINE_LF = 3;
const LAST_LF = 4;

/**
 *     LINE_START ──tchar──▶ IN_NAME ──":"──▶ IN_VALUE ──CR──▶ LINE_LF ──LF──▶ LINE_START
 *          └────────────CR──▶ LAST_LF ──LF──▶ done
 */
export class TrailerReader {
  /** Where the octet after the section is, once `read` has returned true. */
  position = 0;
  problem: Problem | undefined = undefined;
  /** Flat, as `RequestHead.fields`; complete once `read` has returned true. */
  list: string[] = [];

  readonly #limits: HeadLimits;
  #place = LINE_START;
  #text = '';
  #fields = 0;

  constructor(limits: HeadLimits) {
    this.#limits = limits;
  }

  /** Reads from `bytes[start, end)`: true at the end of the section or at a problem, false where more is needed. */
  read(bytes: Buffer, start: number, end: number): boolean {
    const room = this.#limits.headerSection - this.#text.length;
    let place = this.#place;
    for (let at = start; at < end; at++) {
      const octet = bytes[at]!;
      if (place !== LAST_LF && octet !== CR && at - start >= room)
        return this.#refuse(PROBLEMS.sectionTooLarge);
      switch (place) {
        case LINE_START:
          if (octet === CR) {
            place = LAST_LF;
            break;
          }
          if (TOKEN[octet] === 0) return this.#refuse(problemInName(octet));
          if (++this.#fields > this.#limits.fields) return this.#refuse(PROBLEMS.tooManyFields);
          place = IN_NAME;
          break;
        case IN_NAME:
          if (octet === COLON) place = IN_VALUE;
          else if (TOKEN[octet] === 0) return this.#refuse(PROBLEMS.fieldName);
          break;
        case IN_VALUE:
          if (octet === CR) place = LINE_LF;
          else if (octet === LF) return this.#refuse(PROBLEMS.lineEnd);
          else if (FIELD_VALUE[octet] === 0) return this.#refuse(PROBLEMS.fieldValue);
          break;
        case LINE_LF:
          if (octet !== LF) return this.#refuse(PROBLEMS.lineEnd);
          place = LINE_START;
          break;
        default:
          if (octet !== LF) return this.#refuse(PROBLEMS.lineEnd);
          this.position = at + 1;
          this.#finish(this.#text + latin1(bytes, start, at + 1));
          return true;
      }
    }
    this.#place = place;
    this.#text += latin1(bytes, start, end);
    return false;
  }

  #refuse(problem: Problem): true {
    this.problem = problem;
    return true;
  }

  #finish(text: string): void {
    const all = new Fields(text, 0, text.length - 2).list();
    for (let i = 0; i < all.length; i += 2) {
      if (!FORBIDDEN_TRAILERS.has(all[i]!.toLowerCase())) this.list.push(all[i]!, all[i + 1]!);
    }
  }
}

function problemInName(octet: number): Problem {
  if (octet === LF) return PROBLEMS.lineEnd;
  return octet === SP || octet === HTAB ? PROBLEMS.folded : PROBLEMS.fieldName;
}
