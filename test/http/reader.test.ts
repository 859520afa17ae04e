// The event reader, for what the fixtures (which are requests) do not show: responses with all their framings, both
// ends of the input, switches of protocol, and who owns the bytes.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type MessageEvent,
  MessageReader,
  type RequestHead,
  type ResponseHead,
} from '../../src/http/index.ts';
import { type Transcript, type TranscriptOptions, transcribeEveryWay } from './transcript.ts';

function read(text: string, options: TranscriptOptions = {}): Transcript {
  return transcribeEveryWay(Buffer.from(text, 'latin1'), { asked: ['GET'], ...options });
}

/** What is left to say of a transcript: `status:body` of each message, `...` where one has not ended, and the end. */
function summary(transcript: Transcript): string {
  const messages = transcript.messages.map(
    ({ head, body, trailers }) => `${head['status']}:${body}${trailers === undefined ? '...' : ''}`,
  );
  return [...messages, transcript.end].join(' ');
}

const OK = 'HTTP/1.1 200 OK\r\n';

describe('a response', () => {
  const cases: readonly (readonly [
    what: string,
    text: string,
    options: TranscriptOptions,
    expected: string,
  ])[] = [
    ['with a length', `${OK}Content-Length: 2\r\n\r\nhi`, {}, '200:hi need-data'],
    ['in chunks', `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`, {}, '200:hi need-data'],
    ['until the close', `${OK}\r\nhi`, { ends: true }, '200:hi closed'],
    ['until a close that has not come', `${OK}\r\nhi`, {}, '200:hi... need-data'],
    ['from HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi', {}, '200:hi closed'],
    [
      'from HTTP/1.0 that stays',
      'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi',
      {},
      '200:hi need-data',
    ],
    [
      'that is the last',
      `${OK}Connection: close\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1`,
      {},
      '200:hi closed',
    ],
    ['to HEAD', `${OK}Content-Length: 2\r\n\r\n`, { asked: ['HEAD'] }, '200: need-data'],
    ['to HEAD, chunked', `${OK}Transfer-Encoding: chunked\r\n\r\n`, { asked: ['HEAD'] }, '200: need-data'],
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', {}, '204: need-data'],
    ['304 with a length', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n', {}, '304: need-data'],
    ['without a phrase', 'HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n', {}, '200: need-data'],
    ['without the space before it', 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n', {}, '200: need-data'],
    [
      'after interim ones',
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n${OK}Content-Length: 0\r\n\r\n`,
      {},
      '100:... 103:... 200: need-data',
    ],
    [
      'that switches protocols',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nx',
      {},
      '101:... switched',
    ],
    [
      'cut short',
      `${OK}Content-Length: 3\r\n\r\nhi`,
      { ends: true },
      '200:hi... 400 ERR_HTTP_BODY_CUT_SHORT',
    ],
    [
      'cut short in chunks',
      `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n`,
      { ends: true },
      '200:hi... 400 ERR_HTTP_BODY_CUT_SHORT',
    ],
    ['cut short in its head', 'HTTP/1.1 2', { ends: true }, '400 ERR_HTTP_HEAD_CUT_SHORT'],
    ['that never comes', '', { ends: true }, 'closed'],
    [
      'to a pipelined request',
      `${OK}Content-Length: 2\r\n\r\n${OK}Content-Length: 1\r\n\r\n!`,
      { asked: ['HEAD', 'GET'] },
      '200: 200:! need-data',
    ],
    ['nobody asked for', `${OK}Content-Length: 0\r\n\r\n${OK}\r\n`, {}, '200: 502 ERR_HTTP_UNASKED_RESPONSE'],
    [
      'with two framings',
      `${OK}Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n`,
      {},
      '400 ERR_HTTP_FRAMING_AMBIGUOUS',
    ],
    [
      'with a coding we lack',
      `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n`,
      {},
      '501 ERR_HTTP_TRANSFER_CODING_UNSUPPORTED',
    ],
    [
      'chunked in HTTP/1.0',
      'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
      {},
      '400 ERR_HTTP_TRANSFER_ENCODING_VERSION',
    ],
    ['of another version', 'HTTP/2.0 200 OK\r\n\r\n', {}, '505 ERR_HTTP_VERSION_UNSUPPORTED'],
    ['with a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n', {}, '502 ERR_HTTP_STATUS_LINE'],
    ['with a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n', {}, '502 ERR_HTTP_STATUS_LINE'],
    ['with a status below 100', 'HTTP/1.1 099 OK\r\n\r\n', {}, '502 ERR_HTTP_STATUS_LINE'],
    ['with a control in its phrase', 'HTTP/1.1 200 \0\r\n\r\n', {}, '502 ERR_HTTP_STATUS_LINE'],
    ['whose line ends in LF', 'HTTP/1.1 200 OK\n\n', {}, '400 ERR_HTTP_LINE_END'],
    ['whose line ends in CR', 'HTTP/1.1 200 OK\rX', {}, '400 ERR_HTTP_LINE_END'],
    ['whose line is endless', `HTTP/1.1 200 ${'x'.repeat(9000)}`, {}, '414 ERR_HTTP_REQUEST_LINE_TOO_LONG'],
    ['that is none', 'SSH-2.0-OpenSSH\r\n', {}, '502 ERR_HTTP_STATUS_LINE'],
  ];
  for (const [what, text, options, expected] of cases) {
    it(`is read ${what}`, () => assert.equal(summary(read(text, options)), expected));
  }

  it('shows its head', () => {
    const { messages } = read('HTTP/1.1 404 Not here\r\nX: 1\r\nx: 2\r\nContent-Length: 0\r\n\r\n');
    const { status, reason, version, fields, contentLength, keepAlive } = messages[0]!.head;
    assert.deepEqual([status, reason, version, contentLength, keepAlive], [404, 'Not here', '1.1', 0, true]);
    assert.deepEqual(fields, ['X', '1', 'x', '2', 'Content-Length', '0']);
  });

  it('has an empty phrase where none is sent', () => {
    for (const line of ['HTTP/1.1 200', 'HTTP/1.1 200 ']) {
      assert.equal(read(`${line}\r\nContent-Length: 0\r\n\r\n`).messages[0]?.head['reason'], '');
    }
  });
});

describe('a reader', () => {
  const REQUEST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi';

  function all<Head extends RequestHead | ResponseHead>(reader: MessageReader<Head>): MessageEvent<Head>[] {
    const events = [reader.next()];
    while (['head', 'data', 'end'].includes(events.at(-1)!.type)) events.push(reader.next());
    return events;
  }

  it('gives its data away: neither the giver nor later bytes change it', () => {
    const reader = MessageReader.ofRequests();
    const given = Buffer.from(REQUEST);
    reader.receive(given);
    given.fill(0);
    const events = all(reader);
    reader.receive(Buffer.from(REQUEST.replace('hi', 'ho')));
    all(reader);
    const data = events.find((event) => event.type === 'data');
    assert.equal(Buffer.from(data!.bytes).toString(), 'hi');
  });

  it('reads what came before the end of the input, and is closed then', () => {
    const reader = MessageReader.ofRequests();
    reader.receive(Buffer.from(REQUEST + REQUEST));
    reader.endOfInput();
    const types = all(reader).map((event) => event.type);
    assert.deepEqual(types, ['head', 'data', 'end', 'head', 'data', 'end', 'closed']);
  });

  it('takes nothing after the end of the input', () => {
    const reader = MessageReader.ofRequests();
    reader.endOfInput();
    reader.receive(Buffer.from(REQUEST));
    assert.equal(reader.next().type, 'closed');
  });

  it('is closed, not cut short, by an end after empty lines', () => {
    const reader = MessageReader.ofRequests();
    reader.receive(Buffer.from('\r\n\r\n'));
    reader.endOfInput();
    assert.equal(reader.next().type, 'closed');
  });

  it('hands over what follows an upgrade', () => {
    const reader = MessageReader.ofRequests();
    reader.receive(
      Buffer.from('GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nframes'),
    );
    const event = reader.next();
    assert.ok(event.type === 'head' && event.head.upgrade);
    assert.equal(reader.next().type, 'end');
    assert.equal(Buffer.from(reader.rest()).toString(), 'frames');
    assert.equal(reader.rest().length, 0);
  });

  it('takes limits of its own', () => {
    const limits = { requestLine: 10, headerSection: 100, fields: 1 };
    const reader = MessageReader.ofRequests({ limits, maxBodyBytes: 1 });
    reader.receive(Buffer.from(REQUEST));
    const event = reader.next();
    assert.ok(event.type === 'problem' && event.problem.status === 414);
  });
});
