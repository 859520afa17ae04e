// Other projects' corpora, every case whole, cut at every octet, in place and behind another request. Where a corpus
// and the RFC disagree, the RFC wins, and the table below says on what ground.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type GunicornRequest, gunicorn, hasCorpora, llhttp, withHost } from './corpora.ts';
import { type Message, type Transcript, transcribeEveryWay } from './transcript.ts';

const FRAGMENT = 'a fragment is never sent in a request target (RFC 9112 section 3.2)';
const CODING = 'a transfer coding that is not implemented (RFC 9112 section 6.1)';
const CONNECT = 'CONNECT is not implemented (RFC 9110 section 15.6.2)';
const METHOD =
  'any token is a method; whether it is known is for the application to say (RFC 9110 section 9.1)';
const TRAILER = 'a forbidden trailer field is dropped, the rest is merged (RFC 9110 section 6.5.1)';
const LIMITS =
  "within our limits, which are larger than gunicorn's: 8 KB for the line, 16 KB for the section";
const USER = 'user information in a target is an error (RFC 9110 section 4.2.4)';

/** What is made of a case instead of what its corpus says, and why. */
const OVERRULED: Readonly<Record<string, readonly [end: string, why: string]>> = {
  'gunicorn/valid/005': ['400 ERR_HTTP_TARGET', FRAGMENT],
  'gunicorn/valid/009': ['400 ERR_HTTP_TARGET', FRAGMENT],
  'gunicorn/valid/012': ['closed', TRAILER],
  'gunicorn/valid/025': ['501 ERR_HTTP_TRANSFER_CODING_UNSUPPORTED', CODING],
  'gunicorn/valid/025_line': ['501 ERR_HTTP_TRANSFER_CODING_UNSUPPORTED', CODING],
  'gunicorn/valid/027': ['400 ERR_HTTP_TARGET', 'a request target is ASCII (RFC 3986 section 2)'],
  'gunicorn/valid/029': ['501 ERR_HTTP_TRANSFER_CODING_UNSUPPORTED', CODING],
  'gunicorn/valid/030': ['501 ERR_HTTP_TRANSFER_CODING_UNSUPPORTED', CODING],
  'gunicorn/valid/040': [
    'closed',
    'a name with an underscore is a token like any other, and kept (RFC 9110 section 5.1)',
  ],
  'gunicorn/valid/099': [
    '400 ERR_HTTP_BODY_CUT_SHORT',
    'the body is shorter than its Content-Length (RFC 9112 section 8)',
  ],
  'gunicorn/valid/rfc9112_smuggle_gzip_chunked_01': ['501 ERR_HTTP_TRANSFER_CODING_UNSUPPORTED', CODING],
  'gunicorn/valid/rfc9112_smuggle_te_identity_chunked_01': [
    '501 ERR_HTTP_TRANSFER_CODING_UNSUPPORTED',
    CODING,
  ],
  'gunicorn/valid/rfc9112_target_absolute_userinfo_01': ['400 ERR_HTTP_TARGET_FORM', USER],
  'gunicorn/valid/rfc9112_target_authority_connect_01': ['501 ERR_HTTP_CONNECT', CONNECT],
  'gunicorn/valid/rfc9112_target_authority_ipv6_01': ['501 ERR_HTTP_CONNECT', CONNECT],
  'gunicorn/invalid/003c': ['closed', METHOD],
  'gunicorn/invalid/006': ['closed', LIMITS],
  'gunicorn/invalid/007': ['closed', LIMITS],
  'gunicorn/invalid/008': ['closed', LIMITS],
  'gunicorn/invalid/017': ['closed', LIMITS],
  'gunicorn/invalid/041': [
    'closed',
    'what two Content-Types mean is for the application: framing does not depend on it (RFC 9110 section 5.3)',
  ],
  'gunicorn/invalid/rfc9110_trailer_forbidden_cl_01': ['closed', TRAILER],
  'gunicorn/invalid/rfc9110_trailer_forbidden_host_01': ['closed', TRAILER],
  'gunicorn/invalid/rfc9110_trailer_forbidden_te_01': ['closed', TRAILER],
  'llhttp/content-length/Content-Length reset when no body is received': [
    'need-data',
    'its test skips bodies: here the second head lies in the first body',
  ],
  'llhttp/invalid/HTTP protocol and ANNOUNCE method': ['closed', METHOD],
  'llhttp/invalid/Invalid method': ['need-data', METHOD],
  'llhttp/invalid/Invalid HTTP version': [
    'need-data',
    'the version is judged once its line is complete, and this one is not',
  ],
  'llhttp/method/CONNECT request': ['501 ERR_HTTP_CONNECT', CONNECT],
  'llhttp/method/CONNECT request with CAPS': ['501 ERR_HTTP_CONNECT', CONNECT],
  'llhttp/method/CONNECT with body': ['501 ERR_HTTP_CONNECT', CONNECT],
  'llhttp/method/M-SEARCH request': [
    '400 ERR_HTTP_TARGET_FORM',
    '"*" is for OPTIONS alone (RFC 9112 section 3.2.4)',
  ],
  'llhttp/method/PRI request HTTP2': [
    '400 ERR_HTTP_TARGET_FORM',
    '"*" is for OPTIONS alone (RFC 9112 section 3.2.4); the preface proper says HTTP/2.0',
  ],
  'llhttp/sample/No HTTP version': [
    '400 ERR_HTTP_TARGET',
    'HTTP/0.9 is not spoken: the version is part of the line (RFC 9112 section 3)',
  ],
  'llhttp/transfer-encoding/POST with `chunked` as last transfer-encoding': ['400 ERR_HTTP_TARGET', FRAGMENT],
  'llhttp/transfer-encoding/POST with `chunked` as last transfer-encoding (multiple headers)': [
    '400 ERR_HTTP_TARGET',
    FRAGMENT,
  ],
  'llhttp/uri/Fragment in URI': ['400 ERR_HTTP_TARGET', FRAGMENT],
  'llhttp/uri/Underscore in hostname': ['501 ERR_HTTP_CONNECT', CONNECT],
  'llhttp/uri/`host:port` and basic auth': ['400 ERR_HTTP_TARGET_FORM', USER],
};

/** Settings of gunicorn that no case may depend on here: a proxy's protocol, and leniency we do not have. */
const FOREIGN_SETTINGS = [
  'proxy_protocol',
  'strip_header_spaces',
  'permit_obsolete_folding',
  'header_map',
  'forwarded_allow_ips',
  'casefold_http_method',
  'limit_request_field_size',
  'limit_request_fields',
];

const skip = hasCorpora ? false : 'the corpora are not beside this checkout';

describe("gunicorn's corpus", { skip }, () => {
  for (const { id, raw, cfg, expect } of gunicorn) {
    if (FOREIGN_SETTINGS.some((setting) => setting in cfg)) continue;
    it(`${id}${typeof expect === 'string' ? `: ${expect}` : ''}`, () => {
      const transcript = transcribeEveryWay(withHost(raw, id), { ends: true });
      if (isOverruled(id, transcript)) return;
      if (typeof expect === 'string') assert.match(transcript.end, /^[45]\d\d /);
      else {
        assert.match(transcript.end, /^(?:closed|need-data)$/);
        assert.deepEqual(transcript.messages.map(asGunicorn), expect.map(withoutHost));
      }
    });
  }
});

describe("llhttp's corpus", { skip }, () => {
  for (const { id, type, raw, error, reason, complete } of llhttp) {
    if (/RTSP|ICE|SOURCE/.test(id + raw)) continue;
    it(`${id} (${type})${reason ? `: ${reason}` : ''}`, () => {
      const transcript = transcribeEveryWay(withHost(raw, id), {});
      // Leniency that can be switched on there does not exist here: those cases need only come to one answer.
      if (type !== 'request' && type !== 'request-finish') return;
      if (isOverruled(id, transcript)) return;
      const whole = transcript.messages.filter((message) => message.trailers !== undefined);
      if (error === null || error === 5) {
        assert.match(transcript.end, /^(?:closed|need-data)$/);
        assert.ok(whole.length >= complete, `${whole.length} whole messages instead of ${complete}`);
      } else if (error === 22 || error === 23) assert.equal(transcript.messages[0]?.head['upgrade'], true);
      else assert.match(transcript.end, /^[45]\d\d /);
    });
  }
});

describe('the table of overruled cases', { skip }, () => {
  it('names only cases that exist', () => {
    const ids = new Set([...gunicorn, ...llhttp].map(({ id }) => id));
    for (const id of Object.keys(OVERRULED)) assert.ok(ids.has(id), id);
  });
});

function isOverruled(id: string, transcript: Transcript): boolean {
  const overruled = OVERRULED[id];
  if (overruled === undefined) return false;
  assert.equal(transcript.end, overruled[0], overruled[1]);
  return true;
}

function asGunicorn({ head, body, trailers = [] }: Message): unknown {
  return {
    method: head['method'],
    uri: head['target'],
    version: head['version'],
    headers: upper(head['fields'] as string[]).filter(([name]) => name !== 'HOST'),
    body,
    trailers: upper(trailers),
  };
}

function withoutHost({ method, uri, version, headers, body, trailers }: GunicornRequest): unknown {
  return {
    method,
    uri,
    version: version.join('.'),
    headers: headers.filter(([name]) => name !== 'HOST'),
    body,
    trailers,
  };
}

function upper(flat: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i < flat.length; i += 2) pairs.push([flat[i]!.toUpperCase(), flat[i + 1]!]);
  return pairs;
}
