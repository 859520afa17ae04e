// Where bytes go: a connection's socket, and what that has not taken yet, in order: bytes, and pieces of files. `output.ts`
// fills it, the connection's coroutine comes by when there is room.

import { Buffer } from 'node:buffer';
import { EAGAIN, ECANCELED, EINVAL, EIO, EOPNOTSUPP } from '../kernel/index.ts';
import type { Loop } from '../loop/index.ts';
import type { Stream } from '../net/index.ts';
import { dropFiles, FilePiece } from './file-piece.ts';

/** Bytes of one file in one step of its connection. Others have their turn then. */
const MOST_IN_TURN = 256 * 1024;
/** What sendfile says of the file rather than of the socket: whoever reads it by other means finds out what it is. */
const FILE_ERRORS: ReadonlySet<number> = new Set([-EINVAL, -EIO, -EOPNOTSUPP]);

export interface Outlet {
  readonly stream: Stream;
  readonly loop: Loop;
  /** What the socket has not taken yet, in order. */
  unsent: (Buffer | FilePiece)[] | undefined;
  /** Bytes of it that are held in memory. */
  unsentBytes: number;
  /** A negative errno once sending has failed: what follows is dropped. */
  broken: number;
  /** An answer of it lies in the out buffer, to be sent within this turn. */
  deferred: boolean;
  /** Called when its deferred answer could not be sent, or not all of it, and when a file has news. */
  wake(): void;
}

/** Sends `bytes[start, end)`, behind what is unsent. `shared` ones are copied where they have to wait. `more`: something follows. */
export function sendOrKeep(
  outlet: Outlet,
  bytes: Uint8Array,
  start: number,
  end: number,
  shared: boolean,
  more = false,
): void {
  let sent = start;
  if (outlet.unsent === undefined) {
    while (sent < end) {
      const count = outlet.stream.tryWrite(bytes, sent, end - sent, more);
      if (count < 0) {
        if (count !== -EAGAIN) {
          outlet.broken = count;
          return;
        }
        break;
      }
      sent += count;
    }
    if (sent === end) return;
  }
  const rest = bytes.subarray(sent, end);
  const kept = shared ? Buffer.from(rest) : Buffer.from(rest.buffer, rest.byteOffset, rest.length);
  (outlet.unsent ??= []).push(kept);
  outlet.unsentBytes += kept.length;
  outlet.stream.wantWritable();
}

/** Sends more of what is unsent. True where anything was taken. */
export function sendUnsent(outlet: Outlet): boolean {
  const queue = outlet.unsent;
  if (queue === undefined) return false;
  let progress = false;
  while (queue.length > 0 && outlet.broken === 0) {
    const first = queue[0]!;
    if (first instanceof FilePiece) {
      if (sendFile(outlet, first) > 0) progress = true;
      if (!first.over) break;
      // One that ended early may have ended the answer, and dropped the queue.
      if (queue[0] === first) queue.shift();
    } else if (sendBytes(outlet, first, queue) > 0) progress = true;
    else break;
  }
  if (queue.length === 0) outlet.unsent = undefined;
  return progress;
}

function sendBytes(outlet: Outlet, bytes: Buffer, queue: (Buffer | FilePiece)[]): number {
  if (bytes.length === 0) {
    // Nothing empty is ever kept: the app has given the memory away. What was promised can't be sent any more.
    outlet.broken = -EINVAL;
    return 0;
  }
  const count = outlet.stream.tryWrite(bytes, 0, bytes.length, queue.length > 1);
  if (count < 0) {
    if (count !== -EAGAIN) outlet.broken = count;
    return 0;
  }
  outlet.unsentBytes -= count;
  if (count === bytes.length) queue.shift();
  else queue[0] = bytes.subarray(count);
  return count;
}

/** Sends more of `piece`. Returns how much, and sees to it that somebody comes again where that is not all. */
function sendFile(outlet: Outlet, piece: FilePiece): number {
  const { stream, loop } = outlet;
  const before = piece.sent;
  while (!piece.over) {
    if (piece.sent - before >= MOST_IN_TURN) {
      loop.schedule({ run: () => outlet.wake() });
      break;
    }
    const ready = piece.ready(loop.kernel, () => outlet.wake());
    if (ready === -EAGAIN) break;
    const count = ready > 0 ? stream.trySendFile!(piece.file, piece.position, ready) : ready;
    if (count > 0) piece.advance(count);
    else if (count === -EAGAIN) {
      stream.wantWritable();
      break;
    } else if (count === 0 || ready < 0 || FILE_ERRORS.has(count)) piece.finish(count);
    else {
      outlet.broken = count;
      break;
    }
  }
  return piece.sent - before;
}

/**
 * Lets go of `piece` before it is sent. What was promised to the client as a chunk is sent all the same: from memory, or, where
 * it would have to be waited for, from the file.
 */
export function cancelFile(outlet: Outlet, piece: FilePiece): void {
  if (!piece.chunked) {
    piece.finish(-ECANCELED);
    return;
  }
  const at = outlet.unsent?.indexOf(piece) ?? -1;
  if (at === -1 || piece.loading) return;
  const { file, position, left } = piece;
  const bytes = Buffer.allocUnsafeSlow(left);
  if (outlet.loop.kernel.readCached(file, position, bytes, 0, left) !== left) return;
  outlet.unsent![at] = bytes;
  outlet.unsentBytes += left;
  piece.advance(left);
}

/** Gives up what is unsent: whoever waits for a file of it may close it. */
export function dropUnsent(outlet: Outlet): void {
  const queue = outlet.unsent;
  outlet.unsent = undefined;
  outlet.unsentBytes = 0;
  if (queue !== undefined) dropFiles(queue.splice(0));
}
