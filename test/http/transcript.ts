// What a reader makes of some bytes, as plain data that can be compared: the messages, and how it ended. Two ways to
// read are told apart by nothing here: `MessageReader`, and the server's way with `parseRequestHead` and `BodyDecoder`
// on one shared buffer. The fixtures, the corpora, the properties and the fuzzer all look at transcripts.

import assert from 'node:assert/strict';
import {
  BODY_DATA,
  BODY_END,
  BODY_MORE,
  BodyDecoder,
  DEFAULT_HEAD_LIMITS,
  type HeadLimits,
  MessageReader,
  parseRequestHead,
  RequestHead,
  ResponseHead,
} from '../../src/http/index.ts';

export interface Message {
  head: Readonly<Record<string, unknown>>;
  body: string;
  /** `undefined` where the message did not come to its end. */
  trailers: readonly string[] | undefined;
}

export interface Transcript {
  messages: Message[];
  /** How it ended: `need-data`, `closed`, `switched`, or a problem's `status code`. */
  end: string;
  /** Octets left over behind `closed` and `switched` are not counted: nobody reads them. */
}

/** Whether it ended with a problem. */
export function isProblem({ end }: Transcript): boolean {
  return /^\d/.test(end);
}

export interface TranscriptOptions {
  readonly limits?: HeadLimits;
  readonly maxBodyBytes?: number;
  /** Whether the peer ends the connection after the last piece. */
  readonly ends?: boolean;
  /** For responses: methods of the requests they answer. */
  readonly asked?: readonly string[];
}

/** The parts of a head that anybody can ask for. */
export function describeHead(head: RequestHead | ResponseHead): Record<string, unknown> {
  const common = {
    version: `1.${head.minor}`,
    contentLength: head.contentLength,
    keepAlive: head.keepAlive,
    upgrade: head.upgrade,
    fields: head.fields(),
    size: head.size,
  };
  if (head instanceof ResponseHead) return { ...common, status: head.status, reason: head.reason };
  const { method, target, path, authority, form, expectsContinue } = head;
  return { ...common, method, target, path, authority, form, expectsContinue };
}

/** Reads `pieces` with `MessageReader`, and proves on the way that it neither loops nor changes its mind. */
export function transcribe(pieces: readonly Uint8Array[], options: TranscriptOptions = {}): Transcript {
  const { limits = DEFAULT_HEAD_LIMITS, maxBodyBytes = Number.POSITIVE_INFINITY } = options;
  const reader = options.asked
    ? MessageReader.ofResponses({ limits, maxBodyBytes })
    : MessageReader.ofRequests({ limits, maxBodyBytes });
  for (const method of options.asked ?? []) reader.asked(method);

  const transcript: Transcript = { messages: [], end: '' };
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const drain = (): string => {
    for (let events = 0; ; events++) {
      assert.ok(events <= 4 * total + 8, 'the reader goes round in circles');
      const event = reader.next();
      const last = transcript.messages.at(-1);
      switch (event.type) {
        case 'head':
          transcript.messages.push({ head: describeHead(event.head), body: '', trailers: undefined });
          break;
        case 'data':
          last!.body += Buffer.from(event.bytes).toString('latin1');
          break;
        case 'end':
          last!.trailers = event.trailers;
          break;
        case 'problem':
          return `${event.problem.status} ${event.problem.code}`;
        default:
          return event.type;
      }
    }
  };

  for (const piece of pieces) {
    const shared = Uint8Array.from(piece);
    reader.receive(shared);
    transcript.end = drain();
    shared.fill(0x21);
  }
  if (options.ends) {
    reader.endOfInput();
    transcript.end = drain();
  }
  assert.equal(drain(), transcript.end, 'asked again, the reader says something else');
  if (transcript.end !== 'need-data') {
    const messages = transcript.messages.length;
    reader.receive(BEFORE);
    assert.equal(drain(), transcript.end, 'after its end, the reader says something else');
    assert.equal(transcript.messages.length, messages, 'a message was read after the end');
  }
  return transcript;
}

/**
 * Reads the same the way the server does: one buffer for everybody, parsed in place, compacted, and overwritten when
 * the parser has returned. Each piece is looked at when it arrives, so problems are found as early as can be.
 */
export function transcribeInPlace(
  pieces: readonly Uint8Array[],
  options: TranscriptOptions = {},
): Transcript {
  const { limits = DEFAULT_HEAD_LIMITS, maxBodyBytes = Number.POSITIVE_INFINITY } = options;
  const transcript: Transcript = { messages: [], end: 'need-data' };
  const heads: RequestHead[] = [];
  const shared = Buffer.alloc(pieces.reduce((sum, piece) => sum + piece.length, 0) + 16, 0x21);
  const finish = (end: string): Transcript => {
    shared.fill(0x21);
    transcript.messages.forEach((message, i) => {
      message.head = describeHead(heads[i]!);
    });
    transcript.end = end;
    return transcript;
  };

  let kept: Buffer = Buffer.alloc(0);
  let body: BodyDecoder | undefined;
  let offset = 0;
  for (const piece of pieces) {
    offset = (offset + 5) % 16;
    const end = offset + kept.length + piece.length;
    shared.fill(0x0a);
    kept.copy(shared, offset);
    shared.set(piece, offset + kept.length);
    let at = offset;
    for (;;) {
      if (body === undefined) {
        const head = at === end ? undefined : parseRequestHead(shared, at, end, limits);
        if (head === undefined) break;
        if (!(head instanceof RequestHead)) return finish(`${head.status} ${head.code}`);
        at += head.size;
        heads.push(head);
        transcript.messages.push({ head: {}, body: '', trailers: undefined });
        body = new BodyDecoder(head.contentLength, maxBodyBytes, limits);
      }
      const message = transcript.messages.at(-1)!;
      const found = body.decode(shared, at, end);
      at = body.position;
      if (found === BODY_DATA) message.body += shared.toString('latin1', body.dataStart, body.dataEnd);
      else if (found === BODY_MORE) break;
      else if (found === BODY_END) {
        message.trailers = body.trailers;
        body = undefined;
        if (!heads.at(-1)!.keepAlive) return finish('closed');
      } else return finish(`${body.problem!.status} ${body.problem!.code}`);
    }
    kept = Buffer.from(shared.subarray(at, end));
  }
  if (options.ends && body !== undefined) {
    body.endOfInput();
    return finish(body.problem === undefined ? 'closed' : `${body.problem.status} ${body.problem.code}`);
  }
  return finish('need-data');
}

/** `bytes` cut at the given places. */
export function split(bytes: Uint8Array, ...places: readonly number[]): Uint8Array[] {
  const edges = [0, ...places.toSorted((a, b) => a - b), bytes.length];
  return edges.slice(1).map((edge, i) => bytes.subarray(edges[i]!, edge));
}

/** `bytes` one at a time. */
export function octets(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (_, i) => bytes.subarray(i, i + 1));
}

/** A complete request to put before what is tested. */
export const BEFORE = Buffer.from(
  'POST /before HTTP/1.1\r\nHost: before\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n',
);

/** Within a line as long as twice this, and away from its ends, all places are alike. */
const NEAR = 50;
/** What the limits are multiples of: a reader must say the same on both sides of one. */
const LIMIT = 8192;
/** Of the places that are alike, one in so many is enough. No power of two, which the limits are. */
const STRIDE = 53;

/** Where `bytes` are cut in two: at every place, but for the inner of long lines. */
function cuts(bytes: Uint8Array): number[] {
  const places: number[] = [];
  const near = new Uint8Array(bytes.length + 1);
  const mark = (at: number): void => {
    near.fill(1, Math.max(0, at - NEAR), at + NEAR);
  };
  mark(0);
  mark(bytes.length);
  for (let at = LIMIT; at < bytes.length; at += LIMIT) mark(at);
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) mark(at);
  for (let place = 1; place < bytes.length; place++) {
    if (near[place] === 1 || place % STRIDE === 0) places.push(place);
  }
  return places;
}

/**
 * Reads `bytes` whole, octet by octet, in two pieces (see {@link cuts}), in place, and behind another request, and
 * asserts that all come to the same. Returns the transcript.
 */
export function transcribeEveryWay(bytes: Uint8Array, options: TranscriptOptions = {}): Transcript {
  const whole = transcribe([bytes], options);
  assert.deepEqual(transcribe(octets(bytes), options), whole, 'one octet at a time');
  for (const place of cuts(bytes)) {
    assert.deepEqual(transcribe(split(bytes, place), options), whole, `cut at ${place}`);
  }
  if (options.asked) return whole;

  const inPlace = { ...whole, end: endInPlace(whole, options) };
  assert.deepEqual(transcribeInPlace([bytes], options), inPlace, 'in place');
  assert.deepEqual(transcribeInPlace(octets(bytes), options), inPlace, 'in place, one octet at a time');

  // Limits that are too low for the request before it would refuse that one.
  if ((options.limits?.headerSection ?? BEFORE.length) < BEFORE.length) return whole;
  const behind = transcribe([Buffer.concat([BEFORE, bytes])], options);
  assert.equal(behind.messages[0]?.head['path'], '/before');
  assert.deepEqual({ ...behind, messages: behind.messages.slice(1) }, whole, 'behind another request');
  return whole;
}

/** The server's own business, and so not in `transcribeInPlace`: what an end of input within a head means. */
function endInPlace(whole: Transcript, options: TranscriptOptions): string {
  const withinHead = whole.messages.every((message) => message.trailers !== undefined);
  const kept = whole.messages.every((message) => message.head['keepAlive'] === true);
  if (!options.ends || !withinHead || !kept) return whole.end;
  return whole.end === 'closed' || whole.end.endsWith('ERR_HTTP_HEAD_CUT_SHORT') ? 'need-data' : whole.end;
}
