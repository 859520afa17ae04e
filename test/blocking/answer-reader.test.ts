// The reader of answers alone: octets in, an answer or a failure out, however they were cut into pieces.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AnswerReader } from '../../src/blocking/client/answer-reader.ts';
import type { Failure } from '../../src/blocking/errors.ts';

interface Read {
  readonly status?: number;
  readonly body?: string;
  readonly keeps?: boolean;
  readonly code?: string;
}

interface Case {
  readonly name: string;
  readonly text: string;
  readonly method?: string;
  readonly limit?: number;
  readonly closes?: boolean;
  /** What is said of it is so where it comes in one piece: the pool looks for what comes later. */
  readonly whole?: boolean;
  readonly gives: Read;
}

const OK = 'HTTP/1.1 200 OK\r\n';

const CASES: readonly Case[] = [
  {
    name: 'a counted body',
    text: `${OK}Content-Length: 5\r\n\r\nhello`,
    gives: { status: 200, body: 'hello', keeps: true },
  },
  {
    name: 'an empty body',
    text: `${OK}Content-Length: 0\r\n\r\n`,
    gives: { status: 200, body: '', keeps: true },
  },
  {
    name: 'a body in chunks, with extensions and trailers',
    text: `${OK}Transfer-Encoding: chunked\r\n\r\n4;a=b\r\nsome\r\n5\r\nthing\r\n0\r\nX: y\r\n\r\n`,
    gives: { status: 200, body: 'something', keeps: true },
  },
  {
    name: 'a body that lasts until the connection ends',
    text: `${OK}\r\nall of it`,
    closes: true,
    gives: { status: 200, body: 'all of it', keeps: false },
  },
  {
    name: 'interim answers before the final one',
    text: `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${OK}Content-Length: 1\r\n\r\nx`,
    gives: { status: 200, body: 'x', keeps: true },
  },
  {
    name: 'the answer to HEAD, which has a length and no body',
    text: `${OK}Content-Length: 500\r\n\r\n`,
    method: 'HEAD',
    gives: { status: 200, body: '', keeps: true },
  },
  {
    name: '204, which has no body whatever it says',
    text: 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n',
    gives: { status: 204, body: '', keeps: true },
  },
  {
    name: '304 in chunks that do not come',
    text: 'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n',
    gives: { status: 304, body: '', keeps: true },
  },
  {
    name: '205, whose body is read and dropped',
    text: 'HTTP/1.1 205 Reset Content\r\nContent-Length: 2\r\n\r\nno',
    gives: { status: 205, body: '', keeps: true },
  },
  {
    name: 'a connection that the server will close',
    text: `${OK}Connection: close\r\nContent-Length: 2\r\n\r\nok`,
    gives: { status: 200, body: 'ok', keeps: false },
  },
  {
    name: 'HTTP/1.0, which closes unless it says otherwise',
    text: 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok',
    gives: { status: 200, body: 'ok', keeps: false },
  },
  {
    name: 'octets behind the answer, after which nothing can be believed',
    text: `${OK}Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n`,
    whole: true,
    gives: { status: 200, body: 'ok', keeps: false },
  },
  // What a server must not send, or somebody in between hopes that two readers understand differently.
  {
    name: 'a length and chunks at once',
    text: `${OK}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    gives: { code: 'ERR_HTTP_FRAMING_AMBIGUOUS' },
  },
  {
    name: 'two lengths',
    text: `${OK}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`,
    gives: { code: 'ERR_HTTP_CONTENT_LENGTH_REPEATED' },
  },
  {
    name: 'a list of lengths',
    text: `${OK}Content-Length: 5, 5\r\n\r\nhello`,
    gives: { code: 'ERR_HTTP_CONTENT_LENGTH' },
  },
  {
    name: 'a negative length',
    text: `${OK}Content-Length: -1\r\n\r\n`,
    gives: { code: 'ERR_HTTP_CONTENT_LENGTH' },
  },
  { name: 'a folded line', text: `${OK}A: b\r\n c\r\n\r\n`, gives: { code: 'ERR_HTTP_OBS_FOLD' } },
  { name: 'a bare line feed', text: `${OK}A: b\nC: d\r\n\r\n`, gives: { code: 'ERR_HTTP_LINE_END' } },
  { name: 'a blank before the colon', text: `${OK}A : b\r\n\r\n`, gives: { code: 'ERR_HTTP_FIELD_NAME' } },
  { name: 'another protocol', text: 'SSH-2.0-OpenSSH_9.2\r\n', gives: { code: 'ERR_HTTP_STATUS_LINE' } },
  { name: 'a status of two digits', text: 'HTTP/1.1 20 OK\r\n\r\n', gives: { code: 'ERR_HTTP_STATUS_LINE' } },
  { name: 'HTTP/2', text: 'HTTP/2.0 200 OK\r\n\r\n', gives: { code: 'ERR_HTTP_VERSION_UNSUPPORTED' } },
  {
    name: 'chunks in HTTP/1.0',
    text: 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    gives: { code: 'ERR_HTTP_TRANSFER_ENCODING_VERSION' },
  },
  {
    name: 'a coding that is not chunked',
    text: `${OK}Transfer-Encoding: gzip\r\n\r\n`,
    gives: { code: 'ERR_HTTP_TRANSFER_ENCODING' },
  },
  {
    name: 'a chunk size that is no number',
    text: `${OK}Transfer-Encoding: chunked\r\n\r\nx\r\n`,
    gives: { code: 'ERR_HTTP_CHUNK_SIZE' },
  },
  {
    name: 'a switch of protocols',
    text: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    gives: { code: 'ERR_HTTP_UNASKED_RESPONSE' },
  },
  {
    name: 'interim answers without end',
    text: 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(101),
    gives: { code: 'ERR_HTTP_UNASKED_RESPONSE' },
  },
  {
    name: 'a header section past its limit',
    text: `${OK}A: ${'a'.repeat(40_000)}\r\n\r\n`,
    gives: { code: 'ERR_HTTP_HEADERS_TOO_LARGE' },
  },
  {
    name: 'more fields than there may be',
    text: `${OK}${'A: b\r\n'.repeat(201)}\r\n`,
    gives: { code: 'ERR_HTTP_TOO_MANY_FIELDS' },
  },
  // Limits and ends.
  {
    name: 'a length past the limit, before any of it comes',
    text: `${OK}Content-Length: 11\r\n\r\n`,
    limit: 10,
    gives: { code: 'ERR_HTTP_BODY_TOO_LARGE' },
  },
  {
    name: 'chunks that add up to more than the limit',
    text: `${OK}Transfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n6\r\nabcdef\r\n0\r\n\r\n`,
    limit: 10,
    gives: { code: 'ERR_HTTP_BODY_TOO_LARGE' },
  },
  {
    name: 'a body until the end that is longer than the limit',
    text: `${OK}\r\nabcdefabcdef`,
    limit: 10,
    closes: true,
    gives: { code: 'ERR_HTTP_BODY_TOO_LARGE' },
  },
  {
    name: 'a body of just the limit',
    text: `${OK}\r\nabcdefabcd`,
    limit: 10,
    closes: true,
    gives: { status: 200, body: 'abcdefabcd', keeps: false },
  },
  {
    name: 'the length of a HEAD past the limit, of which nothing comes',
    text: `${OK}Content-Length: 11\r\n\r\n`,
    method: 'HEAD',
    limit: 10,
    gives: { status: 200, body: '', keeps: true },
  },
  { name: 'an end before anything', text: '', closes: true, gives: { code: 'ECONNRESET' } },
  {
    name: 'an end within the head',
    text: `${OK}Conte`,
    closes: true,
    gives: { code: 'ERR_HTTP_HEAD_CUT_SHORT' },
  },
  {
    name: 'an end within a counted body',
    text: `${OK}Content-Length: 5\r\n\r\nhel`,
    closes: true,
    gives: { code: 'ERR_HTTP_BODY_CUT_SHORT' },
  },
  {
    name: 'an end within chunks',
    text: `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`,
    closes: true,
    gives: { code: 'ERR_HTTP_BODY_CUT_SHORT' },
  },
];

describe('an answer’s reader', () => {
  for (const entry of CASES) {
    it(`reads ${entry.name}, whole and cut at every octet`, () => {
      const octets = Buffer.from(entry.text, 'latin1');
      assert.deepEqual(read(entry, [octets]), entry.gives);
      if (entry.whole === true) return;
      // A long head is tried again with each piece: a few cuts of those say as much.
      const step = octets.length > 2000 ? 997 : 1;
      for (let cut = 0; cut <= octets.length; cut += step) {
        assert.deepEqual(
          read(entry, [octets.subarray(0, cut), octets.subarray(cut)]),
          entry.gives,
          `at ${cut}`,
        );
      }
      if (octets.length > 2000) return;
      assert.deepEqual(
        read(
          entry,
          Array.from(octets, (_, i) => octets.subarray(i, i + 1)),
        ),
        entry.gives,
      );
    });
  }

  it('keeps nothing of the shared buffer', () => {
    const reader = new AnswerReader('GET', 1000);
    const shared = Buffer.alloc(4096);
    const text = `${OK}Content-Length: 5\r\n\r\nhello`;
    for (const piece of [text.slice(0, 10), text.slice(10, -3), text.slice(-3)]) {
      const at = reader.restore(shared);
      reader.receive(shared, at + shared.write(piece, at, 'latin1'));
      shared.fill(0);
    }
    assert.equal(Buffer.from(reader.body).toString(), 'hello');
    assert.equal(reader.reason, 'OK');
  });
});

/** What the reader makes of an answer that comes in these pieces. */
function read({ method = 'GET', limit = 1000, closes = false }: Case, pieces: readonly Buffer[]): Read {
  const reader = new AnswerReader(method, limit);
  const shared = Buffer.alloc(64 * 1024);
  try {
    for (const piece of pieces) {
      if (piece.length === 0 || reader.complete) continue;
      const at = reader.restore(shared);
      piece.copy(shared, at);
      reader.receive(shared, at + piece.length);
    }
    if (!reader.complete && closes) reader.endOfInput();
  } catch (error) {
    return { code: (error as Failure).code };
  }
  assert.ok(reader.complete, 'it is not complete');
  return {
    status: reader.status,
    body: Buffer.from(reader.body).toString('latin1'),
    keeps: reader.keepsConnection,
  };
}
