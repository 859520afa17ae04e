// Closing a connection so that the client can read the last answer. A socket that is closed while bytes lie unread in
// it, or still come, is reset, and the reset may destroy the answer on its way (RFC 9112, section 9.6). So: no more
// is written, what comes is read and dropped for a bounded time and amount, and then it is closed.

import { EAGAIN } from '../kernel/index.ts';
import type { Co } from '../task/index.ts';
import type { Connection } from './connection-state.ts';
import { sendUnsent } from './output.ts';

/** Bytes of a refused upload that are dropped, at most: what a fast client sends before it looks at the answer. */
const MOST_DROPPED = 64 * 1024 * 1024;

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
  connection.input.drop();
  connection.waitUnder(context.lingerDeadlines, true);
  let more = unread;
  for (let dropped = 0; dropped < MOST_DROPPED; ) {
    const count = stream.tryRead(context.receiveBuffer, 0, context.receiveBuffer.length);
    if (count > 0) {
      dropped += count;
      more = true;
    } else if (count === -EAGAIN && more) {
      yield connection;
      if (connection.expired !== undefined || connection.gone !== undefined) return;
    } else {
      return;
    }
  }
}
