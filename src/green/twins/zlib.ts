// Twins of zlib's blocking functions, in libuv's pool: from the sizes on at which compressing takes longer than waiting
// for it does.
//
// On this machine, in µs: gzip of 16 KB 117, 32 KB 228, 64 KB 670, 1 MB 11600; brotli (quality 11, its default) of 1 KB
// 1660, 8 KB 9000; zstd of 32 KB 150. Decompressing JSON of 256 KB (24 KB in gzip) 190-260, of 1 MB 1000-1400. A stream
// takes another trip through the pool whenever its chunk is full, at 16 KB by default: with chunks of 64 KB the main
// thread's part for that megabyte was a half (860 instead of 1890). So the chunks are made larger, which nobody sees.

import zlib, { constants } from 'node:zlib';
import { type NodeFunction, nodeFunction } from './node-function.ts';
import { computeLane } from './pool.ts';
import { optionsOf, type Pooled, pooledTwin, sizeOf } from './pooled.ts';

type Convenience = (buffer: unknown, options: unknown, callback: unknown) => void;

const forms = { ...zlib } as unknown as Record<string, Convenience>;

const KB = 1024;
/** Bytes of input. */
const DEFLATE_GATE = 32 * KB;
const ZSTD_GATE = 64 * KB;
/** Brotli's qualities 10 and 11 take a hundred times as long as the others. */
const BROTLI_GATE = 256;
const BROTLI_SLOW_QUALITY = 10;
const INFLATE_GATE = 32 * KB;
/** Bytes of output, where gzip's trailer tells. */
const OUTPUT_GATE = 512 * KB;
const SMALLEST_CHUNK = 64 * KB;
const LARGEST_CHUNK = 1024 * KB;
/** Deflate can't do better (zlib's own figure is 1032:1): a trailer that says more is not believed. */
const BEST_RATIO = 1040;

type Options = Readonly<Record<string, unknown>>;
type Gate = (size: number, options: Options, input: unknown) => boolean;

// Level 0 only copies, into blocks whose size depends on the chunks'.
const deflating: Gate = (size, { level }) => size >= DEFLATE_GATE && level !== 0;
const inflating: Gate = (size, _options, input) =>
  size >= INFLATE_GATE || gzipOutputSize(input) >= OUTPUT_GATE;

const GATES: Readonly<Record<string, Gate>> = {
  deflate: deflating,
  deflateRaw: deflating,
  gzip: deflating,
  brotliCompress(size, options) {
    const quality = (options['params'] as Record<number, number> | undefined)?.[
      constants.BROTLI_PARAM_QUALITY
    ];
    return size >= ((quality ?? BROTLI_SLOW_QUALITY) >= BROTLI_SLOW_QUALITY ? BROTLI_GATE : DEFLATE_GATE);
  },
  // A level that is asked for is mostly a high one.
  zstdCompress: (size, options) => size >= (options['params'] === undefined ? ZSTD_GATE : DEFLATE_GATE / 2),
  inflate: inflating,
  inflateRaw: inflating,
  gunzip: inflating,
  unzip: inflating,
  brotliDecompress: inflating,
  zstdDecompress: inflating,
};

const COMPRESSING: readonly string[] = ['deflate', 'deflateRaw', 'gzip', 'brotliCompress', 'zstdCompress'];

/** What gzip's trailer says of the size of the output (RFC 1952, ISIZE); 0 where it says nothing that can be true. */
function gzipOutputSize(input: unknown): number {
  if (!ArrayBuffer.isView(input) || input.byteLength < 18) return 0;
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  if (view.getUint16(0) !== 0x1f8b) return 0;
  const size = view.getUint32(input.byteLength - 4, true);
  return size <= input.byteLength * BEST_RATIO ? size : 0;
}

/** What the twin adds to the options, where they don't say. */
function unseen(name: string, input: unknown, options: Options): Options {
  // Node looks at what follows a frame of zstd only where the output did not fit into a chunk; and with too small a
  // window, zlib still finds what is in the chunk.
  if (name === 'zstdDecompress' || options['windowBits'] !== undefined) return {};
  const chunks = { chunkSize: chunkSize(name, input) };
  // The blocking form sees the whole input at once; told its size, the other one writes the same bytes.
  return name === 'zstdCompress' ? { ...chunks, pledgedSrcSize: sizeOf(input) } : chunks;
}

/** Room for the output in as few chunks as can be predicted. One byte more than it needs ends it without another trip. */
function chunkSize(name: string, input: unknown): number {
  const size = sizeOf(input)!;
  const expected = COMPRESSING.includes(name) ? size / 4 : gzipOutputSize(input) || size * 4;
  return Math.ceil(Math.min(Math.max(expected + 1, SMALLEST_CHUNK), LARGEST_CHUNK));
}

function kind(name: string, gate: Gate): Pooled {
  return {
    plan([input, given]) {
      const size = sizeOf(input);
      const options = optionsOf(given);
      // `info` asks for the engine, whose state differs.
      if (size === undefined || options === undefined || options['info']) return undefined;
      return gate(size, options, input) ? computeLane() : undefined;
    },
    begin([input, given], done) {
      const options = (given ?? {}) as Options;
      const bytes = typeof input === 'string' ? Buffer.from(input) : input;
      forms[name]!(bytes, { ...unseen(name, bytes, options), ...options }, done);
    },
    buffers: 'read',
  };
}

export function zlibFunctions(): NodeFunction[] {
  return Object.entries(GATES).flatMap(([name, gate]) => {
    const fn = nodeFunction('zlib', zlib, `${name}Sync`);
    if (fn === undefined) return [];
    pooledTwin(fn, kind(name, gate));
    return [fn];
  });
}
