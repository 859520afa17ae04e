// `http.IncomingMessage` over an exchange: Node's own object, filled from the head, and its body, which is received as the
// program reads it. Node's stream asks for more with `socket.resume()`; socket.ts comes here with that.

import type { IncomingMessage } from 'node:http';
import { BodyError } from '../exchange.ts';
import type { WireExchange } from '../wire.ts';
import type { RequestInternals } from './internals.ts';

export type NodeRequest = Omit<IncomingMessage, keyof RequestInternals> & RequestInternals;

/** Fills `request`, new, with what the head says. */
export function fill(request: NodeRequest, exchange: WireExchange, joinDuplicateHeaders: boolean): void {
  const { head } = exchange;
  request.httpVersionMajor = 1;
  request.httpVersionMinor = head.minor;
  request.httpVersion = head.minor === 1 ? '1.1' : '1.0';
  request.url = head.target;
  request.method = head.method;
  (request as { upgrade?: boolean }).upgrade = false;
  if (joinDuplicateHeaders) (request as { joinDuplicateHeaders?: boolean }).joinDuplicateHeaders = true;
  const fields = head.fields();
  request._addHeaderLines(fields, fields.length);
}

/** One request's body on its way from the exchange to the program. */
export class Upload {
  readonly #request: NodeRequest;
  readonly #exchange: WireExchange;
  /** A piece is on its way. */
  #reading = false;
  #over = false;
  #concluding = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(request: NodeRequest, exchange: WireExchange) {
    this.#request = request;
    this.#exchange = exchange;
  }

  /** All of it is to have come within so many milliseconds. */
  within(milliseconds: number): void {
    const late = (): void => {
      const error = new BodyError('ERR_BODY_TIMEOUT', 408, 'the request took too long (requestTimeout)');
      if (this.#exchange.failBody(error)) this.#onError(error);
    };
    this.#timer = setTimeout(late, milliseconds).unref();
  }

  /** Where there is no body, its end comes when the handler has had the occasion to listen for it, as on Node. */
  begin(): void {
    if (this.#exchange.bodyLength === 0) this.#end();
  }

  /** The answer is sent, and nobody has asked for the body: it ends here where all of it has come, and is cut otherwise. */
  leave(): void {
    if (this.#exchange.takeBody() === undefined) this.abort();
    else this.#end();
  }

  /** The program wants more. */
  pull(): void {
    if (this.#reading || this.#over) return;
    const whole = this.#exchange.takeBody();
    if (whole !== undefined) {
      if (whole.length > 0) this.#request.push(bufferOf(whole));
      this.#end();
      return;
    }
    this.#reading = true;
    this.#exchange.readBody().then(this.#onPiece, this.#onError);
  }

  /** Another request follows, all of this body has come, and the socket asks for that one's from now on. */
  conclude(): void {
    if (this.#over) return;
    this.#concluding = true;
    this.pull();
  }

  readonly #onPiece = (piece: Uint8Array | undefined): void => {
    this.#reading = false;
    (this.#request.socket as unknown as { touch?(): void } | null)?.touch?.();
    if (this.#over) return;
    if (piece === undefined) this.#end();
    else {
      this.#request.push(bufferOf(piece));
      if (this.#concluding) this.pull();
    }
  };

  readonly #onError = (error: unknown): void => {
    this.#reading = false;
    if (this.#over) return;
    // A client that has gone is reported by the connection; what is wrong with the body is answered by the server.
    if (error instanceof BodyError && error.code !== 'ERR_BODY_CANCELLED') this.#exchange.fail(error);
    this.abort(error);
  };

  #end(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    const request = this.#request;
    request.complete = true;
    const { trailers } = this.#exchange;
    if (trailers.length > 0) request._addHeaderLines([...trailers], trailers.length);
    request.push(null);
  }

  /** The rest will not come. As Node does it: `aborted`, an error where somebody listens for one, `close`. */
  abort(cause?: unknown): void {
    this.#over = true;
    clearTimeout(this.#timer);
    const request = this.#request;
    if (request.destroyed) return;
    // Without its socket: that one is destroyed along with a request, and here it may still have an answer to send.
    const { socket } = request;
    (request as { socket: unknown }).socket = null;
    request.destroy(Object.assign(new Error('aborted', { cause }), { code: 'ECONNRESET' }));
    (request as { socket: unknown }).socket = socket;
  }
}

/** In memory of its own, as on Node: programs take `chunk.buffer` for it, and Node's pool has what others have sent. */
function bufferOf(bytes: Uint8Array): Buffer {
  if (bytes.byteLength === bytes.buffer.byteLength) return Buffer.from(bytes.buffer);
  const own = Buffer.allocUnsafeSlow(bytes.byteLength);
  own.set(bytes);
  return own;
}
