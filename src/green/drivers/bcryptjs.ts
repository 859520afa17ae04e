// The driver for `bcryptjs`, which is JavaScript: its asynchronous functions hold the process too, 100 ms at a time. So hashing
// goes to a thread, which has the package itself.

import { pathToFileURL } from 'node:url';
import { until } from '../../task/index.ts';
import { callThreads } from '../call-threads.ts';
import type { Driver } from './driver.ts';

interface Bcryptjs {
  genSaltSync(rounds?: number): string;
  hashSync(password: string, salt?: string | number): string;
  compareSync(password: string, hash: string): boolean;
}

/** What `hashSync` takes where it isn't told. */
const DEFAULT_ROUNDS = 10;
/** A hash of any other length matches nothing, which is known at once. */
const HASH_LENGTH = 60;

export const bcryptjs: Driver = {
  name: 'bcryptjs',
  package: 'bcryptjs',
  install(exports, { registerTwin, resolve }) {
    // Imported, it has its functions twice: by name, and in a default export.
    const { genSaltSync, hashSync, compareSync } = exports as Bcryptjs;
    const module = pathToFileURL(resolve('bcryptjs')).href;
    registerTwin(hashSync, function* (password, salt = DEFAULT_ROUNDS) {
      if (typeof password !== 'string') return hashSync(password, salt);
      // Here: the app may have said where randomness comes from.
      const made = typeof salt === 'number' ? genSaltSync(salt) : salt;
      if (typeof made !== 'string') return hashSync(password, made);
      const call = { module, name: 'hashSync', args: [password, made] };
      const answer = yield* until(callThreads.call(call));
      return answer.ok ? (answer.value as string) : hashSync(password, made);
    });
    registerTwin(compareSync, function* (password, hash) {
      if (typeof password !== 'string' || typeof hash !== 'string' || hash.length !== HASH_LENGTH)
        return compareSync(password, hash);
      const answer = yield* until(callThreads.call({ module, name: 'compareSync', args: [password, hash] }));
      return answer.ok ? (answer.value as boolean) : compareSync(password, hash);
    });
  },
};
