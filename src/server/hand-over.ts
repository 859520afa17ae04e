// The protocol has been switched: the connection is the app's until it ends. `connection.ts` comes here once the 101 is with
// the socket and nothing of the request's body is left to come.

import { SystemError } from '../kernel/index.ts';
import { Cancelled, type Co } from '../task/index.ts';
import type { Connection } from './connection-state.ts';
import type { HttpExchange } from './exchange.ts';

export type TakeOver = NonNullable<HttpExchange['takeOver']>;

/** Runs `takeOver` on the stream, with what has come behind the request. Closes it, and never throws for what the app does. */
export function* handOver(connection: Connection, takeOver: TakeOver): Co<void> {
  const { input, stream } = connection;
  const rest = Uint8Array.prototype.slice.call(input.bytes, input.start, input.end);
  input.drop();
  connection.waitUnder(undefined, false);
  // An app that answered later than at once did so while the server waited for news: those are the app's from now on.
  stream.activity.unpark(connection);
  connection.handedOver = true;
  try {
    yield* takeOver(stream, rest);
  } catch (error) {
    note(connection, error);
  } finally {
    stream.close();
  }
}

/** A client that leaves, and a stop, are nobody's fault. */
function note({ context }: Connection, error: unknown): void {
  if (error instanceof SystemError || error instanceof Cancelled) {
    context.log.debug({ err: error }, 'an upgraded connection ended');
    return;
  }
  context.counters.failures++;
  context.log.error({ err: error }, 'the app failed in an upgraded connection');
}
