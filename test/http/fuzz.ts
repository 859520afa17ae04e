// Mutated requests, by the thousand: whatever comes in, both ways of reading agree, in one piece or in several, nobody
// crashes or goes round in circles, and after a problem nothing more is read. Everything follows from the seed.
//
//     node test/http/fuzz.ts SECONDS [SEED]

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { gunicorn, llhttp, withHost } from './corpora.ts';
import {
  split,
  type Transcript,
  type TranscriptOptions,
  transcribe,
  transcribeInPlace,
} from './transcript.ts';

/** Longer requests only repeat what shorter ones show, at more cost. */
const LONGEST_SEED = 2000;

const fixtures = new URL('./fixtures/', import.meta.url);

const SEEDS: readonly Buffer[] = [
  ...readdirSync(fixtures)
    .filter((name) => name.endsWith('.http'))
    .map((name) => readFileSync(new URL(name, fixtures))),
  ...[...gunicorn, ...llhttp].map(({ raw, id }) => withHost(raw, id)),
].filter((bytes) => bytes.length <= LONGEST_SEED);

/** Those that are accepted: the way from a good request to a bad one is the more interesting. */
const GOOD_SEEDS = SEEDS.filter((bytes) => !isProblem(transcribe([bytes])));

const RESPONSES: readonly Buffer[] = [
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: 1\r\n\r\n',
  'HTTP/1.0 200 OK\r\nX: 1\r\nY: 2\r\n\r\nuntil the close',
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nframes',
  'HTTP/1.1 304\r\nETag: "a"\r\nContent-Length: 5\r\n\r\nHTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n',
].map((text) => Buffer.from(text, 'latin1'));

function isProblem({ end }: Transcript): boolean {
  return /^\d/.test(end);
}

/** Pieces that mean something somewhere, put where they mean something else. */
const PIECES = [
  ...[
    '\r\n',
    '\n',
    '\r',
    '\0',
    ' ',
    '\t',
    ':',
    ',',
    ';',
    '=',
    '"',
    '\\',
    '/',
    '*',
    '?',
    '#',
    '0',
    '1',
    'f',
    'g',
    '-',
    '+',
  ],
  ...[
    '\x7f',
    '\x80',
    '\xff',
    '\r\n\r\n',
    '0\r\n\r\n',
    '5\r\nhello\r\n',
    'GET / HTTP/1.1\r\n',
    ' HTTP/1.0\r\n',
    'HTTP/2.0',
  ],
  ...[
    'Host: a\r\n',
    'Content-Length: 5\r\n',
    'Content-Length: ',
    'Transfer-Encoding: chunked\r\n',
    'chunked',
    'gzip, ',
  ],
  ...[
    'Connection: close\r\n',
    'Connection: keep-alive\r\n',
    'Connection: upgrade\r\nUpgrade: x\r\n',
    'Expect: 100-continue\r\n',
  ],
  ...[
    'http://',
    'https://a@b',
    '[::1]',
    '9007199254740991',
    '9007199254740992',
    'ffffffffffffffff',
    ';a="b"',
    'x'.repeat(300),
  ],
].map((text) => Buffer.from(text, 'latin1'));

/** The pieces that are whole lines: taken for such where a line starts. */
const LINES = PIECES.filter((piece) => piece.length > 2 && piece.at(-1) === 0x0a);

/** mulberry32: small, quick, and the same everywhere. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const NOTHING = Buffer.alloc(0);

type Random = ReturnType<typeof randomFrom>;

/** One of `seeds`, changed in one to three places. */
function mutate(seeds: readonly Buffer[], random: Random): Buffer {
  let bytes: Buffer = Buffer.from(seeds[random(seeds.length)]!);
  for (let changes = 1 + random(3); changes > 0; changes--) {
    const at = random(bytes.length + 1);
    const to = Math.min(bytes.length, at + random(12));
    const lineEnd = bytes.indexOf('\r\n', at);
    const line = lineEnd < 0 ? bytes.length : lineEnd + 2;
    switch (random(8)) {
      case 0:
        bytes = splice(bytes, at, at, PIECES[random(PIECES.length)]!);
        break;
      case 1:
        bytes = splice(bytes, at, to, PIECES[random(PIECES.length)]!);
        break;
      case 2:
        bytes = splice(bytes, at, to);
        break;
      case 3:
        bytes = splice(bytes, at, at, bytes.subarray(at, to));
        break;
      case 4: {
        const other = seeds[random(seeds.length)]!;
        bytes = splice(bytes, at, bytes.length, other.subarray(random(other.length)));
        break;
      }
      case 5:
        if (at < bytes.length) bytes[at] = random(256);
        break;
      default:
        bytes = splice(bytes, line, line, LINES[random(LINES.length)]!);
    }
  }
  return bytes;
}

/** `bytes` with `put` in place of `[from, to)`. */
function splice(bytes: Buffer, from: number, to: number, put: Uint8Array = NOTHING): Buffer {
  return Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(to)]);
}

/** One mutated message, read in several ways. Throws what was wrong, with the bytes. Returns what became of it. */
function tryOne(random: Random): Transcript {
  const kind = random(8);
  const bytes = mutate(kind === 0 ? RESPONSES : kind < 3 ? SEEDS : GOOD_SEEDS, random);
  const cuts = Array.from({ length: 1 + random(4) }, () => random(bytes.length + 1));
  const pieces = split(bytes, ...cuts);
  const options: TranscriptOptions = { maxBodyBytes: 64 + random(200), ends: random(2) === 0 };
  try {
    if (kind === 0) {
      const ofResponses = { ...options, asked: ['GET', 'HEAD', 'GET'] };
      const whole = transcribe([bytes], ofResponses);
      assert.deepEqual(transcribe(pieces, ofResponses), whole, 'in pieces');
      return whole;
    }
    const whole = transcribe([bytes], options);
    assert.deepEqual(transcribe(pieces, options), whole, 'in pieces');
    const inPlace = transcribeInPlace([bytes], options);
    assert.deepEqual(transcribeInPlace(pieces, options), inPlace, 'in place and in pieces');
    assert.deepEqual(inPlace.messages, whole.messages, 'in place');
    checkFraming(bytes, whole);
    return whole;
  } catch (cause) {
    throw new Error(`${JSON.stringify(bytes.toString('latin1'))} cut at ${cuts}`, { cause });
  }
}

/** What no accepted head may be, told from the first one's text alone: how requests are smuggled. */
function checkFraming(bytes: Buffer, { messages }: Transcript): void {
  const [first] = messages;
  if (first === undefined) return;
  const { size, version, contentLength } = first.head;
  const text = bytes.toString('latin1', 0, size as number);
  const count = (name: RegExp): number => text.split('\r\n').filter((line) => name.test(line)).length;
  const lengths = count(/^content-length\s*:/i);
  const codings = count(/^transfer-encoding\s*:/i);
  assert.ok(lengths + codings <= 1, 'framed twice');
  assert.equal(contentLength === -1, codings === 1, 'chunked');
  const hosts = count(/^host\s*:/i);
  assert.ok(hosts === 1 || (hosts === 0 && version === '1.0'), 'Host');
  assert.doesNotMatch(text, /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n|\r\n[ \t]/, 'octets');
}

export interface FuzzReport {
  readonly inputs: number;
  readonly accepted: number;
  readonly refused: number;
}

/** Tries mutations until `goesOn` says no. */
export function fuzz(seed: number, goesOn: (inputs: number) => boolean): FuzzReport {
  const random = randomFrom(seed);
  let inputs = 0;
  let refused = 0;
  for (; goesOn(inputs); inputs++) {
    if (isProblem(tryOne(random))) refused += 1;
  }
  return { inputs, accepted: inputs - refused, refused };
}

if (import.meta.main) {
  const seconds = Number(process.argv[2] ?? 60);
  const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
  const end = performance.now() + seconds * 1000;
  console.log(`fuzzing for ${seconds} s with seed ${seed}, from ${SEEDS.length} requests`);
  const { inputs, accepted, refused } = fuzz(seed, (count) => count % 64 !== 0 || performance.now() < end);
  console.log(`${inputs} inputs: ${accepted} accepted, ${refused} refused, every way of reading them agreed`);
}
