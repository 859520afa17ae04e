// The head of a response, from what an app answered: how the body will be delimited, whether the connection stays,
// and the text that says so. The server calls `encodeResponseHead` once an answer.
//
//     status, request                     framing    lines of ours                    RFC 9112 section 6.3
//     1xx, 204                            none       no Content-Length                RFC 9110 section 8.6
//     304, or a response to HEAD          none       Content-Length if it is known
//     205                                 none       Content-Length: 0                RFC 9110 section 15.3.6
//     length known                        length     Content-Length
//     length unknown, HTTP/1.1            chunked    Transfer-Encoding: chunked
//     length unknown, HTTP/1.0            close      Connection: close

import { type HeaderList, type RenderedHeaders, renderHeaders } from './header-list.ts';
import { FIELD_VALUE } from './octets.ts';
import { LocalProtocolError } from './problem.ts';
import { reasonPhrase } from './reason.ts';

/** How the octets after the head are to be sent: not at all, as they are, in chunks, or as they are until the close. */
export type Framing = 'none' | 'length' | 'chunked' | 'close';

export interface EncodedHead {
  /** The head, one character an octet, with the empty line that ends it. */
  readonly text: string;
  readonly framing: Framing;
  /** With framing `length`: exactly the bytes that must follow. Otherwise 0 for `none`, -1 for not known. */
  readonly length: number;
  /** Whether the connection may carry another request after this response. */
  readonly keepAlive: boolean;
}

/** Whom a response answers; a `RequestHead` is one. */
export interface Requester {
  readonly method: string;
  readonly minor: 0 | 1;
}

/** For a response to something that never became a request. */
export const UNKNOWN_REQUESTER: Requester = { method: 'GET', minor: 1 };

/**
 * The head that was encoded last from a frozen list, and from what. Answers repeat, above all the short and frequent ones, and the text
 * of a repeated one has been flattened by V8 when it was first written: that is most of what a head costs.
 */
interface Last {
  readonly line: string;
  readonly fields: RenderedHeaders | undefined;
  readonly length: number;
  readonly date: string;
  readonly keepAlive: boolean;
  readonly bodiless: boolean;
  readonly minor: 0 | 1;
  readonly head: EncodedHead;
}

const NO_HEAD: EncodedHead = { text: '', framing: 'none', length: 0, keepAlive: false };

let last: Last = {
  line: '',
  fields: undefined,
  length: 0,
  date: '',
  keepAlive: false,
  bodiless: false,
  minor: 1,
  head: NO_HEAD,
};

/**
 * Encodes the head of a final response, or of an interim one (1xx).
 *
 * @param request whom it answers: decides about HEAD and HTTP/1.0
 * @param keepAlive whether the connection could stay, by what the request and the server wish
 * @param status 100 to 999
 * @param reason the phrase, or `''` for the standard one
 * @param headers the app's; Content-Length, Transfer-Encoding, Connection and Keep-Alive in it are reconciled
 * @param length bytes of the body, or -1 where they are not known. For HEAD and 304: of the body that GET would get
 * @param date the value of the Date field, used where `headers` has none; `''` for no Date field
 * @throws LocalProtocolError for a status, name or value that can't be sent, and for a Content-Length that
 *   contradicts `length`
 * @example
 * encodeResponseHead(head, true, 200, '', ['Content-Type', 'text/plain'], 2, date).text
 * // 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nDate: ...\r\n\r\n'
 */
export function encodeResponseHead(
  request: Requester,
  keepAlive: boolean,
  status: number,
  reason: string,
  headers: HeaderList,
  length: number,
  date: string,
): EncodedHead {
  const line = statusLine(status, reason);
  const fields = renderHeaders(headers);
  if (status < 200) return encodeInterim(line, status, fields, keepAlive);

  const { minor } = request;
  const bodiless = request.method === 'HEAD' || status === 304;
  if (
    fields === last.fields &&
    length === last.length &&
    line === last.line &&
    date === last.date &&
    keepAlive === last.keepAlive &&
    bodiless === last.bodiless &&
    minor === last.minor
  ) {
    return last.head;
  }
  const size = agreedLength(fields.contentLength, length, bodiless);
  let framing: Framing;
  let text = line + fields.text;
  if (status === 204) framing = 'none';
  else if (status === 205) {
    framing = 'none';
    text += 'Content-Length: 0\r\n';
  } else if (size >= 0) {
    framing = bodiless ? 'none' : 'length';
    // Where no body was made because none will be sent, 0 is not its length.
    if (!bodiless || size > 0 || fields.contentLength === 0) text += `Content-Length: ${size}\r\n`;
  } else if (bodiless) framing = 'none';
  else if (minor === 1) {
    framing = 'chunked';
    text += 'Transfer-Encoding: chunked\r\n';
  } else framing = 'close';

  const stays = keepAlive && !fields.close && framing !== 'close';
  text += connectionLine(fields, stays, minor);
  if (date !== '' && !fields.hasDate) text += `Date: ${date}\r\n`;
  const head: EncodedHead = {
    text: `${text}\r\n`,
    framing,
    length: framing === 'none' ? 0 : framing === 'length' ? size : -1,
    keepAlive: stays,
  };
  if (fields.remembered) last = { line, fields, length, date, keepAlive, bodiless, minor, head };
  return head;
}

/** 1xx: no body, no framing fields, and nothing about the connection but what a protocol switch must say. */
function encodeInterim(
  line: string,
  status: number,
  fields: RenderedHeaders,
  keepAlive: boolean,
): EncodedHead {
  const connection =
    status === 101 && fields.options !== '' ? `Connection: ${fields.options.slice(2)}\r\n` : '';
  return { text: `${line}${fields.text}${connection}\r\n`, framing: 'none', length: 0, keepAlive };
}

/** The one length that the app's Content-Length and the body agree on; -1 where neither knows. */
function agreedLength(declared: number, length: number, bodiless: boolean): number {
  if (declared < 0) return length;
  // A handler of HEAD knows the length, and has no body to show for it.
  if (length < 0 || declared === length || (bodiless && length === 0)) return declared;
  throw new LocalProtocolError(
    'ERR_HTTP_CONTENT_LENGTH_MISMATCH',
    `Content-Length says ${declared}, but the body has ${length} bytes`,
  );
}

/** HTTP/1.1 connections stay unless told otherwise, HTTP/1.0 ones close (RFC 9112 section 9.3). */
function connectionLine(fields: RenderedHeaders, stays: boolean, minor: 0 | 1): string {
  const persistence = stays ? (minor === 1 ? '' : ', keep-alive') : ', close';
  const options = persistence + fields.options;
  return options === '' ? '' : `Connection: ${options.slice(2)}\r\n`;
}

/** Rendered status lines with the standard phrase, by status. */
const STATUS_LINES: string[] = [];

/** `HTTP-version SP status-code SP [ reason-phrase ]` CRLF. We speak 1.1, also to 1.0 (RFC 9110 section 6.2). */
function statusLine(status: number, reason: string): string {
  if (reason === '') return STATUS_LINES[status] ?? standardLine(status);
  checkStatus(status);
  const text = `${reason}`;
  for (let i = 0; i < text.length; i++) {
    if (FIELD_VALUE[text.charCodeAt(i)] !== 1) {
      throw new LocalProtocolError(
        'ERR_HTTP_REASON',
        `reason phrase ${JSON.stringify(text)} has a forbidden character`,
      );
    }
  }
  return `HTTP/1.1 ${status} ${text}\r\n`;
}

function standardLine(status: number): string {
  checkStatus(status);
  return (STATUS_LINES[status] = `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n`);
}

function checkStatus(status: number): void {
  if (!Number.isInteger(status) || status < 100 || status > 999) {
    throw new LocalProtocolError(
      'ERR_HTTP_STATUS',
      `a status must be a number from 100 to 999, not ${status}`,
    );
  }
}
