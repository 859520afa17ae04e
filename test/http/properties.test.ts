// Properties: what our encoders write, our parsers read back as it was meant, in any pieces; arbitrary octets crash
// nobody; and a short, fixed run of the fuzzer.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  CHUNK_END,
  encodeChunkHead,
  encodeLastChunk,
  encodeRequestHead,
  encodeResponseHead,
  type Framing,
} from '../../src/http/index.ts';
import { fuzz } from './fuzz.ts';
import { split, transcribe, transcribeInPlace } from './transcript.ts';

const TCHAR = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const FRAMING = /^(?:host|content-length|transfer-encoding|connection|keep-alive|expect|upgrade|date)$/i;

const octet = (from: number, to: number): fc.Arbitrary<string> =>
  fc.integer({ min: from, max: to }).map((code) => String.fromCharCode(code));
const token = fc.string({ unit: fc.constantFrom(...TCHAR), minLength: 1, maxLength: 20 });
const fieldText = fc.string({
  unit: fc.oneof(octet(0x20, 0x7e), octet(0x80, 0xff), fc.constant('\t')),
  maxLength: 40,
});
const fieldValue = fieldText.map((text) => text.replace(/^[ \t]+|[ \t]+$/g, ''));
const field = fc.tuple(
  token.filter((name) => !FRAMING.test(name)),
  fieldValue,
);
const fields = fc.array(field, { maxLength: 12 }).map((pairs) => pairs.flat());
const trailers = fc.array(
  fc.tuple(
    token.map((name) => `x-${name}`),
    fieldValue,
  ),
  { maxLength: 3 },
);
const method = fc.oneof(
  fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE'),
  token.filter((name) => name !== 'CONNECT'),
);
const targetText = fc.string({
  unit: octet(0x21, 0x7e).filter((character) => character !== '#'),
  maxLength: 60,
});
const target = fc.oneof(
  targetText.map((text) => `/${text}`),
  targetText.map((text) => `http://a.example:8080/${text}`),
);
const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 4 });
const cuts = fc.array(fc.nat({ max: 600 }), { maxLength: 6 });

const body = fc.record({ pieces, chunked: fc.boolean(), trailers });
type Body = typeof body extends fc.Arbitrary<infer Value> ? Value : never;

function text(parts: readonly Uint8Array[]): string {
  return Buffer.concat(parts).toString('latin1');
}

function encodeBody({ pieces, trailers }: Body, framing: Framing): string {
  if (framing === 'none') return '';
  if (framing !== 'chunked') return text(pieces);
  const chunks = pieces.map((piece) => encodeChunkHead(piece.length) + text([piece]) + CHUNK_END);
  return chunks.join('') + encodeLastChunk(trailers.flat());
}

function cut(encoded: string, places: readonly number[]): Uint8Array[] {
  const bytes = Buffer.from(encoded, 'latin1');
  return split(bytes, ...places.map((place) => place % (bytes.length + 1)));
}

/** Without what the encoders add. */
function own(list: unknown): string[] {
  const flat = list as string[];
  return flat.filter((_, i) => !FRAMING.test(flat[i - (i % 2)]!));
}

describe('what is encoded', () => {
  it('as requests, is read back as they were, pipelined and cut anywhere', () => {
    const request = fc.record({ method, target, fields, body });
    fc.assert(
      fc.property(fc.array(request, { minLength: 1, maxLength: 3 }), cuts, (requests, places) => {
        const encoded = requests.map(({ method, target, fields, body }) => {
          const length = body.chunked ? -1 : text(body.pieces).length;
          const head = encodeRequestHead(method, target, ['Host', 'a.example', ...fields], length);
          return head.text + encodeBody(body, head.framing);
        });
        const parts = cut(encoded.join(''), places);
        const transcript = transcribe(parts);
        assert.deepEqual(transcribeInPlace(parts), transcript);
        assert.equal(transcript.end, 'need-data');
        assert.equal(transcript.messages.length, requests.length);
        requests.forEach(({ method, target, fields, body }, i) => {
          const message = transcript.messages[i]!;
          assert.deepEqual([message.head['method'], message.head['target']], [method, target]);
          assert.deepEqual(own(message.head['fields']), fields);
          assert.equal(message.body, text(body.pieces));
          assert.deepEqual(message.trailers, body.chunked ? body.trailers.flat() : []);
        });
      }),
    );
  });

  it('as responses, is read back as they were, whatever they answer and whatever they wish', () => {
    const response = fc.record({
      method: fc.constantFrom('GET', 'HEAD', 'POST'),
      minor: fc.constantFrom<(0 | 1)[]>(0, 1),
      keepAlive: fc.boolean(),
      status: fc.oneof(fc.constantFrom(200, 204, 205, 304, 404), fc.integer({ min: 200, max: 999 })),
      reason: fieldText,
      fields,
      body,
    });
    fc.assert(
      fc.property(response, cuts, (sent, places) => {
        const length = sent.body.chunked ? -1 : text(sent.body.pieces).length;
        const head = encodeResponseHead(
          sent,
          sent.keepAlive,
          sent.status,
          sent.reason,
          sent.fields,
          length,
          'today',
        );
        const encoded = head.text + encodeBody(sent.body, head.framing);
        const ends = head.framing === 'close';
        const transcript = transcribe(cut(encoded, places), { asked: [sent.method], ends });
        const [message] = transcript.messages;
        assert.ok(message);
        assert.equal(transcript.end, head.keepAlive ? 'need-data' : 'closed');
        assert.equal(message.head['status'], sent.status);
        if (sent.reason !== '') assert.equal(message.head['reason'], sent.reason);
        assert.equal(message.head['keepAlive'], head.keepAlive);
        assert.deepEqual(own(message.head['fields']), sent.fields);
        assert.equal(message.body, head.framing === 'none' ? '' : text(sent.body.pieces));
        assert.deepEqual(message.trailers, head.framing === 'chunked' ? sent.body.trailers.flat() : []);
      }),
    );
  });
});

describe('arbitrary octets', () => {
  const alphabet = fc.oneof(fc.constantFrom(...'\r\n\t :;,=0aG/H'), octet(0, 255));
  const start = fc.constantFrom(
    '',
    'GET / HTTP/1.1\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\n',
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n',
    'HTTP/1.1 ',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: ',
  );
  it('are answered the same however they are cut', () => {
    fc.assert(
      fc.property(
        start,
        fc.string({ unit: alphabet, maxLength: 200 }),
        cuts,
        fc.boolean(),
        (start, rest, places, ends) => {
          const parts = cut(start + rest, places);
          for (const options of [{ ends }, { ends, asked: ['GET'] }]) {
            assert.deepEqual(transcribe(parts, options), transcribe([Buffer.concat(parts)], options));
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('mutated requests', () => {
  it('are read alike in every way, and never read on after a problem', () => {
    const { inputs, accepted, refused } = fuzz(1, (count) => count < 3000);
    assert.equal(inputs, 3000);
    assert.ok(accepted > 300 && refused > 300, `${accepted} accepted, ${refused} refused`);
  });
});
