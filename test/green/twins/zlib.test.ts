// zlib's blocking functions and their twins: the same bytes, the same errors.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import zlib from 'node:zlib';
import { type Pending, start } from '../../../src/green/coroutine.ts';
import { twinOf } from '../../../src/green/twin.ts';
import { type Call, green, same } from './compare.ts';

const functions = zlib as unknown as Record<string, Call>;
const PAIRS: readonly (readonly [string, string])[] = [
  ['gzipSync', 'gunzipSync'],
  ['gzipSync', 'unzipSync'],
  ['deflateSync', 'inflateSync'],
  ['deflateSync', 'unzipSync'],
  ['deflateRawSync', 'inflateRawSync'],
  ['brotliCompressSync', 'brotliDecompressSync'],
  ['zstdCompressSync', 'zstdDecompressSync'],
];

const text = Buffer.from(
  Array.from(
    { length: 4000 },
    (_, i) => `{"id":${i},"name":"user ${(i * 7919) % 1000}","score":${(i * 31) % 97}}`,
  ).join(),
);
/** It does not compress. */
const noise = Buffer.from(
  Uint32Array.from({ length: 20_000 }, (_, i) => Math.imul(i + 1, 2654435761) ^ (i << 7)).buffer,
);
/** Of several chunks, by Node's default: that is when it takes offence. */
const junkBehindZstd = Buffer.concat([zlib.zstdCompressSync(noise.subarray(0, 40_000)), Buffer.from('junk')]);
/** It refers back over more than 512 bytes, to a chunk before by Node's default. */
const gzipOfRepeated = zlib.gzipSync(
  Buffer.concat([noise.subarray(0, 16_400), noise.subarray(0, 900), noise.subarray(20_000, 40_000)]),
);
/** Quality 11 takes a second for such texts. */
const quick = { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 } };

describe('a twin of zlib', () => {
  for (const [compress, decompress] of PAIRS) {
    const options = compress.startsWith('brotli') ? quick : undefined;
    it(`is the same: ${compress} and ${decompress}`, async () => {
      for (const input of [text, noise]) {
        await same(functions[compress]!, [input, options], { suspends: true });
        const compressed = functions[compress]!(...([input, options] as never[])) as Buffer;
        await same(functions[decompress]!, [compressed]);
        await same(functions[decompress]!, [compressed, { maxOutputLength: 50_000 }]);
        await same(functions[decompress]!, [compressed.subarray(0, -9)]);
        await same(functions[decompress]!, [Buffer.concat([compressed, Buffer.from('junk')])]);
        const damaged = Buffer.from(compressed);
        damaged.fill(0xee, compressed.length >> 1, (compressed.length >> 1) + 40);
        await same(functions[decompress]!, [damaged]);
      }
    });
  }

  const cases: Record<string, readonly [string, readonly unknown[], boolean]> = {
    'a small input is done in place': ['gzipSync', [text.subarray(0, 1000)], false],
    'a string': ['gzipSync', [text.toString()], true],
    'an ArrayBuffer': ['gzipSync', [new Uint8Array(text).buffer], true],
    'a DataView': ['deflateSync', [new DataView(new Uint8Array(text).buffer, 3, 70_000)], true],
    'an array of 16 bits': ['deflateRawSync', [new Uint16Array(30_000)], true],
    'no compression': ['deflateSync', [text, { level: 0 }], false],
    'a level': ['gzipSync', [text, { level: 1 }], true],
    'a dictionary': ['deflateSync', [text, { dictionary: Buffer.from('"name":"user') }], true],
    'a chunk size': ['gzipSync', [text, { chunkSize: 1024 }], true],
    'an output that is too long': ['gzipSync', [noise, { maxOutputLength: 1000 }], true],
    'small brotli of the best quality': ['brotliCompressSync', [text.subarray(0, 600)], true],
    'several members of gzip': [
      'gunzipSync',
      [Buffer.concat([zlib.gzipSync(noise), zlib.gzipSync(text)])],
      true,
    ],
    'junk behind zstd': ['zstdDecompressSync', [junkBehindZstd], true],
    'a window that is too small': ['gunzipSync', [gzipOfRepeated, { windowBits: 9 }], true],
    'noise is no gzip': ['gunzipSync', [noise], true],
    'noise is no deflate': ['inflateSync', [noise], true],
    'noise is no brotli': ['brotliDecompressSync', [noise], true],
    nothing: ['gunzipSync', [Buffer.alloc(0)], false],
    'an end that is not flushed': [
      'gunzipSync',
      [zlib.gzipSync(noise).subarray(0, 50_000), { finishFlush: zlib.constants.Z_SYNC_FLUSH }],
      true,
    ],
    'an input that is none': ['gzipSync', [7], false],
    'a level that is none': ['gzipSync', [text, { level: 99 }], false],
    'a chunk size that is none': ['gzipSync', [text, { chunkSize: 1 }], false],
    'options that are none': ['gzipSync', [text, 7], false],
  };
  for (const [name, [fn, args, suspends]] of Object.entries(cases))
    it(`is the same: ${name}`, () => same(functions[fn]!, args, { suspends }));

  it('decompresses a little that becomes much in the pool, where gzip says so', async () => {
    const zeros = zlib.gzipSync(Buffer.alloc(1 << 20));
    assert.ok(zeros.length < 2000);
    await same(zlib.gunzipSync as Call, [zeros], { suspends: true });
    const boast = Buffer.from(zlib.gzipSync('small'));
    boast.writeUInt32LE(0xffffffff, boast.length - 4);
    await same(zlib.gunzipSync as Call, [boast], { suspends: false });
  });

  it('gives the engine with the result in place, where it is asked for', async () => {
    const { returned, suspended } = await green(zlib.gzipSync as Call, [text, { info: true }]);
    assert.equal(suspended, false);
    assert.deepEqual(Object.keys(returned as object), ['buffer', 'engine']);
  });

  it('reads its input as it was when it was called', async () => {
    // The pool may begin before this thread goes on, but it does not come to the end of so much.
    const whole = Buffer.concat(Array.from({ length: 20 }, () => noise));
    const input = Buffer.from(whole);
    const pending = start(twinOf(zlib.gzipSync)!.call(zlib, input, { level: 1 })) as Pending;
    input.fill(0);
    assert.ok(zlib.gunzipSync((await pending.promise) as Buffer).equals(whole));
  });
});
