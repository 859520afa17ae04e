// Other projects' corpora, every case whole, cut in two at every octet but for the inner of long lines, octet by octet,
// in place and behind another request. Where a corpus and the RFC disagree, the RFC wins, and the table below says on
// what ground: a case is in it, or comes to what its corpus says.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULT_HEAD_LIMITS, type HeadLimits } from '../../src/http/index.ts';
import {
  type GunicornCase,
  type GunicornRequest,
  gunicorn,
  hasCorpora,
  hasFragment,
  type LlhttpCase,
  llhttp,
  withHost,
  withoutFragment,
} from './corpora.ts';
import { type Message, type Transcript, transcribeEveryWay } from './transcript.ts';

const CODING = 'a transfer coding that is not implemented (RFC 9112 section 6.1)';
const CONNECT = 'CONNECT is not implemented (RFC 9110 section 15.6.2)';
const METHOD =
  'any token is a method; whether it is known is for the application to say (RFC 9110 section 9.1)';
const TRAILER = 'a forbidden trailer field is dropped, the rest is merged (RFC 9110 section 6.5.1)';
const PROXY = 'the PROXY protocol is not spoken: what comes before a request line is none';
const FOLDED = 'folded lines are refused (RFC 9112 section 5.2), and nothing lets them pass';
const UNDERSCORE = 'a name with an underscore is a token like any other, and kept (RFC 9110 section 5.1)';
const OTHER = 'RTSP and ICE are not spoken';
const USER = 'user information in a target is an error (RFC 9110 section 4.2.4)';

/** What is made of a case, its fragment away, instead of what its corpus says; and why. */
const OVERRULED: Readonly<Record<string, readonly [end: string, why: string]>> = {
  'gunicorn/valid/009': [
    '400 ERR_HTTP_FRAMING_AMBIGUOUS',
    'a length beside a transfer coding is how requests are smuggled (RFC 9112 section 6.1)',
  ],
  'gunicorn/valid/012': ['closed', TRAILER],
  'gunicorn/valid/025': ['501 ERR_HTTP_TRANSFER_CODING_UNSUPPORTED', CODING],
  'gunicorn/valid/025_line': ['501 ERR_HTTP_TRANSFER_CODING_UNSUPPORTED', CODING],
  'gunicorn/valid/027': ['400 ERR_HTTP_TARGET', 'a request target is ASCII (RFC 3986 section 2)'],
  'gunicorn/valid/029': ['501 ERR_HTTP_TRANSFER_CODING_UNSUPPORTED', CODING],
  'gunicorn/valid/030': ['501 ERR_HTTP_TRANSFER_CODING_UNSUPPORTED', CODING],
  'gunicorn/valid/028': [
    '400 ERR_HTTP_FIELD_NAME',
    'whitespace before the colon is refused (RFC 9112 section 5.1), and nothing lets it pass',
  ],
  'gunicorn/valid/031compat': ['closed', 'methods are case-sensitive (RFC 9110 section 9.1)'],
  'gunicorn/valid/040': ['closed', UNDERSCORE],
  'gunicorn/valid/099': [
    '400 ERR_HTTP_BODY_CUT_SHORT',
    'the body is shorter than its Content-Length (RFC 9112 section 8)',
  ],
  'gunicorn/valid/compat_obs_fold': ['400 ERR_HTTP_OBS_FOLD', FOLDED],
  'gunicorn/valid/compat_obs_fold_huge': ['400 ERR_HTTP_OBS_FOLD', FOLDED],
  'gunicorn/valid/pp_01': ['400 ERR_HTTP_VERSION', PROXY],
  'gunicorn/valid/pp_02': ['400 ERR_HTTP_VERSION', PROXY],
  'gunicorn/valid/pp_04': ['400 ERR_HTTP_METHOD', PROXY],
  'gunicorn/valid/pp_05': ['400 ERR_HTTP_METHOD', PROXY],
  'gunicorn/valid/rfc9112_smuggle_gzip_chunked_01': ['501 ERR_HTTP_TRANSFER_CODING_UNSUPPORTED', CODING],
  'gunicorn/valid/rfc9112_smuggle_te_identity_chunked_01': [
    '501 ERR_HTTP_TRANSFER_CODING_UNSUPPORTED',
    CODING,
  ],
  'gunicorn/valid/rfc9112_target_absolute_userinfo_01': ['400 ERR_HTTP_TARGET_FORM', USER],
  'gunicorn/valid/rfc9112_target_authority_connect_01': ['501 ERR_HTTP_CONNECT', CONNECT],
  'gunicorn/valid/rfc9112_target_authority_ipv6_01': ['501 ERR_HTTP_CONNECT', CONNECT],
  'gunicorn/invalid/003c': ['closed', METHOD],
  'gunicorn/invalid/019': [
    'closed',
    'what proxies say of the scheme is not for the reader: the server believes only trusted ones',
  ],
  'gunicorn/invalid/040': ['closed', UNDERSCORE],
  'gunicorn/invalid/041': [
    'closed',
    'what two Content-Types mean is for the application: framing does not depend on it (RFC 9110 section 5.3)',
  ],
  'gunicorn/invalid/chunked_07': ['closed', UNDERSCORE],
  'gunicorn/invalid/rfc9110_trailer_forbidden_cl_01': ['closed', TRAILER],
  'gunicorn/invalid/rfc9110_trailer_forbidden_host_01': ['closed', TRAILER],
  'gunicorn/invalid/rfc9110_trailer_forbidden_te_01': ['closed', TRAILER],
  'llhttp/connection/CRLF between requests, explicit `close`': [
    'closed',
    'other cases of its page follow it, and its target is not its own',
  ],
  'llhttp/connection/Resetting flags when keep-alive is off (1.0, lenient)': [
    'closed',
    'HTTP/1.0 without keep-alive: the connection closes, and no second request is read (RFC 9112 section 9.3)',
  ],
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
  'llhttp/method/ANNOUNCE request with RTSP': ['400 ERR_HTTP_VERSION', OTHER],
  'llhttp/method/OPTIONS request with RTSP': ['400 ERR_HTTP_VERSION', OTHER],
  'llhttp/method/SOURCE request with ICE': ['400 ERR_HTTP_VERSION', OTHER],
  'llhttp/sample/No HTTP version': [
    '400 ERR_HTTP_TARGET',
    'HTTP/0.9 is not spoken: the version is part of the line (RFC 9112 section 3)',
  ],
  'llhttp/transfer-encoding/POST with `chunked` as last transfer-encoding': [
    '501 ERR_HTTP_TRANSFER_CODING_UNSUPPORTED',
    CODING,
  ],
  'llhttp/transfer-encoding/POST with `chunked` as last transfer-encoding (multiple headers)': [
    '501 ERR_HTTP_TRANSFER_CODING_UNSUPPORTED',
    CODING,
  ],
  'llhttp/uri/Underscore in hostname': ['501 ERR_HTTP_CONNECT', CONNECT],
  'llhttp/uri/`host:port` and basic auth': ['400 ERR_HTTP_TARGET_FORM', USER],
};

/** What gunicorn's settings are here: limits, or nothing that could be set. */
const SETTINGS: ReadonlySet<string> = new Set([
  'casefold_http_method',
  'forwarded_allow_ips',
  'header_map',
  'limit_request_field_size',
  'limit_request_fields',
  'limit_request_line',
  'permit_obsolete_folding',
  'permit_unconventional_http_method',
  'proxy_protocol',
  'strip_header_spaces',
]);

/** What refuses where llhttp has to be told not to, by its lenient mode. */
const STRICT: Readonly<Record<string, RegExp>> = {
  'request-lenient-all': /^400 ERR_HTTP_VERSION$/,
  'request-lenient-chunked-length': /^400 ERR_HTTP_FRAMING_AMBIGUOUS$/,
  'request-lenient-header-value-relaxed': /^400 ERR_HTTP_(?:FIELD_VALUE|LINE_END|OBS_FOLD)$/,
  'request-lenient-headers': /^400 ERR_HTTP_(?:FIELD_NAME|FIELD_VALUE|LINE_END|OBS_FOLD)$/,
  'request-lenient-keep-alive': /^closed$/,
  'request-lenient-optional-crlf-after-chunk': /^400 ERR_HTTP_CHUNK_END$/,
  'request-lenient-optional-lf-after-cr': /^400 ERR_HTTP_LINE_END$/,
  'request-lenient-spaces-after-chunk-size': /^400 ERR_HTTP_CHUNK_EXTENSION$/,
  'request-lenient-transfer-encoding': /^400 ERR_HTTP_TRANSFER_ENCODING$/,
  'request-lenient-version': /^505 ERR_HTTP_VERSION_UNSUPPORTED$/,
};

/** What gunicorn calls its limits, and what answers here. */
const LIMITS: Readonly<Record<string, RegExp>> = {
  LimitRequestLine: /^414 /,
  LimitRequestHeaders: /^431 /,
};

if (hasCorpora) compareCorpora();
else it.skip("other projects' requests are not read: ../shared/corpora is not beside this checkout");

function compareCorpora(): void {
  describe("gunicorn's corpus", () => {
    for (const each of gunicorn) {
      it(`${each.id}${typeof each.expect === 'string' ? `: ${each.expect}` : ''}`, () => {
        compareGunicorn(lessFragment(each));
      });
    }
  });

  describe("llhttp's corpus", () => {
    for (const each of llhttp) {
      it(`${each.id} (${each.type})${each.reason ? `: ${each.reason}` : ''}`, () => {
        compareLlhttp(lessFragment(each));
      });
    }
  });

  describe('of the corpora', () => {
    it('every case is there', () => {
      assert.deepEqual([gunicorn.length, llhttp.length], [137, 162]);
    });

    it('only cases that exist are overruled', () => {
      const ids = new Set([...gunicorn, ...llhttp].map(({ id }) => id));
      for (const id of Object.keys(OVERRULED)) assert.ok(ids.has(id), id);
    });
  });
}

/**
 * The case without its fragment, which is never sent in a request target (RFC 9112 section 3.2): both corpora take it, and
 * here it is refused before anything else is looked at.
 */
function lessFragment<Case extends GunicornCase | LlhttpCase>(each: Case): Case {
  const { id, raw } = each;
  if (!hasFragment(raw)) return each;
  assert.equal(transcribeEveryWay(withHost(raw, id)).end, '400 ERR_HTTP_TARGET');
  return { ...each, raw: withoutFragment(raw) };
}

function compareGunicorn({ id, raw, cfg, expect }: GunicornCase): void {
  for (const setting of Object.keys(cfg)) assert.ok(SETTINGS.has(setting), `what is ${setting} here?`);
  const transcript = transcribeEveryWay(withHost(raw, id), { ends: true, limits: limitsOf(cfg, expect) });
  if (isOverruled(id, transcript)) return;
  if (typeof expect === 'string') assert.match(transcript.end, LIMITS[expect] ?? /^[45]\d\d /);
  else {
    assert.match(transcript.end, /^(?:closed|need-data)$/);
    assert.deepEqual(transcript.messages.map(asGunicorn), expect.map(withoutHost));
  }
}

/**
 * The limits that a case assumes. Gunicorn bounds each field, and we all of them together: what is too much for one
 * field is too much for all, and nothing follows from what is not.
 */
function limitsOf(cfg: GunicornCase['cfg'], expect: GunicornCase['expect']): HeadLimits {
  const set = cfg as Readonly<Record<string, number | undefined>>;
  const { headerSection } = DEFAULT_HEAD_LIMITS;
  return {
    requestLine: set['limit_request_line'] ?? 4094,
    // Zero stands for the default.
    headerSection: expect === 'LimitRequestHeaders' ? set['limit_request_field_size'] || 8190 : headerSection,
    fields: set['limit_request_fields'] ?? 100,
  };
}

function compareLlhttp({ id, type, raw, error, complete, urls }: LlhttpCase): void {
  const finish = type === 'request-finish';
  const transcript = transcribeEveryWay(withHost(raw, id), { ends: finish });
  if (isOverruled(id, transcript)) return;
  if (type.startsWith('request-lenient-')) {
    assert.match(transcript.end, STRICT[type] ?? assert.fail(`what refuses without ${type}?`));
  } else if (finish && complete === 0) assert.equal(transcript.end, '400 ERR_HTTP_HEAD_CUT_SHORT');
  // 5 is what comes behind a message that closes. It is not read here, and no error.
  else if (error === null || error === 5) {
    const whole = transcript.messages.filter((message) => message.trailers !== undefined);
    assert.match(transcript.end, /^(?:closed|need-data)$/);
    assert.equal(whole.length, complete);
    const targets = urls.map((url) => url.replace(/#.*/, ''));
    assert.deepEqual(
      transcript.messages.map(({ head }) => head['target']),
      targets,
    );
  } else if (error === 22 || error === 23) assert.equal(transcript.messages[0]?.head['upgrade'], true);
  else assert.match(transcript.end, /^[45]\d\d /);
}

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
    uri: uri.replace(/#.*/, ''),
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
