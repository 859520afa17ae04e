// Work that goes on after its answer: the promises given to `waitUntil`. The server's drain waits for `settled()`.

export class Background {
  readonly #pending = new Set<Promise<void>>();
  readonly #onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** Promises that have not settled yet. */
  get size(): number {
    return this.#pending.size;
  }

  add(work: PromiseLike<unknown>): void {
    const pending = Promise.resolve(work)
      .then(() => {}, this.#onError)
      .finally(() => this.#pending.delete(pending));
    this.#pending.add(pending);
  }

  /** Resolves when nothing is pending, including what pending work adds. Never rejects. */
  async settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }
}
