// From a stream to an exchange, as fast as the client takes it. `answer` calls it for bodies that come in pieces.

import type { ReadableStream } from 'node:stream/web';
import type { Exchange } from '../exchange.ts';
import { isBytes } from './body.ts';
import { described } from './described.ts';

/** Sends the stream as the body of a started answer. Resolves when it is sent, cancelled, or cut; never rejects. */
export async function pump(exchange: Exchange, stream: ReadableStream): Promise<void> {
  const reader = stream.getReader();
  const cancel = (reason: unknown) => reader.cancel(reason).catch(ignore);
  // Not at an abort: a client that has only stopped sending still reads.
  exchange.onGone((reason) => void cancel(reason));
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (!isBytes(value))
        throw new TypeError(`A response's stream must give Uint8Arrays, not ${described(value)}.`);
      const room = exchange.write(value);
      // Once aborted, room says nothing: it is `drained` that knows whether anybody still reads.
      if (!room || exchange.aborted !== undefined) await exchange.drained();
    }
    exchange.end();
  } catch (error) {
    // Not after what the stream does when it is cancelled, which may take for ever.
    exchange.fail(error);
    void cancel(error);
  }
}

function ignore(): void {}
