// Content codings of an answer's body (RFC 9110 section 8.4), taken off as `fetch` does: the last applied first, all or
// none, and a body that is cut short decoded as far as it goes.

import { constants as memory } from 'node:buffer';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { type Co, until } from '../../task/index.ts';
import { Failure, FETCH_CODES, tooLarge } from '../errors.ts';
import type { Answer } from './answer.ts';

/** More than one is rare, and each may multiply the size of what it is given. */
const MOST_CODINGS = 5;
/** What decodes to so little takes less time than a trip to libuv's threads, and has no need of one. */
const AT_ONCE = 256 * 1024;
/** And so much compressed, at most: decoding takes about 10 µs a KB. */
const AT_ONCE_COMPRESSED = 32 * 1024;

interface Decoder {
  decode(bytes: Uint8Array, options: object): Uint8Array<ArrayBuffer>;
  decodeLater(bytes: Uint8Array, options: object): Promise<Uint8Array<ArrayBuffer>>;
  readonly finishFlush: number;
}

const { constants } = zlib;
const { MAX_LENGTH } = memory;

type Decode = (bytes: Uint8Array, options: object) => Buffer<ArrayBuffer>;
type DecodeLater = (
  bytes: Uint8Array,
  options: object,
  done: (error: Error | null, decoded: Buffer<ArrayBuffer>) => void,
) => void;

function decoder(decode: Decode, later: DecodeLater, finishFlush: number): Decoder {
  return { decode, decodeLater: promisify(later), finishFlush };
}

const GZIP = decoder(zlib.gunzipSync, zlib.gunzip, constants.Z_SYNC_FLUSH);
const DEFLATE = decoder(zlib.inflateSync, zlib.inflate, constants.Z_SYNC_FLUSH);
/** What some servers send for `deflate`, without the header and checksum of zlib. */
const RAW_DEFLATE = decoder(zlib.inflateRawSync, zlib.inflateRaw, constants.Z_SYNC_FLUSH);
const BROTLI = decoder(zlib.brotliDecompressSync, zlib.brotliDecompress, constants.BROTLI_OPERATION_FLUSH);
const ZSTD = decoder(zlib.zstdDecompressSync, zlib.zstdDecompress, constants.ZSTD_e_end);

const CODINGS: Readonly<Record<string, (bytes: Uint8Array) => Decoder>> = {
  gzip: () => GZIP,
  'x-gzip': () => GZIP,
  deflate: (bytes) => ((bytes[0]! & 0x0f) === 8 ? DEFLATE : RAW_DEFLATE),
  br: () => BROTLI,
  zstd: () => ZSTD,
};

/** The body of `answer` without its content codings, up to `limit` bytes; where one is unknown, as it was sent. */
export function* decodeBody(answer: Answer, limit: number): Co<Uint8Array<ArrayBuffer>> {
  let { body } = answer;
  const field = body.length === 0 ? undefined : answer.get('content-encoding');
  if (field === undefined) return body;
  const codings = field.split(',').map((coding) => coding.trim().toLowerCase());
  if (codings.length > MOST_CODINGS) {
    throw new Failure(
      FETCH_CODES.encoding,
      `the answer's body is encoded ${codings.length} times: ${MOST_CODINGS} are decoded at most`,
    );
  }
  if (!codings.every((coding) => Object.hasOwn(CODINGS, coding))) return body;
  for (const coding of codings.reverse()) {
    if (body.length === 0) break;
    body = yield* decodeOnce(CODINGS[coding]!(body), coding, body, limit);
  }
  return body;
}

function* decodeOnce(
  decoder: Decoder,
  coding: string,
  body: Uint8Array<ArrayBuffer>,
  limit: number,
): Co<Uint8Array<ArrayBuffer>> {
  const { finishFlush } = decoder;
  // A limit of 0 would be none to zlib, and one that no memory holds is a mistake.
  const maxOutputLength = Math.min(Math.max(1, limit), MAX_LENGTH);
  try {
    if (body.length <= AT_ONCE_COMPRESSED) {
      const now = decodeNow(decoder, body, {
        finishFlush,
        maxOutputLength: Math.min(maxOutputLength, AT_ONCE),
      });
      if (now !== undefined) return now;
    }
    return ownMemory(yield* until(decoder.decodeLater(body, { finishFlush, maxOutputLength })), limit);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limit);
    if (code === undefined || code === 'ERR_CANCELLED' || error instanceof Failure) throw error;
    throw new Failure(FETCH_CODES.encoding, `the answer's body is not ${coding}, as it says: ${message}`);
  }
}

/** `undefined` where it is too large for that. */
function decodeNow(decoder: Decoder, body: Uint8Array, options: object): Uint8Array<ArrayBuffer> | undefined {
  try {
    return ownMemory(decoder.decode(body, options), AT_ONCE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return undefined;
    throw error;
  }
}

/** `bytes` gives its memory away with `bytes()`: it must be no part of Node's pool, nor a Buffer. */
function ownMemory(bytes: Uint8Array<ArrayBuffer>, limit: number): Uint8Array<ArrayBuffer> {
  if (bytes.length > limit) throw tooLarge(limit);
  if (bytes.byteLength === bytes.buffer.byteLength) return new Uint8Array(bytes.buffer);
  return Uint8Array.from(bytes);
}
