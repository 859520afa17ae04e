// A response's status line and header section, as a client reads them: the counterpart of request-head.ts, for the
// reader and for HTTP clients. The header section is scanned by the same code; what it means is decided here.
//
//     status-line = HTTP-version SP status-code SP [ reason-phrase ]      RFC 9112 section 4

import { UNTIL_CLOSE } from './body.ts';
import { Fields } from './fields.ts';
import type { HeadLimits } from './limits.ts';
import { CR, FIELD_VALUE, LF, latin1, octetsOf, SP } from './octets.ts';
import { PROBLEMS, Problem } from './problem.ts';
import {
  CLOSE,
  CODING_CHUNKED,
  CODING_NONE,
  KEEP_ALIVE,
  MORE,
  SectionFacts,
  scanSection,
  UPGRADE,
} from './section.ts';
import { judgeTransferEncoding } from './transfer-encoding.ts';

/** One response's head, accepted. Its parts are cut out of `raw` when asked for. */
export class ResponseHead {
  /** The status line and the header section, one character an octet, with the final empty line. */
  readonly raw: string;
  /** Octets that the head took in the buffer. */
  size = 0;
  /** 100 to 999. */
  status = 0;
  /** HTTP/1.`minor`; 1.2 and up count as 1.1. */
  minor: 0 | 1 = 1;
  /** Bytes of the body as declared; -1 where it is chunked; UNTIL_CLOSE where nothing is declared. */
  contentLength: number = UNTIL_CLOSE;
  /** Whether the server keeps the connection, as far as its fields say; a body until the close ends it anyhow. */
  keepAlive = true;
  /** `Connection: upgrade` together with an Upgrade field. */
  upgrade = false;
  sectionStart = 0;
  #fields: Fields | undefined = undefined;

  constructor(raw: string) {
    this.raw = raw;
  }

  /** The reason phrase as sent; often empty. */
  get reason(): string {
    return this.raw.slice(REASON, this.sectionStart - 2);
  }

  /** A 1xx: the final response to the same request is still to come; but for 101, after which HTTP is over. */
  get interim(): boolean {
    return this.status < 200;
  }

  /**
   * Bytes of the body that follows, as `BodyDecoder` wants them: it depends on the request that is answered, too
   * (RFC 9112 section 6.3).
   *
   * @param method the request's
   */
  bodyLength(method: string): number {
    const bodiless = method === 'HEAD' || this.status < 200 || this.status === 204 || this.status === 304;
    return bodiless ? 0 : this.contentLength;
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

const START = octetsOf('HTTP/');
/** Where things are in a status line: `HTTP/1.1 200 OK`. */
const MINOR = 7;
const STATUS = 9;
const STATUS_END = 12;
const REASON = 13;

const FACTS = new SectionFacts();

/**
 * Parses the response head that starts at `bytes[start]`. As `parseRequestHead`: `undefined` asks for more, a `Problem`
 * is certain. The space after the status may be missing, as it is from servers that send no phrase.
 */
export function parseResponseHead(
  bytes: Buffer,
  start: number,
  end: number,
  limits: HeadLimits,
): ResponseHead | Problem | undefined {
  for (let at = start; at < start + STATUS_END; at++) {
    if (at >= end) return undefined;
    if (!fits(bytes[at]!, at - start)) return PROBLEMS.statusLine;
  }
  if (bytes[start + 5] !== 0x31) return PROBLEMS.versionMajor;

  let at = start + STATUS_END;
  if (at >= end) return undefined;
  if (bytes[at] !== SP && bytes[at] !== CR) return PROBLEMS.statusLine;
  const limit = start + limits.requestLine;
  const stop = end <= limit ? end : limit + 1;
  while (at < stop && FIELD_VALUE[bytes[at]!] !== 0) at++;
  if (at === stop) return at > limit ? PROBLEMS.startLineTooLong : undefined;
  if (bytes[at] !== CR) return bytes[at] === LF ? PROBLEMS.lineEnd : PROBLEMS.statusLine;
  if (at + 1 >= end) return undefined;
  if (bytes[at + 1] !== LF) return PROBLEMS.lineEnd;

  const sectionStart = at + 2;
  const facts = FACTS;
  const after = scanSection(bytes, sectionStart, end, limits, facts);
  if (after instanceof Problem) return after;
  if (after === MORE) return undefined;

  const head = new ResponseHead(latin1(bytes, start, after));
  head.size = after - start;
  head.status = Number(head.raw.slice(STATUS, STATUS_END));
  head.minor = bytes[start + MINOR] === 0x30 ? 0 : 1;
  head.sectionStart = sectionStart - start;
  const wish = facts.connection;
  head.keepAlive = (wish & CLOSE) === 0 && (head.minor === 1 || (wish & KEEP_ALIVE) !== 0);
  head.upgrade = facts.hasUpgrade && (wish & UPGRADE) !== 0;
  return frame(head, facts) ?? head;
}

/** Whether `octet` may stand at `index` of `HTTP/d.d ddd`, with a status of 100 or more. */
function fits(octet: number, index: number): boolean {
  if (index < START.length) return octet === START[index];
  if (index === 6) return octet === 0x2e;
  if (index === 8) return octet === SP;
  return octet >= (index === STATUS ? 0x31 : 0x30) && octet <= 0x39;
}

/** RFC 9112 section 6.3, as strict as for requests: a response framed in two ways is refused. */
function frame(head: ResponseHead, facts: SectionFacts): Problem | undefined {
  if (facts.coding === CODING_NONE) {
    if (facts.contentLength >= 0) head.contentLength = facts.contentLength;
    return undefined;
  }
  if (head.minor === 0) return PROBLEMS.codingVersion;
  if (facts.contentLength >= 0) return PROBLEMS.lengthAndCoding;
  head.contentLength = -1;
  return facts.coding === CODING_CHUNKED
    ? undefined
    : judgeTransferEncoding(head.get('transfer-encoding') ?? '');
}
