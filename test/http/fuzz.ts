// Mutated requests, by the thousand: whatever comes in, both ways of reading agree, in one piece or in several, nobody
// crashes or goes round in circles, and after a problem nothing more is read. Everything follows from the seed.

import assert from 'node:assert/strict';
import { GOOD_SEEDS, mutate, type Random, randomFrom, SEEDS } from './mutations.ts';
import {
  isProblem,
  split,
  type Transcript,
  type TranscriptOptions,
  transcribe,
  transcribeInPlace,
} from './transcript.ts';

const RESPONSES: readonly Buffer[] = [
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: 1\r\n\r\n',
  'HTTP/1.0 200 OK\r\nX: 1\r\nY: 2\r\n\r\nuntil the close',
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nframes',
  'HTTP/1.1 304\r\nETag: "a"\r\nContent-Length: 5\r\n\r\nHTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n',
].map((text) => Buffer.from(text, 'latin1'));

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
