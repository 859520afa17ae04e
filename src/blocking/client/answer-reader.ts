// Reads one answer out of the octets of a connection, without I/O. The octets lie in a buffer that all requests share:
// what is not used up by the time the coroutine waits is kept here, and put in front of what comes next.
//
//     HEAD ──1xx──▶ HEAD ──200 to 999──▶ BODY ──▶ COMPLETE
//      └──────────────────┴────what the parser refuses──▶ throws Failure

import {
  BODY_DATA,
  BODY_END,
  BODY_MORE,
  BodyDecoder,
  type HeadLimits,
  PROBLEMS,
  Problem,
  parseResponseHead,
  type ResponseHead,
  UNTIL_CLOSE,
} from '../../http/index.ts';
import { Failure, tooLarge } from '../errors.ts';
import { type Answer, NO_BYTES } from './answer.ts';
import { Collector } from './collector.ts';

/** Twice what we take from clients: an answer may set many cookies. All of it fits into the shared buffer. */
export const ANSWER_LIMITS: HeadLimits = { requestLine: 8192, headerSection: 32768, fields: 200 };
/** Interim answers (1xx) to one request: 103 is sent a few times at most. */
const MOST_INTERIM = 100;

/** Statuses of answers without a body, whatever follows their heads (the Fetch standard's "null body status"). */
const EMPTY: ReadonlySet<number> = new Set([204, 205, 304]);

export class AnswerReader implements Answer {
  readonly #method: string;
  readonly #maxBody: number;
  #head: ResponseHead | undefined;
  #decoder: BodyDecoder | undefined;
  #length = 0;
  #collector: Collector | undefined;
  #kept: Uint8Array = NO_BYTES;
  #interims = 0;
  #complete = false;
  #surplus = false;
  #begun = false;
  body: Uint8Array<ArrayBuffer> = NO_BYTES;

  constructor(method: string, maxBody: number) {
    this.#method = method;
    this.#maxBody = maxBody;
  }

  get status(): number {
    return this.#head!.status;
  }

  get reason(): string {
    return this.#head!.reason;
  }

  fields(): string[] {
    return this.#head!.fields();
  }

  get(name: string): string | undefined {
    return this.#head!.get(name);
  }

  /** Some octet of the answer has come. */
  get begun(): boolean {
    return this.#begun;
  }

  get complete(): boolean {
    return this.#complete;
  }

  /** Whether the connection may carry another request: it says so, and nothing came behind the answer. */
  get keepsConnection(): boolean {
    return this.#complete && this.#head!.keepAlive && this.#length !== UNTIL_CLOSE && !this.#surplus;
  }

  /** The head as one string, to look for a field that is rarely there. */
  get rawHead(): string {
    return this.#head!.raw;
  }

  /** Puts what was kept at the start of `shared`. What comes next belongs behind it, at the offset that is returned. */
  restore(shared: Uint8Array): number {
    const { length } = this.#kept;
    if (length > 0) shared.set(this.#kept);
    return length;
  }

  /** Reads `bytes[0, end)`, where the first octets are those of `restore`. Nothing refers to `bytes` afterwards. */
  receive(bytes: Buffer, end: number): void {
    this.#begun = true;
    let at = 0;
    while (this.#decoder === undefined) {
      const head = at === end ? undefined : parseResponseHead(bytes, at, end, ANSWER_LIMITS);
      if (head === undefined) {
        this.#kept = at === end ? NO_BYTES : Uint8Array.from(bytes.subarray(at, end));
        return;
      }
      if (head instanceof Problem) throw Failure.of(head);
      at += head.size;
      if (!head.interim) this.#begin(head);
      else if (head.status === 101 || ++this.#interims > MOST_INTERIM) throw refuseInterim(head.status);
    }
    this.#kept = NO_BYTES;
    this.#readBody(this.#decoder, bytes, at, end);
  }

  #begin(head: ResponseHead): void {
    this.#head = head;
    this.#length = head.bodyLength(this.#method);
    if (this.#length !== UNTIL_CLOSE && this.#length > this.#maxBody) throw tooLarge(this.#maxBody);
    this.#decoder = new BodyDecoder(this.#length, this.#maxBody, ANSWER_LIMITS);
  }

  #readBody(decoder: BodyDecoder, bytes: Buffer, at: number, end: number): void {
    for (;;) {
      const found = decoder.decode(bytes, at, end);
      at = decoder.position;
      if (found === BODY_DATA) this.#collect(bytes, decoder.dataStart, decoder.dataEnd);
      else if (found === BODY_MORE) return;
      else if (found === BODY_END) break;
      else throw this.#problem(decoder);
    }
    this.#surplus = at < end;
    this.#finish();
  }

  #collect(bytes: Buffer, start: number, end: number): void {
    this.#collector ??= new Collector();
    // Chunks add up, so the decoder's bound on one of them is none on all.
    if (this.#collector.length + end - start > this.#maxBody) throw tooLarge(this.#maxBody);
    // Of chunks nobody knows how many come.
    const total = this.#length < 0 ? UNTIL_CLOSE : this.#length;
    this.#collector.add(bytes, start, end, total - this.#collector.length - (end - start));
  }

  /** The server sends no more. That is how some answers end; the others throw. */
  endOfInput(): void {
    if (this.#decoder === undefined) {
      throw this.#begun
        ? Failure.of(PROBLEMS.headCutShort)
        : new Failure('ECONNRESET', 'the server closed the connection without an answer', true);
    }
    if (this.#decoder.endOfInput() !== BODY_END) throw this.#problem(this.#decoder);
    this.#finish();
  }

  #finish(): void {
    this.#complete = true;
    if (this.#collector !== undefined && !EMPTY.has(this.#head!.status)) this.body = this.#collector.take();
  }

  #problem(decoder: BodyDecoder): Failure {
    const problem = decoder.problem!;
    return problem === PROBLEMS.bodyTooLarge ? tooLarge(this.#maxBody) : Failure.of(problem);
  }
}

function refuseInterim(status: number): Failure {
  return status === 101
    ? new Failure(PROBLEMS.unasked.code, 'the server switches protocols (101), which nobody asked for')
    : new Failure(PROBLEMS.unasked.code, `the server sends more than ${MOST_INTERIM} interim answers (1xx)`);
}
