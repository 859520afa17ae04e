// One connection: what its coroutine (`connection.ts`) keeps between two steps, and the ways in which others wake it.
// The coroutine waits with `yield connection`, for whatever comes first:
//
//   the socket has news ──► resume()     │
//   the app said something ─► wake()     ├──► the coroutine goes on, and looks at everything anew
//   a deadline passed ──► onDeadline()   │

import { BodyError, type Client, LATER } from '../app/index.ts';
import { type Problem, parseRequestHead, type RequestHead } from '../http/index.ts';
import type { Loop, Timer } from '../loop/index.ts';
import type { Stream } from '../net/index.ts';
import { type Suspend, Task, type Waiter } from '../task/index.ts';
import type { ServerContext } from './context.ts';
import type { Deadlined, DeadlineQueue } from './deadlines.ts';
import { HttpExchange } from './exchange.ts';
import { FilePiece } from './file-piece.ts';
import { Input } from './input.ts';
import { dropUnsent, type Outlet } from './outlet.ts';
import type { End } from './peer.ts';
import { plainText, TEXT } from './plain-text.ts';
import { COMPLETE, FAILED, OPEN } from './states.ts';
import { isWorthParsing } from './unfinished-head.ts';

/** A body that nobody reads is dropped up to this size to save the connection; past it, closing costs less. */
export const DISCARD_LIMIT = 64 * 1024;

export class Connection implements Suspend, Waiter, Outlet, Deadlined, Client {
  readonly context: ServerContext;
  readonly stream: Stream;
  readonly input: Input;

  unsent: (Buffer | FilePiece)[] | undefined = undefined;
  unsentBytes = 0;
  broken = 0;
  deferred = false;

  deadlineQueue: DeadlineQueue | undefined = undefined;
  deadlinePrevious: Deadlined | undefined = undefined;
  deadlineNext: Deadlined | undefined = undefined;
  deadline = 0;
  /** The deadline that has passed, until the coroutine has seen to it. */
  expired: DeadlineQueue | undefined = undefined;

  /** Something has come of its client. */
  heard = false;
  /** It speaks another protocol by now, and its coroutine waits for what the server knows nothing of. */
  handedOver = false;
  /** Why nobody is there any more. */
  gone: Error | undefined = undefined;
  /** Why the app wants it closed, as soon as what was said so far is with the socket. */
  ending: Error | undefined = undefined;
  companion: unknown = undefined;
  /** The one that is under way. */
  exchange: HttpExchange | undefined = undefined;
  #work: Task<void> | undefined = undefined;
  #handlerTimer: Timer | undefined = undefined;
  #waiter: Waiter | undefined = undefined;
  #news = false;
  /** How much of `input` the parser has seen in vain. */
  #tried = 0;
  #ends: { remote: End; local: End } | undefined = undefined;
  #accounted = 0;

  constructor(context: ServerContext, stream: Stream) {
    this.context = context;
    this.stream = stream;
    this.input = new Input(context.receiveBuffer);
  }

  // ── Waiting ──────────────────────────────────────────────────────────────────────────────────────────────────

  get loop(): Loop {
    return this.context.loop;
  }

  park(waiter: Waiter): void {
    if (this.#news) {
      this.#news = false;
      waiter.resume(undefined);
      return;
    }
    this.#waiter = waiter;
    this.stream.activity.park(this);
  }

  unpark(): void {
    this.#waiter = undefined;
  }

  /** Lets the coroutine go on; where it is running, it looks once more before it waits. */
  wake(): void {
    const waiter = this.#waiter;
    if (waiter === undefined) {
      this.#news = true;
      return;
    }
    this.#waiter = undefined;
    waiter.resume(undefined);
  }

  resume(): void {
    this.wake();
  }

  fail(): void {
    this.wake();
  }

  onDeadline(queue: DeadlineQueue): void {
    this.expired = queue;
    this.wake();
  }

  /** Which deadline the next wait has, if any. It begins anew where the wait is another, or there was `progress`. */
  waitUnder(queue: DeadlineQueue | undefined, progress: boolean): void {
    this.expired = undefined;
    if (queue === undefined) this.deadlineQueue?.leave(this);
    else if (this.deadlineQueue !== queue || progress) queue.enter(this);
    this.account();
  }

  /** Counts what waits here, in either direction, against `maxBuffered`. */
  account(): void {
    const held = this.unsentBytes + this.input.held + (this.exchange?.body?.held ?? 0);
    if (held === this.#accounted) return;
    this.context.counters.buffered += held - this.#accounted;
    this.#accounted = held;
  }

  /** It has ended: nothing of it waits for anything. */
  release(): void {
    this.deadlineQueue?.leave(this);
    this.exchange = undefined;
    this.input.drop();
    dropUnsent(this);
    this.account();
  }

  // ── The request ──────────────────────────────────────────────────────────────────────────────────────────────

  /** Its app has nothing to say any more, and nothing of another request is there. */
  get idle(): boolean {
    const exchange = this.exchange;
    const answered = exchange === undefined || (exchange.state === COMPLETE && !exchange.readsOn);
    return answered && this.input.size === 0 && !this.handedOver;
  }

  /** The next head in `input`, if all of it is there. */
  parseHead(): RequestHead | Problem | undefined {
    const { input } = this;
    if (input.start === input.end) return undefined;
    if (this.#tried > 0 && !isWorthParsing(input, this.#tried, this.context.headLimits)) {
      this.#tried = input.size;
      return undefined;
    }
    const head = parseRequestHead(input.bytes, input.start, input.end, this.context.headLimits);
    this.#tried = head === undefined ? input.size : 0;
    return head;
  }

  /** Begins the exchange of `head`, with as much of its body as has come, and leaves the shared buffer. */
  begin(head: RequestHead): HttpExchange {
    this.input.consume(head.size);
    const exchange = new HttpExchange(this, head);
    this.exchange = exchange;
    exchange.body?.receive(this.input);
    this.input.keep();
    this.context.counters.requests++;
    return exchange;
  }

  /** Whether the connection can carry another request after this answer. `whole`: no more of the body will be read. */
  mayStay(exchange: HttpExchange, whole: boolean): boolean {
    if (this.context.draining) return false;
    const { body } = exchange;
    if (body === undefined || body.complete) return true;
    // A client that was not told to continue may send its body or not: nobody can tell what comes next.
    if (body.failure !== undefined || !exchange.continued) return false;
    return !whole || exchange.readsOn || exchange.head.contentLength < 0 || body.remaining <= DISCARD_LIMIT;
  }

  // ── The app ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** Calls the app. What it does not do at once wakes the coroutine later. */
  callApp(exchange: HttpExchange): void {
    const { context } = this;
    context.counters.inFlight++;
    let work: Work | typeof LATER | undefined;
    context.trace?.enter(exchange.head.method, exchange.head.target);
    try {
      work = context.asyncContext.runInAsyncScope(callHandle, context, exchange);
    } catch (error) {
      context.counters.inFlight--;
      this.appFailed(exchange, error);
      return;
    } finally {
      context.trace?.leave();
    }
    if (work === undefined) {
      context.counters.inFlight--;
      return;
    }
    if (context.settings.handlerTimeout > 0 && exchange.state === OPEN) this.#startHandlerTimer(exchange);
    if (work === LATER) exchange.later = true;
    else this.#follow(exchange, work);
  }

  #follow(exchange: HttpExchange, work: Work): void {
    const { context } = this;
    const end = (error: unknown, failed: boolean): void => {
      context.counters.inFlight--;
      // The next request's may have taken its place: an app can go on when it has answered.
      if (this.#work === work) this.#work = undefined;
      if (failed) this.appFailed(exchange, error);
      else if (exchange.state === OPEN)
        this.appFailed(exchange, new Error('the app finished without answering'));
    };
    if (work instanceof Task) {
      this.#work = work;
      context.coroutines.add(work);
      work.onDone((task) => {
        context.coroutines.delete(task);
        end(task.error, task.failed);
      });
    } else {
      work.then(
        () => end(undefined, false),
        (error: unknown) => end(error, true),
      );
    }
  }

  #startHandlerTimer(exchange: HttpExchange): void {
    const { handlerTimeout } = this.context.settings;
    this.#handlerTimer = this.context.loop.setTimer(handlerTimeout, () => {
      if (exchange.state !== OPEN) return;
      const reason = new Error(`the app has not answered within ${handlerTimeout} ms (handlerTimeout)`);
      // What `AbortSignal.timeout` calls it: apps tell a deadline from a client that left by the name.
      reason.name = 'TimeoutError';
      this.context.log.error(describe(exchange), reason.message);
      this.refuseExchange(exchange, 503, plainText(503, 'The application took too long.'));
      exchange.abort(reason);
      this.#work?.cancel(reason);
    });
  }

  /** 503 and the like, for a request that was read: its client is told to come back later. */
  refuseExchange(exchange: HttpExchange, status: number, text: string): void {
    const seconds = Math.ceil(this.context.settings.retryAfter / 1000);
    exchange.supersede(
      status,
      ['Content-Type', TEXT, 'Retry-After', String(seconds), 'Connection', 'close'],
      text,
    );
  }

  /** The app threw, or can't complete its answer. */
  appFailed(exchange: HttpExchange, error: unknown): void {
    if (exchange.superseded || this.gone !== undefined || exchange !== this.exchange) {
      // Its answer was of no use any more: so is its failure, but for who looks for bugs.
      this.context.log.debug(
        { err: error, ...describe(exchange) },
        'the app failed after its client was gone',
      );
      return;
    }
    const ofClient = error instanceof BodyError;
    if (!ofClient) {
      this.context.counters.failures++;
      this.context.log.error(
        { err: error, ...describe(exchange) },
        exchange.started ? 'the app failed within its answer' : 'the app failed',
      );
    }
    if (exchange.state === OPEN) {
      const status = ofClient ? error.status : 500;
      exchange.supersede(status, ['Content-Type', TEXT], plainText(status, ofClient ? error.message : ''));
    } else if (exchange.state !== COMPLETE) {
      exchange.state = FAILED;
      this.wake();
    }
  }

  /** The exchange is over: nothing of it is left to be sent. */
  finish(exchange: HttpExchange): void {
    if (this.#handlerTimer !== undefined) {
      this.context.loop.cancelTimer(this.#handlerTimer);
      this.#handlerTimer = undefined;
    }
    this.exchange = undefined;
    if (exchange.later) this.context.counters.inFlight--;
    // The coroutine is about to look for the next request: what has woken it so far is no reason to look twice.
    this.#news = false;
    // The deadline of the next wait begins with that wait, whatever the last one was for.
    this.deadlineQueue?.leave(this);
    exchange.body?.close();
    const { recordAccess } = this.context;
    if (recordAccess !== undefined && exchange.started) recordAccess(accessRecordOf(exchange));
  }

  sendRaw(bytes: Uint8Array): void {
    if (this.gone !== undefined || this.broken < 0) return;
    (this.unsent ??= []).push(Buffer.from(bytes));
    this.unsentBytes += bytes.length;
    this.stream.wantWritable();
    this.wake();
  }

  hangUp(reason: Error): void {
    if (this.ending !== undefined || this.gone !== undefined) return;
    this.ending = reason;
    this.wake();
  }

  /** Nobody is there any more: the app is told, and its coroutine cancelled. */
  lose(reason: Error): void {
    if (this.gone !== undefined) return;
    this.gone = reason;
    this.context.output.abandon(this);
    dropUnsent(this);
    const exchange = this.exchange;
    exchange?.abort(reason);
    exchange?.body?.fail(
      new BodyError('ERR_BODY_CUT_SHORT', 400, `the body was cut short: ${reason.message}`),
    );
    exchange?.lose(reason);
    this.#work?.cancel(reason);
  }

  /** What is next to be sent is on its way from the disk: nobody can hurry it, and the client is not to blame. */
  get loading(): boolean {
    const first = this.unsent?.[0];
    return first instanceof FilePiece && first.loading;
  }

  // ── Its surroundings ─────────────────────────────────────────────────────────────────────────────────────────

  /** As much waits for the client as may: the app is to pause. */
  get congested(): boolean {
    return (
      this.unsentBytes + (this.exchange?.pendingBytes ?? 0) >= this.context.settings.maxBufferedPerConnection
    );
  }

  ends(): { remote: End; local: End } {
    return (this.#ends ??= {
      remote: endOf(this.stream.remoteAddress),
      local: endOf(this.stream.localAddress),
    });
  }
}

/** What an app does that it has not done at once. */
type Work = Promise<void> | Task<void>;

function callHandle(this: ServerContext, exchange: HttpExchange): Work | typeof LATER | undefined {
  const work = this.app.handle(exchange);
  if (work === undefined || typeof work === 'symbol' || 'then' in work) return work;
  // Made in here, where `AsyncLocalStorage` is as the handler has left it.
  return new Task(this.loop, work, { name: 'a handler' });
}

function endOf(address: Stream['remoteAddress']): End {
  return address === undefined || address.family === 'unix'
    ? { address: '', port: 0, known: address !== undefined }
    : { address: address.host, port: address.port, known: true };
}

/** A request, for the log. */
function describe(exchange: HttpExchange): { method: string; target: string; client: string } {
  return { method: exchange.head.method, target: exchange.head.target, client: exchange.peer.address };
}

function accessRecordOf(exchange: HttpExchange) {
  const { head, peer, context } = exchange;
  const { kernel } = context.loop;
  const durationMs = kernel.monotonic() - exchange.startedAt;
  return {
    time: kernel.wallClock() - durationMs,
    remoteAddress: peer.address,
    method: head.method,
    target: head.target,
    httpVersion: `1.${head.minor}`,
    status: exchange.status,
    bytes: exchange.bodyBytes,
    durationMs,
    referer: head.get('referer'),
    userAgent: head.get('user-agent'),
  };
}
