// Closing a connection so that the client can read the last answer. A socket that is closed while bytes lie unread in
// it, or still come, is reset, and the reset may destroy the answer on its way (RFC 9112, section 9.6). So: no more
// is written, what comes is read and dropped for a bounded time and amount, and then it is closed.

import { EAGAIN } from '../kernel/index.ts';
import type { Co } from '../task/index.ts';
import type { Connection } from './connection-state.ts';
import { sendUnsent } from './outlet.ts';
import { TURN } from './turn.ts';

/** Bytes that are dropped, at most: many clients send all of a refused upload before they look at the answer. */
const MOST_DROPPED = 1024 ** 3;
/** Milliseconds, at most, for a client that goes on sending; one that is silent has `lingerDeadlines`. */
const LONGEST_LINGER = 30_000;
/** Reads at a stretch before other connections have their turn: 64 KB each. */
const READS_IN_TURN = 16;

/**
 * Sends what is left to send, then closes. With `unread` (the client was not heard out) it always waits for the
 * client's end; without, only where more has come already.
 */
export function* lingerAndClose(connection: Connection, unread: boolean): Co<void> {
  yield* sendRest(connection);
  if (connection.broken < 0) {
    connection.stream.close('reset');
    return;
  }
  connection.stream.end();
  yield* dropInput(connection, unread);
  connection.waitUnder(undefined, false);
  connection.stream.close();
}

function* sendRest(connection: Connection): Co<void> {
  const { context } = connection;
  context.output.flush(connection);
  let sent = true;
  while (connection.unsent !== undefined && connection.broken === 0) {
    connection.waitUnder(context.writeDeadlines, sent);
    yield connection;
    if (connection.expired !== undefined || connection.gone !== undefined) {
      connection.broken = -EAGAIN;
      return;
    }
    sent = sendUnsent(connection);
  }
}

function* dropInput(connection: Connection, unread: boolean): Co<void> {
  const { context, stream } = connection;
  const { loop, receiveBuffer, lingerDeadlines } = context;
  connection.input.drop();
  const end = loop.now() + LONGEST_LINGER;
  let more = unread;
  let dropped = 0;
  let reads = 0;
  connection.waitUnder(lingerDeadlines, true);
  while (dropped < MOST_DROPPED && loop.now() < end) {
    const count = stream.tryRead(receiveBuffer, 0, receiveBuffer.length);
    if (count > 0) {
      dropped += count;
      more = true;
      if (++reads % READS_IN_TURN === 0) yield TURN;
      // The time of a stop is up.
      if (connection.gone !== undefined) return;
      continue;
    }
    if (count !== -EAGAIN || !more) return;
    connection.waitUnder(lingerDeadlines, reads > 0);
    reads = 0;
    yield connection;
    if (connection.expired !== undefined || connection.gone !== undefined) return;
  }
}
