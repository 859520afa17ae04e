// Mutated requests: our fixtures and other projects' corpora, changed in one to three places. Both fuzzers start from them.

import { readdirSync, readFileSync } from 'node:fs';
import { gunicorn, llhttp, withHost } from './corpora.ts';
import { isProblem, transcribe } from './transcript.ts';

/** Longer requests only repeat what shorter ones show, at more cost. */
const LONGEST_SEED = 2000;

const fixtures = new URL('./fixtures/', import.meta.url);

export const SEEDS: readonly Buffer[] = [
  ...readdirSync(fixtures)
    .filter((name) => name.endsWith('.http'))
    .map((name) => readFileSync(new URL(name, fixtures))),
  ...[...gunicorn, ...llhttp].map(({ raw, id }) => withHost(raw, id)),
].filter((bytes) => bytes.length <= LONGEST_SEED);

/** Those that are accepted: the way from a good request to a bad one is the more interesting. */
export const GOOD_SEEDS = SEEDS.filter((bytes) => !isProblem(transcribe([bytes])));

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

export type Random = ReturnType<typeof randomFrom>;

/** One of `seeds`, changed in one to three places. */
export function mutate(seeds: readonly Buffer[], random: Random): Buffer {
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
