// One request on the main thread's side: it carries what the server's exchange says to the thread that serves it, and what
// that thread says to the exchange. Made by `threads-app.ts`; `pool.ts` gives it a thread.
//
//   waiting ── a thread is free ──► serving ── done ──► over        the client leaves while it waits: over, too

import type { BodyError, ExchangeObserver, WireExchange } from '../app/index.ts';
import type { EncodedHead } from '../http/index.ts';
import {
  type Answer,
  type Ends,
  exactly,
  PORTION,
  packError,
  packHead,
  packPeer,
  type ToThread,
  transferOf,
  unpackError,
  unpackThrown,
  WINDOW,
} from './messages.ts';

/** How a job speaks to its thread. */
export interface Lane {
  post(message: ToThread, transfer?: readonly ArrayBuffer[]): void;
}

export class Job implements ExchangeObserver {
  readonly id: number;
  readonly exchange: WireExchange;
  readonly #door: number;
  #lane: Lane | undefined;
  /** Nobody waits for the answer any more. */
  abandoned = false;
  /** Ticks for which that has been so: see `pool.ts`. */
  abandonedTicks = 0;
  #over = false;
  /** Bytes of the answer that there was room for, and that the thread has not been told of. */
  #untold = 0;
  /** Bytes of the body that the thread has not taken. */
  #ahead = 0;
  #roomForBody: PromiseWithResolvers<void> | undefined;
  #onAbandoned: () => void = () => {};

  constructor(id: number, door: number, exchange: WireExchange) {
    this.id = id;
    this.exchange = exchange;
    this.#door = door;
    exchange.observe(this);
  }

  /** `GET /path`, for the log. */
  get line(): string {
    return `${this.exchange.head.method} ${this.exchange.head.target}`;
  }

  /** Calls `listener` where nobody waits for it any more before it has a thread. */
  onAbandoned(listener: () => void): void {
    this.#onAbandoned = listener;
  }

  /** A thread takes it. */
  begin(lane: Lane): void {
    this.#lane = lane;
    const { exchange } = this;
    const whole = exchange.bodyLength === 0 ? undefined : exchange.takeBody();
    const body = whole && exactly(whole);
    lane.post(
      {
        type: 'request',
        id: this.id,
        door: this.#door,
        head: packHead(exchange.head),
        peer: packPeer(exchange.peer),
        ends: endsOf(exchange),
        body,
        trailers: exchange.trailers.length > 0 ? exchange.trailers : undefined,
      },
      body && transferOf(body),
    );
    if (exchange.aborted !== undefined) this.onAbort(exchange.aborted);
  }

  // ── What the thread says ─────────────────────────────────────────────────────────────────────────────────────

  /** True where the thread is free, too. */
  hear(answer: Answer): boolean {
    const { exchange } = this;
    switch (answer.type) {
      case 'respond':
        exchange.respondEncoded(answer.status, this.#settle(answer.head, true), answer.body);
        return answer.done && this.#finish();
      case 'start':
        exchange.startEncoded(answer.status, this.#settle(answer.head, false));
        return false;
      case 'write':
        this.#write(answer.bytes);
        return false;
      case 'end':
        exchange.end(answer.trailers);
        return answer.done && this.#finish();
      case 'done':
        return this.#finish();
      case 'read':
        void this.#sendBody();
        return false;
      case 'took':
        this.#ahead -= answer.count;
        if (this.#ahead < WINDOW) this.#roomForBody?.resolve();
        return false;
      default:
        this.#hearRest(answer);
        return false;
    }
  }

  #hearRest(
    answer: Exclude<Answer, { type: 'respond' | 'start' | 'write' | 'end' | 'done' | 'read' | 'took' }>,
  ): void {
    const { exchange } = this;
    if (answer.type === 'fail') exchange.fail(unpackThrown(answer.error));
    else if (answer.type === 'inform') exchange.informEncoded(answer.status, answer.text);
    else if (answer.type === 'read on') exchange.readOn();
    else if (answer.type === 'forsake') exchange.forsake();
    else if (answer.type === 'fail body') exchange.failBody(unpackError(answer.error) as BodyError);
    else if (answer.type === 'raw') exchange.client.sendRaw(answer.bytes);
    else if (answer.type === 'hang up') exchange.client.hangUp(new Error(answer.reason));
  }

  #write(bytes: Uint8Array): void {
    this.#untold += bytes.length;
    // Without room, `onDrained` comes.
    if (this.exchange.write(bytes) && this.#untold >= PORTION) this.onDrained();
  }

  #finish(): true {
    this.#over = true;
    return true;
  }

  /** Whether the connection stays is known here. */
  #settle(head: EncodedHead, whole: boolean): EncodedHead {
    return head.keepAlive && !this.exchange.mayStay(whole) ? closing(head) : head;
  }

  /** The thread reads the body: it is sent as it comes, so much ahead. */
  async #sendBody(): Promise<void> {
    const { exchange, id } = this;
    try {
      for (;;) {
        const piece = await exchange.readBody();
        if (piece === undefined) break;
        const bytes = exactly(piece);
        this.#ahead += bytes.length;
        this.#say({ type: 'piece', id, bytes }, transferOf(bytes));
        if (this.#ahead < WINDOW) continue;
        this.#roomForBody = Promise.withResolvers();
        await this.#roomForBody.promise;
      }
      this.#say({ type: 'body ended', id, trailers: exchange.trailers });
    } catch (error) {
      this.#say({ type: 'body failed', id, error: packError(error) });
    }
  }

  // ── What the server says ─────────────────────────────────────────────────────────────────────────────────────

  onSent(): void {}

  onDrained(): void {
    this.#say({ type: 'taken', id: this.id, count: this.#untold });
    this.#untold = 0;
  }

  onAbort(reason: Error): void {
    this.#say({ type: 'abort', id: this.id, error: packError(reason) });
  }

  onGone(reason: Error): void {
    if (this.#over) return;
    this.abandoned = true;
    this.#roomForBody?.resolve();
    if (this.#lane === undefined) {
      this.#over = true;
      this.#onAbandoned();
      return;
    }
    // A deadline is said to be one only behind this call.
    queueMicrotask(() => {
      const { aborted } = this.exchange;
      this.#say({ type: 'gone', id: this.id, error: packError(aborted ?? reason) });
    });
  }

  #say(message: ToThread, transfer?: readonly ArrayBuffer[]): void {
    if (!this.#over) this.#lane?.post(message, transfer);
  }

  // ── What has become of the thread ────────────────────────────────────────────────────────────────────────────

  /** Its thread has died of `error`: 500 where nothing was sent, and otherwise its client sees the connection cut. */
  fail(error: Error): void {
    this.#over = true;
    this.#roomForBody?.resolve();
    this.exchange.fail(error);
  }

  /** No thread can serve it, or the one that has does not come back. */
  refuse(words: string, error: Error): void {
    this.#over = true;
    this.#roomForBody?.resolve();
    const { exchange } = this;
    if (exchange.started) exchange.fail(error);
    else exchange.respond(503, '', REFUSAL, `503 Service Unavailable: ${words}\n`);
  }
}

const REFUSAL = Object.freeze([
  'Content-Type',
  'text/plain; charset=utf-8',
  'Retry-After',
  '1',
  'Connection',
  'close',
]);

/** A connection's, once for all of its requests: asking the kernel costs more than the rest of a message. */
function endsOf({ client }: WireExchange): Ends {
  const { stream } = client;
  return (client.companion ??= {
    remote: stream.remoteAddress,
    local: stream.localAddress,
    encrypted: stream.encrypted,
  }) as Ends;
}

/** The same head for a connection that will not stay after all. */
export function closing(head: EncodedHead): EncodedHead {
  const lines = head.text
    .slice(0, -4)
    .split('\r\n')
    .filter((line) => !/^(?:keep-alive:|connection:\s*keep-alive\s*$)/i.test(line));
  return { ...head, text: `${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`, keepAlive: false };
}
