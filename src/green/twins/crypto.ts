// Twins of node:crypto's blocking functions, in libuv's pool. Hashes, HMAC, HKDF, small random bytes and the keys that
// take microseconds to make or use stay in place.
//
// What each takes, measured in µs (Node 26, two shared cores, one thread; ±30%; pooled.ts says what suspending costs):
//   pbkdf2, 1000 iterations: sha1 266, sha256 190-275, sha512 777, sha3-256 1070-1940     scrypt, N·r = 1024: 520-790
//   argon2id, 64 KiB 83, 256 KiB 371     prime of 32 bits 387, of 256 1720     checkPrime of 128 bits 350
//   keys: P-256 64, x25519 69, ed25519 94, ed448 154, ML-KEM-768 75; P-384 1430, ML-DSA-65 281, SLH-DSA 1000, RSA more
//   sign: RSA-1024 156, RSA-2048 932, P-256 30, P-384 1060, secp256k1 622, ed25519 49, DSA 596, ML-DSA-65 1060
//   verify: RSA-2048 38, RSA-4096 113, P-256 73, P-384 1100, DSA 520, ed25519 149, ML-DSA-65 196, SLH-DSA 1390
//   diffieHellman: x25519 58, P-256 99, x448 322, P-521 2880, modp14 398     decapsulate: RSA-1024 154, RSA-2048 945
//   randomBytes(64 KB) 26-86, (256 KB) 251
//
// Without a twin, having no callback form: `privateDecrypt` and its kind, `Sign`, `Cipher`, `Hash`, `DiffieHellman`.

import crypto, { KeyObject } from 'node:crypto';
import { type NodeFunction, nodeFunction } from './node-function.ts';
import { computeLane, type Lane } from './pool.ts';
import { optionsOf, type Pooled, pooledTwin, sizeOf } from './pooled.ts';

type CallbackForm = (...args: unknown[]) => void;

/** The callback forms, as they are when this is loaded: what an app puts in their place is not for the twins. */
const forms = { ...crypto } as unknown as Record<string, CallbackForm>;

/** µs. */
const WORTH_WAITING = 200;
/** Of data to sign, or of random bytes: about as many µs as kilobytes. */
const LARGE = 256 * 1024;

/** µs an iteration of PBKDF2, and bytes it gives. */
const DIGESTS: Readonly<Record<string, readonly [number, number]>> = {
  md5: [0.3, 16],
  sha1: [0.25, 20],
  sha224: [0.2, 28],
  sha256: [0.2, 32],
  sha384: [0.6, 48],
  sha512: [0.6, 64],
};
const OTHER_DIGEST = [1, 32] as const;

const QUICK_KEYS: readonly unknown[] = [
  'x25519',
  'x448',
  'ed25519',
  'ed448',
  'ml-kem-512',
  'ml-kem-768',
  'ml-kem-1024',
];
const QUICK_CURVES: readonly unknown[] = ['P-256', 'prime256v1'];

function compute(micros: number): Lane | undefined {
  return micros >= WORTH_WAITING ? computeLane() : undefined;
}

/** Calls the callback form with as many arguments as the blocking one takes. */
function form(name: string, arity: number): Pooled['begin'] {
  return (args, done) => {
    const given = Array.from({ length: arity }, (_, index) => args[index]);
    forms[name]!(...given, done);
  };
}

/** Mostly a few microseconds, and never 50 ms: no report will name them. */
const UNWATCHED: readonly string[] = [
  'sign',
  'verify',
  'diffieHellman',
  'decapsulate',
  'randomBytes',
  'randomFillSync',
];

/** A key that was parsed: of others it isn't known what they take. */
function keyOf(value: unknown): KeyObject | undefined {
  if (value instanceof KeyObject) return value;
  const key = (value as { key?: unknown } | null | undefined)?.key;
  return key instanceof KeyObject ? key : undefined;
}

const KINDS: Readonly<Record<string, Pooled>> = {
  pbkdf2Sync: {
    plan([, , iterations, length, digest]) {
      if (typeof iterations !== 'number' || typeof length !== 'number' || typeof digest !== 'string')
        return undefined;
      const [micros, bytes] = DIGESTS[digest.toLowerCase().replace('-', '')] ?? OTHER_DIGEST;
      return compute(iterations * Math.ceil(length / bytes) * micros);
    },
    begin: form('pbkdf2', 5),
  },
  scryptSync: {
    plan([, , , given]) {
      const options = optionsOf(given);
      if (options === undefined) return undefined;
      const { N, cost, r, blockSize, p, parallelization } = options;
      const work =
        Number(N ?? cost ?? 16384) * Number(r ?? blockSize ?? 8) * Number(p ?? parallelization ?? 1);
      return compute(work * 0.4);
    },
    begin: ([password, salt, length, options], done) =>
      forms['scrypt']!(password, salt, length, options ?? {}, done),
  },
  argon2Sync: {
    plan([, parameters]) {
      const { memory, passes } = parameters as { memory: number; passes: number };
      return compute(memory * passes * 1.4);
    },
    begin: form('argon2', 2),
  },
  generateKeyPairSync: {
    plan([type, given]) {
      const options = optionsOf(given);
      if (options === undefined || typeof type !== 'string') return undefined;
      const encoding = optionsOf(options['privateKeyEncoding']);
      // A key that is exported with a passphrase costs 2048 iterations of PBKDF2.
      if (encoding?.['passphrase'] !== undefined) return computeLane();
      if (QUICK_KEYS.includes(type)) return undefined;
      return type === 'ec' && QUICK_CURVES.includes(options['namedCurve']) ? undefined : computeLane();
    },
    begin: ([type, options], done) =>
      forms['generateKeyPair']!(type, options, (error: unknown, publicKey: unknown, privateKey: unknown) =>
        done(error, { publicKey, privateKey }),
      ),
  },
  generatePrimeSync: { plan: computeLane, begin: form('generatePrime', 2) },
  checkPrimeSync: { plan: computeLane, begin: form('checkPrime', 2) },
  sign: {
    plan: ([, data, key, callback]) =>
      callback !== undefined ? undefined : planKey(key, data, signingIsSlow, true),
    begin: form('sign', 3),
  },
  verify: {
    plan: ([, data, key, , callback]) =>
      // Most that come as text are RSA keys, and quick to verify with.
      callback !== undefined ? undefined : planKey(key, data, verifyingIsSlow, false),
    begin: form('verify', 4),
  },
  diffieHellman: {
    plan: ([options, callback]) => {
      const key = keyOf((options as { privateKey?: unknown } | undefined)?.privateKey);
      if (callback !== undefined || key === undefined) return undefined;
      const slow = key.asymmetricKeyType === 'dh' || key.asymmetricKeyType === 'x448' || isSlowCurve(key);
      return slow ? computeLane() : undefined;
    },
    begin: form('diffieHellman', 1),
  },
  decapsulate: {
    plan: ([key, , callback]) =>
      callback === undefined && isSlowRsa(keyOf(key)) ? computeLane() : undefined,
    begin: form('decapsulate', 2),
  },
  randomBytes: {
    plan: ([size, callback]) =>
      callback === undefined && typeof size === 'number' && size >= LARGE ? computeLane() : undefined,
    begin: form('randomBytes', 1),
  },
  randomFillSync: {
    plan: ([buffer, offset = 0, size]) => {
      const length = sizeOf(buffer);
      if (length === undefined || typeof buffer === 'string' || typeof offset !== 'number') return undefined;
      return Number(size ?? length - offset) >= LARGE ? computeLane() : undefined;
    },
    begin([buffer, offset, size], done) {
      if (size !== undefined) forms['randomFill']!(buffer, offset, size, done);
      else if (offset !== undefined) forms['randomFill']!(buffer, offset, done);
      else forms['randomFill']!(buffer, done);
    },
    buffers: 'written',
  },
};

function planKey(
  given: unknown,
  data: unknown,
  isSlow: (key: KeyObject) => boolean,
  otherwise: boolean,
): Lane | undefined {
  const size = sizeOf(data);
  if (size === undefined) return undefined;
  const key = keyOf(given);
  const slow = size >= LARGE || (key === undefined ? otherwise : isSlow(key));
  return slow ? computeLane() : undefined;
}

function signingIsSlow(key: KeyObject): boolean {
  const type = key.asymmetricKeyType as string | undefined;
  if (type === 'rsa' || type === 'rsa-pss') return isSlowRsa(key);
  return verifyingIsSlow(key);
}

function verifyingIsSlow(key: KeyObject): boolean {
  const type = key.asymmetricKeyType as string | undefined;
  if (type === undefined || type === 'rsa' || type === 'rsa-pss' || QUICK_KEYS.includes(type)) return false;
  return type === 'ec' ? isSlowCurve(key) : true;
}

function isSlowCurve(key: KeyObject): boolean {
  const curve = key.asymmetricKeyDetails?.namedCurve;
  return curve !== undefined && !QUICK_CURVES.includes(curve);
}

/** Its private operations. */
function isSlowRsa(key: KeyObject | undefined): boolean {
  return (key?.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048;
}

export function cryptoFunctions(): NodeFunction[] {
  return Object.entries(KINDS).flatMap(([name, kind]) => {
    const fn = nodeFunction('crypto', crypto, name, !UNWATCHED.includes(name));
    if (fn === undefined) return [];
    pooledTwin(fn, kind);
    return [fn];
  });
}
