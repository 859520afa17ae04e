// A request's connection on the thread's side. The real one stays with the main thread; a thread sees as much of it as one
// request needs, and a new one for each.

import type { Client } from '../app/index.ts';
import type { Stream } from '../net/index.ts';
import type { Answer, Ends } from './messages.ts';
import { exactly } from './messages.ts';

export class ThreadClient implements Client {
  readonly #id: number;
  readonly #post: (message: Answer) => void;
  readonly stream: Stream;
  readonly unsentBytes = 0;
  companion: unknown = undefined;

  constructor(id: number, { remote, local, encrypted }: Ends, post: (message: Answer) => void) {
    this.#id = id;
    this.#post = post;
    // Whoever looks behind an exchange asks a stream for where its ends are, and for nothing else before an upgrade.
    this.stream = { remoteAddress: remote, localAddress: local, encrypted } as Stream;
  }

  sendRaw(bytes: Uint8Array): void {
    this.#post({ type: 'raw', id: this.#id, bytes: exactly(bytes) });
  }

  hangUp(reason: Error): void {
    this.#post({ type: 'hang up', id: this.#id, reason: reason.message });
  }
}
