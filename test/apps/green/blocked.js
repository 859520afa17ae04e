// A getter can't suspend: what it calls blocks.

import { pbkdf2Sync } from 'node:crypto';

class Account {
  #salt;

  constructor(salt) {
    this.#salt = salt;
  }

  get password() {
    return pbkdf2Sync('secret', this.#salt, 1_000_000, 32, 'sha256');
  }
}

export default {
  fetch() {
    return new Response(new Account('salt').password.length === 32 ? 'hashed' : 'not hashed');
  },
};
