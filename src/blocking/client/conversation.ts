// One request and its answer over one connection: the only place of this client that knows bytes and waits. It sends as
// the server takes, and reads all the while, since a server may answer (413, say) what it does not want to read to the end.

import { EAGAIN, SystemError } from '../../kernel/index.ts';
import type { Stream } from '../../net/index.ts';
import { type Co, sleep } from '../../task/index.ts';
import { Failure } from '../errors.ts';
import { AnswerReader } from './answer-reader.ts';
import type { Patience } from './patience.ts';

/** Holds the largest head, and what a socket usually has at once of a body. */
const SHARED_SIZE = 128 * 1024;
/** Shared by all requests of a thread: nothing refers to it once one of them waits. */
let shared: Buffer | undefined;

/** Reads at a stretch before others have their turn. */
const LONGEST_STREAK = 64;

/** A request as octets. */
export interface Outgoing {
  /** As many as there are sends without copies. */
  readonly pieces: readonly Uint8Array[];
  /** It does not ask the server to close the connection. */
  readonly keepAlive: boolean;
}

export interface Conversed {
  readonly answer: AnswerReader;
  /** The connection can carry another request. */
  readonly reusable: boolean;
}

/** Sends `outgoing`, a request with this method, and reads its answer. */
export function* converse(
  stream: Stream,
  method: string,
  outgoing: Outgoing,
  maxBody: number,
  patience: Patience,
): Co<Conversed> {
  const reader = new AnswerReader(method, maxBody);
  const sending = new Sending(stream, outgoing.pieces);
  shared ??= patience.loop.kernel.allocate(SHARED_SIZE);
  for (let round = 1; ; round++) {
    const sent = sending.proceed();
    const offset = reader.restore(shared);
    const count = stream.tryRead(shared, offset, shared.length - offset);
    if (count > 0) reader.receive(shared, offset + count);
    else if (count === 0) reader.endOfInput();
    else if (count !== -EAGAIN) throw lost(count, reader);
    if (reader.complete) {
      const reusable = outgoing.keepAlive && reader.keepsConnection && sending.done;
      return { answer: reader, reusable };
    }

    if (sent || count > 0 || round === 1) patience.talking();
    if (count === -EAGAIN) yield stream.activity;
    else if (round % LONGEST_STREAK === 0) yield* sleep(0);
  }
}

function lost(errno: number, reader: AnswerReader): Failure {
  const { code, message } = new SystemError('recv', errno);
  return new Failure(code, message, !reader.begun);
}

class Sending {
  readonly #stream: Stream;
  readonly #pieces: readonly Uint8Array[];
  #piece = 0;
  #offset = 0;
  /** The server takes no more. What it has said before is still read: that is likely why. */
  #refused = false;

  constructor(stream: Stream, pieces: readonly Uint8Array[]) {
    this.#stream = stream;
    this.#pieces = pieces;
  }

  get done(): boolean {
    return this.#piece === this.#pieces.length;
  }

  /** Sends what the socket takes; asks for news of room where that is not all. Says whether anything was taken. */
  proceed(): boolean {
    let any = false;
    while (!this.done && !this.#refused) {
      const piece = this.#pieces[this.#piece]!;
      const more = this.#piece < this.#pieces.length - 1;
      const count = this.#stream.tryWrite(piece, this.#offset, piece.length - this.#offset, more);
      if (count === -EAGAIN) {
        this.#stream.wantWritable();
        break;
      }
      if (count < 0) {
        this.#refused = true;
        break;
      }
      any = true;
      this.#offset += count;
      if (this.#offset === piece.length) {
        this.#piece++;
        this.#offset = 0;
      }
    }
    return any;
  }
}
