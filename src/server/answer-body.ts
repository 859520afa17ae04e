// What an answer's body consists of: how bytes and files count against what its head has promised, and what becomes of it
// where a file is shorter than was said. `HttpExchange.write` and `writeFile` come here.

import { LocalProtocolError } from '../http/index.ts';
import { ECANCELED } from '../kernel/index.ts';
import type { Connection } from './connection-state.ts';
import type { HttpExchange } from './exchange.ts';
import { type FileListener, FilePiece } from './file-piece.ts';
import { cancelFile, dropUnsent } from './outlet.ts';
import { COMPLETE, FAILED, STARTED } from './states.ts';

/** Counts what is to be sent. Throws where that is more than was promised. */
export function countBody(exchange: HttpExchange, length: number): void {
  const { owed, bodyBytes } = exchange;
  if (owed >= 0) {
    if (length > owed) {
      throw new LocalProtocolError(
        'ERR_HTTP_BODY_TOO_LONG',
        `the answer promised ${bodyBytes + owed} bytes, and ${bodyBytes + length} were written`,
      );
    }
    exchange.owed -= length;
  }
  exchange.bodyBytes += length;
}

/** Adds a part of a file to the body. */
export function addFile(
  connection: Connection,
  exchange: HttpExchange,
  file: number,
  position: number,
  length: number,
  done: FileListener,
): { cancel(): void } {
  if (exchange.state !== STARTED) {
    throw new LocalProtocolError('ERR_HTTP_NOT_STARTED', 'writeFile() comes between start() and end()');
  }
  countBody(exchange, length);
  const piece: FilePiece = new FilePiece(file, position, length, (sent, failure) => {
    if (sent < length) fallShort(connection, exchange, piece, length - sent);
    done(sent, failure);
  });
  if (exchange.superseded || connection.gone !== undefined) piece.finish(-ECANCELED);
  else {
    (exchange.pieces ??= []).push(piece);
    connection.wake();
  }
  return { cancel: () => cancelFile(connection, piece) };
}

/** Less was sent than was said: the app still owes the rest, or, where it can't give it any more, the answer is cut. */
function fallShort(connection: Connection, exchange: HttpExchange, piece: FilePiece, missing: number): void {
  if (exchange.owed >= 0) exchange.owed += missing;
  exchange.bodyBytes -= missing;
  if (connection.gone !== undefined || exchange.state === FAILED) return;
  const ended = exchange.state === COMPLETE && exchange.owed > 0;
  if (!piece.chunked && !ended) return;
  // What is queued behind it would be taken for the rest of the file.
  dropUnsent(connection);
  exchange.state = STARTED;
  exchange.fail(
    new LocalProtocolError('ERR_HTTP_BODY_TOO_SHORT', 'a file became shorter while it was being sent'),
  );
}
