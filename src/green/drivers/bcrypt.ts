// The driver for `bcrypt`, which is native: hashing goes to libuv's pool, as in its asynchronous functions.

import { until } from '../../task/index.ts';
import type { Driver } from './driver.ts';

type Data = string | Buffer;

interface Bcrypt {
  genSaltSync(rounds?: number): string;
  hashSync(data: Data, salt: string | number): string;
  compareSync(data: Data, hash: string): boolean;
  hash(data: Data, salt: string): Promise<string>;
  compare(data: Data, hash: string): Promise<boolean>;
}

/** Data may be changed while it is hashed. */
const copied = (data: Data): Data => (typeof data === 'string' ? data : Buffer.from(data));

const isData = (data: unknown): boolean => typeof data === 'string' || data instanceof Buffer;

export const bcrypt: Driver = {
  name: 'bcrypt',
  package: 'bcrypt',
  install(exports, { registerTwin }) {
    const library = exports as Bcrypt;
    // A copy: who replaces a function of the package replaces his own.
    const { hashSync, compareSync, hash, compare } = library;
    registerTwin(hashSync, function* (data, salt) {
      const isSalt = typeof salt === 'string' || typeof salt === 'number';
      // The synchronous function says what is wrong in its own words, and at once.
      if (!isData(data) || !isSalt) return hashSync(data, salt);
      return yield* until(hash(copied(data), typeof salt === 'number' ? library.genSaltSync(salt) : salt));
    });
    registerTwin(compareSync, function* (data, hashed) {
      if (!isData(data) || typeof hashed !== 'string') return compareSync(data, hashed);
      return yield* until(compare(copied(data), hashed));
    });
  },
};
