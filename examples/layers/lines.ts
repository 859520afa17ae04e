// Lines of text from a stream. Coroutines call `next` with `yield*`, and see lines and none of the waiting.

import type { Stream } from '../../src/net/index.ts';
import type { Co } from '../../src/task/index.ts';
import { LONGEST_LINE } from './directory.ts';

export class LineReader {
  readonly #stream: Stream;
  readonly #buffer = Buffer.alloc(LONGEST_LINE);
  #length = 0;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  /** The next line without its end, or undefined at the stream's end. */
  *next(): Co<string | undefined> {
    for (;;) {
      const end = this.#buffer.subarray(0, this.#length).indexOf('\n');
      if (end !== -1) {
        const line = this.#buffer.toString('utf8', 0, end);
        this.#buffer.copyWithin(0, end + 1, this.#length);
        this.#length -= end + 1;
        return line;
      }
      if (this.#length === LONGEST_LINE) throw new Error(`a line is longer than ${LONGEST_LINE} bytes`);
      const count = yield* this.#stream.read(this.#buffer.subarray(this.#length));
      if (count === 0) return undefined;
      this.#length += count;
    }
  }
}
