// The value of the Date field (RFC 9110, section 6.6.1), made once a second and not once a response.

import type { Loop } from '../loop/index.ts';

export class HttpDate {
  readonly #loop: Loop;
  #value = '';
  #validUntil = Number.NEGATIVE_INFINITY;

  constructor(loop: Loop) {
    this.#loop = loop;
  }

  /** `Mon, 23 Nov 2026 05:20:00 GMT` */
  now(): string {
    const now = this.#loop.now();
    if (now >= this.#validUntil) {
      const wall = this.#loop.kernel.wallClock();
      this.#value = new Date(wall).toUTCString();
      this.#validUntil = now + 1000 - (wall % 1000);
    }
    return this.#value;
  }
}
