// A request's body on the thread's side: what has come of it, and asking for more. Used by `thread-exchange.ts`.

import { Buffer } from 'node:buffer';
import { BodyError } from '../app/index.ts';
import { PORTION } from './messages.ts';

const NO_BYTES = new Uint8Array(0);

interface Reader {
  resolve(piece: Uint8Array | undefined): void;
  reject(error: unknown): void;
}

export interface Supply {
  /** The body is wanted: called once, where some of it is still to come. */
  ask(): void;
  /** So many bytes were taken. */
  took(count: number): void;
}

export class ThreadBody {
  readonly #supply: Supply;
  #pieces: Uint8Array[] = [];
  #complete: boolean;
  #failure: Error | undefined;
  #reader: Reader | undefined;
  #asked = false;
  /** Bytes taken that the main thread has not been told of. */
  #untold = 0;

  /** `whole`: all of it, where it has come. */
  constructor(whole: Uint8Array | undefined, supply: Supply) {
    this.#supply = supply;
    this.#complete = whole !== undefined;
    if (whole !== undefined && whole.length > 0) this.#pieces.push(whole);
  }

  get complete(): boolean {
    return this.#complete;
  }

  /** Nothing of it is still to come, for good or ill. */
  get over(): boolean {
    return this.#complete || this.#failure !== undefined;
  }

  receive(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
    this.#deliver();
  }

  end(): void {
    this.#complete = true;
    this.#deliver();
  }

  fail(error: Error): void {
    if (this.#complete) return;
    this.#failure ??= error;
    this.#deliver();
  }

  /** See `Exchange.takeBody`. */
  take(): Uint8Array | undefined {
    if (!this.#complete || this.#reader !== undefined) return undefined;
    const pieces = this.#pieces;
    this.#pieces = [];
    if (pieces.length === 1) return pieces[0]!;
    return pieces.length === 0 ? NO_BYTES : Buffer.concat(pieces);
  }

  /** See `Exchange.readBody`. */
  read(): Promise<Uint8Array | undefined> {
    if (this.#reader !== undefined) {
      return Promise.reject(new TypeError('readBody was called while an earlier call still waits'));
    }
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array | undefined>();
    // An app that reads no further than it likes must not end its thread for what the client does.
    promise.catch(() => {});
    this.#reader = { resolve, reject };
    this.#deliver();
    if (this.#reader !== undefined && !this.#asked) {
      this.#asked = true;
      this.#supply.ask();
    }
    return promise;
  }

  #deliver(): void {
    const reader = this.#reader;
    if (reader === undefined) return;
    const piece = this.#pieces.shift();
    if (piece === undefined && !this.over) return;
    this.#reader = undefined;
    if (piece === undefined && !this.#complete) reader.reject(this.#failure);
    else reader.resolve(piece);
    if (piece === undefined || this.#complete) return;
    this.#untold += piece.length;
    if (this.#untold < PORTION) return;
    this.#supply.took(this.#untold);
    this.#untold = 0;
  }
}

export function unread(): BodyError {
  return new BodyError(
    'ERR_BODY_CANCELLED',
    400,
    'the request was answered before all of its body was read, and the rest was dropped',
  );
}
