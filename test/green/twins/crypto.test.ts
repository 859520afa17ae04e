// Crypto's blocking functions: what their twins give, which calls suspend, and what other requests can do meanwhile.

import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { type Pending, start } from '../../../src/green/coroutine.ts';
import { twinOf } from '../../../src/green/twin.ts';
import { type Call, green, same } from './compare.ts';

const { argon2Sync, checkPrimeSync, diffieHellman, generateKeyPairSync, generatePrimeSync } = crypto;
const { pbkdf2Sync, randomBytes, randomFillSync, scryptSync, sign, verify, encapsulate, decapsulate } =
  crypto;

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const ed25519 = generateKeyPairSync('ed25519');
const pem = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' });
const data = Buffer.from('what is signed');

describe('a twin of crypto', () => {
  const cases: readonly (readonly [string, Call, readonly unknown[], boolean])[] = [
    ['pbkdf2Sync', pbkdf2Sync as Call, ['password', 'salt', 2000, 32, 'sha256'], true],
    ['pbkdf2Sync with few iterations', pbkdf2Sync as Call, ['password', 'salt', 10, 32, 'sha256'], false],
    ['pbkdf2Sync for a long key', pbkdf2Sync as Call, ['password', 'salt', 100, 640, 'SHA-512'], true],
    [
      'pbkdf2Sync with bytes',
      pbkdf2Sync as Call,
      [Buffer.from('p'), new Uint16Array(4), 5000, 20, 'sha1'],
      true,
    ],
    ['pbkdf2Sync without a digest', pbkdf2Sync as Call, ['password', 'salt', 2000, 32], false],
    ['pbkdf2Sync with a digest unheard of', pbkdf2Sync as Call, ['p', 's', 2000, 32, 'md0'], false],
    ['pbkdf2Sync with iterations that are none', pbkdf2Sync as Call, ['p', 's', -5000, 32, 'sha1'], false],
    ['pbkdf2Sync with a password that is none', pbkdf2Sync as Call, [7, 's', 5000, 32, 'sha1'], false],
    ['scryptSync', scryptSync as Call, ['password', 'salt', 64], true],
    ['scryptSync that is cheap', scryptSync as Call, ['password', 'salt', 64, { N: 16 }], false],
    ['scryptSync beyond its memory', scryptSync as Call, ['p', 's', 64, { N: 2 ** 20 }], false],
    ['scryptSync with a cost that is none', scryptSync as Call, ['p', 's', 64, { N: 1000 }], false],
    ['checkPrimeSync', checkPrimeSync as Call, [Buffer.from([97])], true],
    ['checkPrimeSync of no prime', checkPrimeSync as Call, [98n, { checks: 3 }], true],
    ['checkPrimeSync of nothing', checkPrimeSync as Call, ['97'], false],
    ['generatePrimeSync of nothing', generatePrimeSync as Call, [0], false],
    ['sign with RSA', sign as Call, ['sha256', data, rsa.privateKey], true],
    ['sign with RSA in a PEM', sign as Call, ['sha256', data, pem], true],
    ['sign with RSA and a padding', sign as Call, ['sha256', data, { key: pem, padding: 1 }], true],
    ['sign with Ed25519', sign as Call, [null, data, ed25519.privateKey], false],
    ['sign much', sign as Call, [null, Buffer.alloc(1 << 18), ed25519.privateKey], true],
    ['sign with a digest unheard of', sign as Call, ['md0', data, rsa.privateKey], false],
    ['sign with a key that is none', sign as Call, ['sha256', data, 'no key'], false],
    ['sign without a key', sign as Call, ['sha256', data], false],
    ['sign with a public key', sign as Call, ['sha256', data, rsa.publicKey], false],
    [
      'verify with P-384',
      verify as Call,
      ['sha256', data, p384.publicKey, sign('sha256', data, p384.privateKey)],
      true,
    ],
    ['verify what is not so', verify as Call, ['sha256', data, p384.publicKey, Buffer.alloc(96)], true],
    [
      'verify with P-256',
      verify as Call,
      ['sha256', data, p256.publicKey, sign('sha256', data, p256.privateKey)],
      false,
    ],
    [
      'diffieHellman with P-384',
      diffieHellman as Call,
      [{ privateKey: p384.privateKey, publicKey: p384.publicKey }],
      true,
    ],
    [
      'diffieHellman of two kinds',
      diffieHellman as Call,
      [{ privateKey: p384.privateKey, publicKey: rsa.publicKey }],
      false,
    ],
    ['generateKeyPairSync of a kind unheard of', generateKeyPairSync as Call, ['xyz', {}], false],
    ['generateKeyPairSync without options', generateKeyPairSync as Call, ['rsa'], false],
    [
      'generateKeyPairSync of a curve unheard of',
      generateKeyPairSync as Call,
      ['ec', { namedCurve: 'xyz' }],
      false,
    ],
    ['randomBytes of no size', randomBytes as Call, [-1], false],
    ['randomFillSync out of range', randomFillSync as Call, [Buffer.alloc(8), 9], false],
  ];
  for (const [name, fn, args, suspends] of cases)
    it(`is the same: ${name}`, { skip: fn === undefined }, () => same(fn, args, { suspends }));

  if (argon2Sync !== undefined) {
    const parameters = {
      message: 'p',
      nonce: 'a salt of 16 octets',
      parallelism: 1,
      tagLength: 32,
      passes: 1,
    };
    it('is the same: argon2Sync', async () => {
      await same(argon2Sync as Call, ['argon2id', { ...parameters, memory: 512 }], { suspends: true });
      await same(argon2Sync as Call, ['argon2id', { ...parameters, memory: 8 }], { suspends: false });
      await same(argon2Sync as Call, ['argon2x', { ...parameters, memory: 512 }], { suspends: false });
      await same(argon2Sync as Call, ['argon2id'], { suspends: false });
    });
  }

  it('makes keys', async () => {
    const { returned, suspended } = await green(generateKeyPairSync as Call, [
      'rsa',
      { modulusLength: 1024 },
    ]);
    const { publicKey, privateKey } = returned as typeof rsa;
    assert.equal(suspended, true);
    assert.deepEqual(Object.keys(returned as object), ['publicKey', 'privateKey']);
    assert.equal(verify('sha256', data, publicKey, sign('sha256', data, privateKey)), true);
    const quick = await green(generateKeyPairSync as Call, ['ec', { namedCurve: 'P-256' }]);
    assert.equal(quick.suspended, false);
  });

  it('makes keys in an encoding', async () => {
    const encoding = { type: 'pkcs8', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' };
    const args = [
      'ec',
      {
        namedCurve: 'P-256',
        privateKeyEncoding: encoding,
        publicKeyEncoding: { type: 'spki', format: 'der' },
      },
    ];
    const { returned, suspended } = await green(generateKeyPairSync as Call, args);
    const { publicKey, privateKey } = returned as { publicKey: Buffer; privateKey: string };
    assert.equal(suspended, true);
    assert.ok(Buffer.isBuffer(publicKey));
    assert.match(privateKey, /^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
  });

  it('makes primes', async () => {
    const { returned, suspended } = await green(generatePrimeSync as Call, [32, { bigint: true }]);
    assert.equal(suspended, true);
    assert.equal(checkPrimeSync(returned as bigint), true);
    assert.ok((await green(generatePrimeSync as Call, [32])).returned instanceof ArrayBuffer);
  });

  it('opens what was sealed for it', async (test) => {
    if (encapsulate === undefined) return test.skip('not in this version of Node');
    const { sharedKey, ciphertext } = encapsulate(rsa.publicKey);
    const { returned, suspended } = await green(decapsulate as Call, [rsa.privateKey, ciphertext]);
    assert.equal(suspended, true);
    assert.deepEqual(returned, sharedKey);
  });

  it('makes random bytes, many of them in the pool', async () => {
    const many = await green(randomBytes as Call, [1 << 18]);
    assert.equal(many.suspended, true);
    assert.equal((many.returned as Buffer).length, 1 << 18);
    assert.equal((await green(randomBytes as Call, [16])).suspended, false);
  });

  it('fills the caller’s own buffer', async () => {
    const buffer = new Uint8Array((1 << 18) + 10);
    const { returned, suspended } = await green(randomFillSync as Call, [buffer, 10]);
    assert.equal(suspended, true);
    assert.equal(returned, buffer);
    assert.deepEqual(buffer.subarray(0, 10), new Uint8Array(10));
    assert.ok(buffer.subarray(10).some((byte) => byte !== 0));
  });

  it('leaves the callback forms of sign and verify as they are', async () => {
    const called = Promise.withResolvers<unknown>();
    const args = [
      'sha256',
      data,
      rsa.privateKey,
      (_: unknown, signature: unknown) => called.resolve(signature),
    ];
    assert.deepEqual(await green(sign as Call, args), { returned: undefined, suspended: false });
    assert.deepEqual(await called.promise, sign('sha256', data, rsa.privateKey));
  });

  it('reads its buffers as they were when it was called, also where it had to wait for a place', async () => {
    const password = Buffer.from('password');
    const expected = pbkdf2Sync(password, 'salt', 20_000, 32, 'sha256');
    const pending = Array.from({ length: 4 }, () =>
      start(twinOf(pbkdf2Sync)!.call(crypto, password, 'salt', 20_000, 32, 'sha256')),
    ) as Pending[];
    password.fill(0);
    for (const { promise } of pending) assert.deepEqual(await promise, expected);
  });

  it('leaves threads of the pool to files, however many hash', async () => {
    const order: string[] = [];
    const hashes = Array.from({ length: 12 }, async () => {
      await green(pbkdf2Sync as Call, ['password', 'salt', 20_000, 32, 'sha256']);
      order.push('hash');
    });
    await green(readFileSync as Call, ['/proc/self/stat']);
    order.push('file');
    await Promise.all(hashes);
    assert.ok(order.indexOf('file') < 6, order.join(' '));
  });

  it('goes on where one that waits for a place is cancelled', async () => {
    const pending = Array.from({ length: 8 }, () =>
      start(twinOf(pbkdf2Sync)!.call(crypto, 'password', 'salt', 10_000, 32, 'sha256')),
    ) as Pending[];
    const ends = pending.map(({ promise }) => promise.then(() => 'done').catch((error: Error) => error.name));
    for (const [index, { task }] of pending.entries()) if (index % 2 === 1) task.cancel();
    assert.deepEqual(
      await Promise.all(ends),
      pending.map((_, index) => (index % 2 === 1 ? 'Cancelled' : 'done')),
    );
    assert.equal((await green(pbkdf2Sync as Call, ['p', 's', 5000, 32, 'sha1'])).suspended, true);
  });
});
