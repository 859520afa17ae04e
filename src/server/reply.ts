// Moves what the app has said of its answer into the out buffer, framed as its head promised. Called by the connection
// in each of its steps.

import { CHUNK_END, encodeChunkHead, encodeLastChunk } from '../http/index.ts';
import type { Connection } from './connection-state.ts';
import type { HttpExchange } from './exchange.ts';
import { FilePiece } from './file-piece.ts';
import { COMPLETE, OPEN, STARTED } from './states.ts';

export function moveReply(connection: Connection, exchange: HttpExchange): void {
  const { output } = connection.context;
  if (exchange.interim !== '') {
    output.text(connection, exchange.interim);
    exchange.interim = '';
  }
  if (exchange.state === OPEN) return;
  if (exchange.headText !== '') {
    if (exchange.state === STARTED && exchange.pieces === undefined && mayHold(connection, exchange)) return;
    output.text(connection, exchange.headText);
    exchange.headText = '';
  }
  const { whole } = exchange;
  if (whole !== null) {
    if (typeof whole === 'string') output.utf8(connection, whole, exchange.bodyBytes);
    else output.bytes(connection, whole);
    exchange.whole = null;
  }
  if (exchange.pieces !== undefined) movePieces(connection, exchange, exchange.pieces);
  if (exchange.state === COMPLETE && exchange.framing === 'chunked') {
    output.text(
      connection,
      exchange.trailerText === '' ? encodeLastChunk() : `0\r\n${exchange.trailerText}\r\n`,
    );
    exchange.framing = 'none';
  }
}

function movePieces(
  connection: Connection,
  exchange: HttpExchange,
  pieces: readonly (Uint8Array | FilePiece)[],
): void {
  const { output } = connection.context;
  const chunked = exchange.framing === 'chunked';
  const { pendingBytes } = exchange;
  exchange.pieces = undefined;
  exchange.pendingBytes = 0;
  if (pieces.some((piece) => piece instanceof FilePiece)) {
    for (const piece of pieces) {
      if (piece instanceof FilePiece) output.file(connection, piece, chunked);
      else moveBytes(connection, [piece], chunked ? piece.length : -1);
    }
  } else moveBytes(connection, pieces as readonly Uint8Array[], chunked ? pendingBytes : -1);
}

/** What was written in one go is one chunk, whose length is `chunk`; -1 where there are none. */
function moveBytes(connection: Connection, pieces: readonly Uint8Array[], chunk: number): void {
  const { output } = connection.context;
  if (chunk >= 0) output.text(connection, encodeChunkHead(chunk));
  // A piece does not wait for its chunk's end: that would save another packet, and costs more CPU.
  for (const [i, piece] of pieces.entries()) output.bytes(connection, piece, i + 1 < pieces.length);
  if (chunk >= 0) output.text(connection, CHUNK_END);
}

/** The first piece of a stream is often only some promises away: within this turn, the head waits to leave with it. */
function mayHold(connection: Connection, exchange: HttpExchange): boolean {
  if (exchange.headHold === 'none') {
    exchange.headHold = 'held';
    connection.context.loop.schedule({
      run() {
        exchange.headHold = 'over';
        connection.wake();
      },
    });
  }
  return exchange.headHold === 'held';
}
