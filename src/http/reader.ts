// HTTP as a sequence of events, for those who have bytes from anywhere: a socket, a file, a test. The server does not
// use it, since it parses in its receive buffer; this class keeps a copy of its own and gives everything away for good.
// A head that comes in pieces is tried again from its start with each of them: the limits keep that cheap.
//
//     receive(bytes) · endOfInput()  ──▶  next(): head ▶ data* ▶ end ▶ head ▶ …
//
//     HEAD ──a head──▶ BODY ──its end──▶ HEAD                   the connection stays
//      │                └──its end─────▶ CLOSED                 it does not, or the input has ended
//      ├──a 101───────────────────────▶ SWITCHED               what follows is another protocol
//      └──what is wrong (from anywhere)▶ FAILED                and that is said from then on

import { BODY_DATA, BODY_END, BODY_MORE, BodyDecoder } from './body.ts';
import { DEFAULT_HEAD_LIMITS, type HeadLimits } from './limits.ts';
import { CR, LF } from './octets.ts';
import { PROBLEMS, Problem } from './problem.ts';
import { parseRequestHead, type RequestHead } from './request-head.ts';
import { parseResponseHead, type ResponseHead } from './response-head.ts';

/** What `next` finds. */
export type MessageEvent<Head> =
  /** Nothing more can be told before more is received. */
  | { readonly type: 'need-data' }
  /** A message begins. A response with `head.interim` is over with this event, and another follows. */
  | { readonly type: 'head'; readonly head: Head }
  /** A piece of its body, yours to keep. */
  | { readonly type: 'data'; readonly bytes: Uint8Array }
  /** It is complete. `trailers` are flat, without those that must not be there. */
  | { readonly type: 'end'; readonly trailers: readonly string[] }
  /** No further message can come: the input has ended, or a message said that it was the last. */
  | { readonly type: 'closed' }
  /** A 101 has ended HTTP here: `rest()` has what follows. */
  | { readonly type: 'switched' }
  /** The peer broke the protocol. */
  | { readonly type: 'problem'; readonly problem: Problem };

export interface ReaderOptions {
  readonly limits?: HeadLimits;
  /** Bytes past which a body is refused. Default: no bound, since nothing of a body is kept. */
  readonly maxBodyBytes?: number;
}

const NEED_DATA = { type: 'need-data' } as const;
const CLOSED_EVENT = { type: 'closed' } as const;
const SWITCHED_EVENT = { type: 'switched' } as const;

const HEAD = 0;
const BODY = 1;
const CLOSED = 2;
const SWITCHED = 3;
const FAILED = 4;

const NOTHING = Buffer.alloc(0);

type Parse<Head> = (
  bytes: Buffer,
  start: number,
  end: number,
  limits: HeadLimits,
) => Head | Problem | undefined;

/**
 * Reads the messages of one direction of one connection.
 *
 * @example
 * const reader = MessageReader.ofRequests();
 * reader.receive(bytes);
 * for (let event = reader.next(); event.type !== 'need-data'; event = reader.next()) handle(event);
 */
export class MessageReader<Head extends RequestHead | ResponseHead> {
  readonly #parse: Parse<Head>;
  readonly #limits: HeadLimits;
  readonly #maxBodyBytes: number;
  /** For responses: methods of the requests that are to be answered, oldest first. */
  readonly #asked: string[] | undefined;

  #state = HEAD;
  #buffer: Buffer = NOTHING;
  #position = 0;
  #inputEnded = false;
  #body: BodyDecoder | undefined = undefined;
  #lastMessage = false;
  #problem: Problem | undefined = undefined;

  private constructor(parse: Parse<Head>, asked: string[] | undefined, options: ReaderOptions) {
    this.#parse = parse;
    this.#asked = asked;
    this.#limits = options.limits ?? DEFAULT_HEAD_LIMITS;
    this.#maxBodyBytes = options.maxBodyBytes ?? Number.POSITIVE_INFINITY;
  }

  /** A server's reader. */
  static ofRequests(options: ReaderOptions = {}): MessageReader<RequestHead> {
    return new MessageReader<RequestHead>(parseRequestHead, undefined, options);
  }

  /** A client's reader. It must be told of each request with `asked`: a response can't be read without. */
  static ofResponses(options: ReaderOptions = {}): MessageReader<ResponseHead> {
    return new MessageReader<ResponseHead>(parseResponseHead, [], options);
  }

  /** For responses: a request with this method was sent. Its response has no body where the method is HEAD. */
  asked(method: string): void {
    this.#asked?.push(method);
  }

  /** Takes the next bytes of the connection; they are copied. Call `next` until it needs data before the next call. */
  receive(bytes: Uint8Array): void {
    if (this.#inputEnded || bytes.length === 0) return;
    this.#buffer = Buffer.concat([this.#buffer.subarray(this.#position), bytes]);
    this.#position = 0;
  }

  /** The peer will send no more. */
  endOfInput(): void {
    this.#inputEnded = true;
  }

  /** What was received and not read yet: after a switch of protocols, or for a request's `upgrade` that was accepted. */
  rest(): Uint8Array {
    const rest = this.#buffer.subarray(this.#position);
    this.#buffer = NOTHING;
    this.#position = 0;
    return rest;
  }

  /** The next event. */
  next(): MessageEvent<Head> {
    switch (this.#state) {
      case HEAD:
        return this.#nextHead();
      case BODY:
        return this.#nextOfBody();
      case CLOSED:
        return CLOSED_EVENT;
      case SWITCHED:
        return SWITCHED_EVENT;
      default:
        return { type: 'problem', problem: this.#problem! };
    }
  }

  #nextHead(): MessageEvent<Head> {
    const end = this.#buffer.length;
    const available = end - this.#position;
    const head = available === 0 ? undefined : this.#parse(this.#buffer, this.#position, end, this.#limits);
    if (head === undefined) return this.#incompleteHead();
    if (head instanceof Problem) return this.#fail(head);

    this.#position += head.size;
    return this.#begin(head);
  }

  #incompleteHead(): MessageEvent<Head> {
    if (!this.#inputEnded) return NEED_DATA;
    for (let at = this.#position; at < this.#buffer.length; at++) {
      const octet = this.#buffer[at];
      if (octet !== CR && octet !== LF) return this.#fail(PROBLEMS.headCutShort);
    }
    this.#state = CLOSED;
    return CLOSED_EVENT;
  }

  #begin(head: Head): MessageEvent<Head> {
    let length = head.contentLength;
    if ('status' in head) {
      const method = this.#asked![0];
      if (method === undefined) return this.#fail(PROBLEMS.unasked);
      if (head.interim) {
        if (head.status === 101) this.#state = SWITCHED;
        return { type: 'head', head };
      }
      this.#asked!.shift();
      length = head.bodyLength(method);
    }
    this.#body = new BodyDecoder(length, this.#maxBodyBytes, this.#limits);
    this.#lastMessage = !head.keepAlive;
    this.#state = BODY;
    return { type: 'head', head };
  }

  #nextOfBody(): MessageEvent<Head> {
    const body = this.#body!;
    let found = body.decode(this.#buffer, this.#position, this.#buffer.length);
    this.#position = body.position;
    if (found === BODY_MORE) {
      if (!this.#inputEnded) return NEED_DATA;
      found = body.endOfInput();
    }
    if (found === BODY_DATA) {
      return { type: 'data', bytes: this.#buffer.subarray(body.dataStart, body.dataEnd) };
    }
    if (found !== BODY_END) return this.#fail(body.problem!);
    this.#state = this.#lastMessage ? CLOSED : HEAD;
    return { type: 'end', trailers: body.trailers };
  }

  #fail(problem: Problem): MessageEvent<Head> {
    this.#problem = problem;
    this.#state = FAILED;
    return { type: 'problem', problem };
  }
}
