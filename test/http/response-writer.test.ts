// Response heads: which framing an answer gets, what becomes of the fields an app sets itself, and what is refused.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  CHUNK_END,
  type EncodedHead,
  encodeChunkHead,
  encodeLastChunk,
  encodeResponseHead,
  type HeaderList,
  LocalProtocolError,
  reasonPhrase,
} from '../../src/http/index.ts';

const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT';

interface Answer {
  method?: string;
  minor?: 0 | 1;
  keepAlive?: boolean;
  status?: number;
  reason?: string;
  headers?: HeaderList;
  length?: number;
  date?: string;
}

function encode(answer: Answer = {}): EncodedHead {
  const { method = 'GET', minor = 1, keepAlive = true, status = 200, reason = '', headers = [] } = answer;
  return encodeResponseHead(
    { method, minor },
    keepAlive,
    status,
    reason,
    headers,
    answer.length ?? -1,
    answer.date ?? '',
  );
}

/** Framing, length, persistence and the lines after the status line, without the last empty one. */
function outcome(answer: Answer): unknown[] {
  const { text, framing, length, keepAlive } = encode(answer);
  assert.ok(text.endsWith('\r\n\r\n'));
  return [framing, length, keepAlive, ...text.split('\r\n').slice(1, -2)];
}

function refused(code: string, answer: Answer): void {
  assert.throws(
    () => encode(answer),
    (error) => error instanceof LocalProtocolError && error.code === code,
  );
}

describe('the framing of a response', () => {
  const cases: readonly (readonly [what: string, answer: Answer, ...expected: unknown[]])[] = [
    ['with a known length', { length: 5 }, 'length', 5, true, 'Content-Length: 5'],
    ['with an empty body', { length: 0 }, 'length', 0, true, 'Content-Length: 0'],
    ['of unknown length', {}, 'chunked', -1, true, 'Transfer-Encoding: chunked'],
    ['of unknown length to HTTP/1.0', { minor: 0 }, 'close', -1, false, 'Connection: close'],
    [
      'of known length to HTTP/1.0 that stays',
      { minor: 0, length: 1 },
      'length',
      1,
      true,
      'Content-Length: 1',
      'Connection: keep-alive',
    ],
    [
      'to HTTP/1.0 that goes',
      { minor: 0, length: 1, keepAlive: false },
      'length',
      1,
      false,
      'Content-Length: 1',
      'Connection: close',
    ],
    [
      'that is the last',
      { length: 1, keepAlive: false },
      'length',
      1,
      false,
      'Content-Length: 1',
      'Connection: close',
    ],
    ['to HEAD with a known length', { method: 'HEAD', length: 5 }, 'none', 0, true, 'Content-Length: 5'],
    ['to HEAD of unknown length', { method: 'HEAD' }, 'none', 0, true],
    ['to HEAD without a body made', { method: 'HEAD', length: 0 }, 'none', 0, true],
    [
      'to HEAD, with the length told',
      { method: 'HEAD', length: 0, headers: ['content-length', '7'] },
      'none',
      0,
      true,
      'Content-Length: 7',
    ],
    ['204', { status: 204, length: 5 }, 'none', 0, true],
    [
      '204 with a Content-Length',
      { status: 204, length: 0, headers: ['Content-Length', '0'] },
      'none',
      0,
      true,
    ],
    ['205', { status: 205 }, 'none', 0, true, 'Content-Length: 0'],
    ['304', { status: 304, length: 0 }, 'none', 0, true],
    [
      '304 with a Content-Length',
      { status: 304, length: 0, headers: ['Content-Length', '9'] },
      'none',
      0,
      true,
      'Content-Length: 9',
    ],
    [
      'with the app saying the length of a stream',
      { headers: ['Content-Length', '9'] },
      'length',
      9,
      true,
      'Content-Length: 9',
    ],
    [
      'with the app saying what is known',
      { length: 9, headers: ['content-length', '9'] },
      'length',
      9,
      true,
      'Content-Length: 9',
    ],
  ];
  for (const [what, answer, ...expected] of cases) {
    it(`is right ${what}`, () => assert.deepEqual(outcome(answer), expected));
  }

  it('is none for interim answers, which say nothing of the connection', () => {
    assert.deepEqual(outcome({ status: 103, headers: ['Link', '</a>'], date: DATE, keepAlive: false }), [
      'none',
      0,
      false,
      'Link: </a>',
    ]);
    assert.equal(encode({ status: 100 }).text, 'HTTP/1.1 100 Continue\r\n\r\n');
  });

  it('switches protocols with the fields that the switch needs', () => {
    const headers = ['Upgrade', 'websocket', 'Connection', 'Upgrade'];
    assert.equal(
      encode({ status: 101, headers }).text,
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
    );
  });
});

describe("an app's own fields", () => {
  it('are sent in order and as they are spelled, the date after them', () => {
    const headers = ['X-B', '1', 'x-a', '2', 'Set-Cookie', 'a', 'Set-Cookie', 'b'];
    assert.equal(
      encode({ headers, length: 2, date: DATE }).text,
      `HTTP/1.1 200 OK\r\nX-B: 1\r\nx-a: 2\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 2\r\nDate: ${DATE}\r\n\r\n`,
    );
  });

  it('win where it is the date', () => {
    assert.deepEqual(outcome({ headers: ['date', 'x'], length: 0, date: DATE }).slice(3), [
      'date: x',
      'Content-Length: 0',
    ]);
  });

  it('close the connection where they ask for it', () => {
    const headers = ['Connection', 'X-Hop, Close', 'X-Hop', '1'];
    assert.deepEqual(outcome({ headers, length: 0 }), [
      'length',
      0,
      false,
      'X-Hop: 1',
      'Content-Length: 0',
      'Connection: close, X-Hop',
    ]);
  });

  it('do not decide about keep-alive and chunks', () => {
    const headers = ['Connection', 'keep-alive', 'Keep-Alive', 'timeout=5', 'Transfer-Encoding', 'chunked'];
    assert.deepEqual(outcome({ headers, length: 3 }), ['length', 3, true, 'Content-Length: 3']);
    assert.deepEqual(outcome({ headers }), ['chunked', -1, true, 'Transfer-Encoding: chunked']);
  });

  it('must not contradict the body', () => {
    refused('ERR_HTTP_CONTENT_LENGTH_MISMATCH', { headers: ['Content-Length', '4'], length: 5 });
    refused('ERR_HTTP_CONTENT_LENGTH_MISMATCH', { headers: ['Content-Length', '4'], length: 0 });
    refused('ERR_HTTP_CONTENT_LENGTH_MISMATCH', {
      headers: ['Content-Length', '4'],
      length: 5,
      method: 'HEAD',
    });
    refused('ERR_HTTP_CONTENT_LENGTH', { headers: ['Content-Length', '4', 'content-length', '5'] });
    refused('ERR_HTTP_CONTENT_LENGTH', { headers: ['Content-Length', '-1'] });
    refused('ERR_HTTP_CONTENT_LENGTH', { headers: ['Content-Length', '9007199254740993'] });
    refused('ERR_HTTP_TRANSFER_ENCODING', { headers: ['Transfer-Encoding', 'gzip'] });
  });

  it('must be names and values that HTTP has', () => {
    for (const name of ['', 'a b', 'a:', 'ä', 'a\r\n', 'ā'])
      refused('ERR_HTTP_TOKEN', { headers: [name, 'v'] });
    for (const value of ['\r', '\n', 'a\r\nb: c', '\0', '\x1f', '\x7f', '€']) {
      refused('ERR_HTTP_FIELD_VALUE', { headers: ['X', value] });
    }
    refused('ERR_HTTP_HEADER_LIST', { headers: ['X'] });
    assert.match(encode({ headers: ['X', 'caf\xe9\t!'] }).text, /X: caf\xe9\t!\r\n/);
  });
});

describe('a repeated field', () => {
  it('is sent with the value it has each time, and checked each time', () => {
    for (const value of ['a', 'a', 'b', 'a', `${'c'.repeat(300)}`, 'a']) {
      assert.deepEqual(outcome({ headers: ['X-Repeated', value], length: 0 })[3], `X-Repeated: ${value}`);
      refused('ERR_HTTP_FIELD_VALUE', { headers: ['X-Repeated', `${value}\n`] });
      refused('ERR_HTTP_TOKEN', { headers: ['X-Repeated ', value] });
    }
  });

  it('is told apart by the spelling of its name', () => {
    for (const name of ['x-spelled', 'X-Spelled', 'x-spelled']) {
      assert.deepEqual(outcome({ headers: [name, '1'], length: 0 })[3], `${name}: 1`);
    }
  });

  it('is right for more names than are remembered', () => {
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 100; i++) {
        assert.deepEqual(outcome({ headers: [`x-${i}`, `${round}`], length: 0 })[3], `x-${i}: ${round}`);
      }
    }
  });
});

describe('a status line', () => {
  it('has the standard phrase, the one given, or none', () => {
    assert.match(encode({ status: 404 }).text, /^HTTP\/1\.1 404 Not Found\r\n/);
    assert.match(encode({ status: 404, reason: 'Gone fishing' }).text, /^HTTP\/1\.1 404 Gone fishing\r\n/);
    assert.match(encode({ status: 299 }).text, /^HTTP\/1\.1 299 \r\n/);
    assert.equal(reasonPhrase(200), 'OK');
    assert.equal(reasonPhrase(299), '');
  });

  it('says HTTP/1.1 to HTTP/1.0 clients as well', () => {
    assert.match(encode({ minor: 0 }).text, /^HTTP\/1\.1 /);
  });

  it('refuses what would not be one', () => {
    for (const status of [99, 1000, 200.5, Number.NaN, -1]) refused('ERR_HTTP_STATUS', { status });
    refused('ERR_HTTP_STATUS', { status: 20, reason: 'x' });
    refused('ERR_HTTP_REASON', { reason: 'a\r\nb' });
  });
});

describe('a frozen list', () => {
  it('comes to the same text every time, for every kind of answer between', () => {
    const headers = Object.freeze(['Content-Type', 'text/plain']);
    const same: Answer = { headers, length: 3, date: DATE };
    const differently: Answer[] = [
      {},
      { length: 4 },
      { length: -1 },
      { date: 'later' },
      { keepAlive: false },
      { minor: 0 },
      { method: 'HEAD' },
      { status: 201 },
      { reason: 'x' },
      { headers: Object.freeze(['X', '1']) },
    ];
    for (const difference of differently) {
      for (const answer of [same, same, { ...same, ...difference }, { ...same, ...difference }, same]) {
        const fresh = encode({ ...answer, headers: [...(answer.headers ?? [])] });
        assert.deepEqual(encode(answer), fresh);
      }
    }
  });

  it('is told apart from an unfrozen one, which may change', () => {
    const headers = ['X', '1'];
    assert.match(encode({ headers }).text, /X: 1/);
    headers[1] = '2';
    assert.match(encode({ headers }).text, /X: 2/);
  });

  it('is still right when many others have been remembered since', () => {
    const lists = Array.from({ length: 40 }, (_, i) => Object.freeze(['X', `${i}`]));
    for (let round = 0; round < 2; round++) {
      lists.forEach((headers, i) => {
        assert.match(encode({ headers }).text, new RegExp(`X: ${i}\r\n`));
      });
    }
  });
});

describe('a chunk', () => {
  it('has its size in hexadecimal', () => {
    assert.equal(encodeChunkHead(1) + CHUNK_END, '1\r\n\r\n');
    assert.equal(encodeChunkHead(65536), '10000\r\n');
  });

  it('is never empty, since that would end the body', () => {
    for (const length of [0, -1, 1.5, Number.NaN])
      assert.throws(() => encodeChunkHead(length), LocalProtocolError);
  });

  it('comes last with the trailers, of which none may be about framing', () => {
    assert.equal(encodeLastChunk(), '0\r\n\r\n');
    assert.equal(encodeLastChunk(['X-Sum', '1']), '0\r\nX-Sum: 1\r\n\r\n');
    assert.throws(() => encodeLastChunk(['Content-Length', '1']), LocalProtocolError);
    assert.throws(() => encodeLastChunk(['X', '\n']), LocalProtocolError);
  });
});
