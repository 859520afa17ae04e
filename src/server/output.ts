// Bytes on their way out. Every answer of one step of a connection is encoded into one shared buffer and sent with one
// call. What the socket does not take is copied to the connection (`unsent`) before anybody else may use the buffer.
//
//   ┌─ deferred: whole answers of others ─┬─ the owner's, so far ─┬──────────┐
//   │  of A        │  of B    │  of C     │                       │   free   │
//   └──────────────┴──────────┴──────────#start───────────────#length────────┘
//
// Answers of a turn are sent together (`defer`): sent in between, each call of the kernel, a hundred kilobytes of code
// and data, would push the server's own out of the processor's caches, and the other way round for the next request.

import { CHUNK_END, encodeChunkHead } from '../http/index.ts';
import { EAGAIN } from '../kernel/index.ts';
import type { Loop, Runnable } from '../loop/index.ts';
import type { FilePiece } from './file-piece.ts';
import { type Outlet, sendOrKeep, sendUnsent } from './outlet.ts';

/** Large enough for a batch of pipelined answers or one page; 64 KB more than that are sent from where they lie. */
const BUFFER_SIZE = 128 * 1024;
/** From this size on, a body is not copied: a second send(2) is cheaper. */
const COPY_LIMIT = 16 * 1024;
/** Answers that are sent together, at most: more gain nothing, and those of light handlers wait for a heavy one's. */
const MOST_TOGETHER = 32;
/** Milliseconds after which no answer waits for another one. */
const LONGEST_WAIT = 0.2;

const encoder = new TextEncoder();

/** Up to this size, what is in memory of a file is copied, and leaves together with the head: two calls less. */
const FILE_COPY_LIMIT = 64 * 1024;

/** Node's own writers, which `buf.write(text, offset, 'latin1')` calls after it has looked at its arguments. */
interface WritableBuffer extends Buffer {
  latin1Write(text: string, offset: number): number;
  utf8Write(text: string, offset: number): number;
}

export class Output implements Runnable {
  readonly #loop: Loop;
  readonly #buffer: WritableBuffer;
  /** Where the owner's bytes begin: what lies before is deferred. */
  #start = 0;
  #length = 0;
  #owner: Outlet | undefined;
  /** Whose answers are deferred, and where each ends. */
  #deferred: Outlet[] = [];
  #ends: number[] = [];
  /** When the first of them was, on the loop's clock. */
  #since = 0;
  #scheduled = false;

  constructor(loop: Loop) {
    this.#loop = loop;
    this.#buffer = loop.kernel.allocate(BUFFER_SIZE) as unknown as WritableBuffer;
  }

  /** Appends latin1 text: a head, a chunk's size. */
  text(outlet: Outlet, text: string): void {
    if (text.length > BUFFER_SIZE) {
      this.bytes(outlet, Buffer.from(text, 'latin1'));
      return;
    }
    this.#reserve(outlet, text.length);
    this.#length += this.#buffer.latin1Write(text, this.#length);
  }

  /** Appends a string as UTF-8, `byteLength` bytes of it. */
  utf8(outlet: Outlet, text: string, byteLength: number): void {
    if (byteLength > BUFFER_SIZE) {
      this.#long(outlet, text);
      return;
    }
    this.#reserve(outlet, byteLength);
    // As many bytes as characters means ASCII, where both encodings agree and latin1 is written in half the time.
    const ascii = byteLength === text.length;
    this.#length += ascii
      ? this.#buffer.latin1Write(text, this.#length)
      : this.#buffer.utf8Write(text, this.#length);
  }

  /** Sends a string that is too long for the buffer, one filling after the other: what the socket takes is never copied. */
  #long(outlet: Outlet, text: string): void {
    this.#sendDeferred();
    this.flush(outlet);
    for (let rest = text; rest.length > 0; ) {
      this.#claim(outlet);
      const { read, written } = encoder.encodeInto(rest, this.#buffer);
      this.#length = written;
      this.flush(outlet);
      rest = rest.slice(read);
    }
  }

  /** Appends bytes, which must not change until they are sent. `more`: something follows at once. */
  bytes(outlet: Outlet, bytes: Uint8Array, more = false): void {
    if (bytes.length > COPY_LIMIT) {
      this.flush(outlet, true);
      sendOrKeep(outlet, bytes, 0, bytes.length, false, more);
      return;
    }
    this.#reserve(outlet, bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /**
   * Appends a piece of a file; `chunked`: as one chunk. A small one that is not in memory ends there and then: it is better
   * read, in one go, than brought into memory and sent.
   */
  file(outlet: Outlet, piece: FilePiece, chunked: boolean): void {
    if (piece.over) return;
    const head = chunked ? encodeChunkHead(piece.left) : '';
    if (piece.left <= FILE_COPY_LIMIT) {
      const failure = this.#copyFile(outlet, piece, head);
      if (failure !== 0) {
        piece.finish(failure);
        return;
      }
    } else {
      piece.chunked = chunked;
      if (chunked) this.text(outlet, head);
      this.flush(outlet, true);
      (outlet.unsent ??= []).push(piece);
      sendUnsent(outlet);
    }
    if (chunked) this.text(outlet, CHUNK_END);
  }

  #copyFile(outlet: Outlet, piece: FilePiece, head: string): number {
    const { file, position, left } = piece;
    this.#reserve(outlet, head.length + left);
    const at = this.#length + head.length;
    const count = this.#loop.kernel.readCached(file, position, this.#buffer, at, left);
    if (count !== left) {
      if (this.#length === this.#start) this.#owner = undefined;
      return count < 0 ? count : -EAGAIN;
    }
    this.#buffer.latin1Write(head, this.#length);
    this.#length = at + count;
    piece.advance(count);
    return 0;
  }

  /** Sends what `outlet` has in the buffer. Call it before its coroutine waits. `more`: something follows at once. */
  flush(outlet: Outlet, more = false): void {
    if (outlet.deferred) this.#sendDeferred();
    if (this.#length === this.#start) return;
    this.#claim(outlet);
    const end = this.#length;
    this.#length = this.#start;
    this.#owner = undefined;
    sendOrKeep(outlet, this.#buffer, this.#start, end, true, more);
  }

  /**
   * As `flush`, but later in this turn and together with the answers of others. For whole answers: the coroutine may wait
   * for the next request, and is woken where this one can't be sent.
   */
  defer(outlet: Outlet): void {
    if (outlet.unsent !== undefined || outlet.broken < 0) this.flush(outlet);
    if (this.#length === this.#start) return;
    this.#claim(outlet);
    this.#owner = undefined;
    this.#start = this.#length;
    outlet.deferred = true;
    const together = this.#deferred.push(outlet);
    this.#ends.push(this.#length);
    const now = this.#loop.now();
    if (together === 1) {
      this.#since = now;
      if (!this.#scheduled) this.#loop.schedule(this);
      this.#scheduled = true;
    } else if (together === MOST_TOGETHER || now - this.#since > LONGEST_WAIT) {
      this.#sendDeferred();
    }
  }

  /** Called by the loop, behind all that was ready when the first answer was deferred. */
  run(): void {
    this.#scheduled = false;
    this.#sendDeferred();
  }

  #sendDeferred(): void {
    const deferred = this.#deferred;
    const ends = this.#ends;
    this.#deferred = [];
    this.#ends = [];
    let start = 0;
    for (let i = 0; i < deferred.length; i++) {
      const outlet = deferred[i]!;
      if (outlet.deferred) {
        outlet.deferred = false;
        sendOrKeep(outlet, this.#buffer, start, ends[i]!, true);
        if (outlet.unsent !== undefined || outlet.broken < 0) outlet.wake();
      }
      start = ends[i]!;
    }
    this.#buffer.copyWithin(0, this.#start, this.#length);
    this.#length -= this.#start;
    this.#start = 0;
  }

  /** Forgets what a connection that has failed left behind. */
  abandon(outlet: Outlet): void {
    outlet.deferred = false;
    if (this.#owner === outlet) {
      this.#length = this.#start;
      this.#owner = undefined;
    }
  }

  #reserve(outlet: Outlet, length: number): void {
    this.#claim(outlet);
    if (this.#length + length > BUFFER_SIZE) this.#sendDeferred();
    if (this.#length + length > BUFFER_SIZE) {
      this.flush(outlet);
      this.#owner = outlet;
    }
  }

  /** One connection's bytes must never reach another: whoever comes while somebody's are here is a bug. */
  #claim(outlet: Outlet): void {
    if (this.#owner === outlet) return;
    if (this.#owner !== undefined) throw new Error('the output buffer holds another connection’s bytes');
    // What it has said before leaves before.
    if (outlet.deferred) this.#sendDeferred();
    this.#owner = outlet;
  }
}
