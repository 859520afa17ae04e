// A connection's story, from its first byte to its last. One coroutine runs it for each connection; it is the one file
// that knows both bytes and events. `server.ts` starts it.
//
//   ┌─► wait for bytes ─► read a head ─► call the app ─► converse ─► may it stay? ─► yes ─┐
//   │                          │                                          │ no            │
//   │                       problem ─► refuse ─────────────────────────► linger, close    │
//   └─────────────────────────────────────────────────────────────────────────────────────┘
//
// Two rules hold it together. Before every wait the out buffer is flushed and the receive buffer left (`settle`): both
// are shared with all other connections. Only a whole answer may still lie there, sealed, for the rest of the turn
// (`Output.defer`). And a wait says nothing about why it ended: what could have happened is
// looked at again, so that no wake-up is lost and a spurious one costs one look.

import { BodyError } from '../app/index.ts';
import { encodeResponseHead, PROBLEMS, Problem, type RequestHead, UNKNOWN_REQUESTER } from '../http/index.ts';
import { EAGAIN, SystemError } from '../kernel/index.ts';
import type { Co } from '../task/index.ts';
import type { Connection } from './connection-state.ts';
import type { HttpExchange } from './exchange.ts';
import { handOver, type TakeOver } from './hand-over.ts';
import { lineAsSent } from './line-as-sent.ts';
import { lingerAndClose } from './linger.ts';
import { sendUnsent } from './outlet.ts';
import { plainText, TEXT } from './plain-text.ts';
import { moveReply } from './reply.ts';
import { COMPLETE, FAILED, STARTED } from './states.ts';
import { TURN } from './turn.ts';
import { receiveBody, unwantedBody } from './upload.ts';

/**
 * Serves `connection` until it ends. Never throws for what the peer or the app does.
 *
 * What belongs to one request is in functions that it calls: as long as V8 has not optimised a generator, each value that
 * it has had in hand is kept while it waits, and an idle connection would hold on to its last request, and the app's with it.
 */
export function* serveConnection(connection: Connection): Co<void> {
  const { context } = connection;
  let inTurn = 0;
  for (;;) {
    const head = nextHead(connection);
    if (head === WAIT) {
      // The one wait of an idle connection, here and not in a function of its own: that would cost 200 bytes more each.
      yield connection;
      inTurn = 0;
      continue;
    }
    if (head === ENDED) break;
    if (head instanceof Problem) {
      yield* refuse(connection, head);
      return;
    }

    if (!startExchange(connection, head)) yield* converse(connection);
    const next = endExchange(connection);
    if (next === ENDED) break;
    if (typeof next === 'function') {
      settle(connection);
      yield* handOver(connection, next);
      return;
    }
    if (next !== STAYS) {
      yield* lingerAndClose(connection, next === CLOSES_ON_A_SPEAKER);
      return;
    }

    // Pipelined requests are answered in order, so many at a stretch: then others have their turn. That nothing is left over
    // does not end a stretch: the next one may be in the socket.
    if (++inTurn >= context.settings.maxPipelined) {
      inTurn = 0;
      settle(connection);
      yield TURN;
    }
  }
  if (connection.ending !== undefined) {
    settle(connection);
    connection.stream.close();
  } else if (connection.gone === undefined) yield* lingerAndClose(connection, false);
  else connection.stream.close('reset');
}

/** Nothing to do until something happens; the connection has settled and its deadline runs. */
const WAIT = 'wait';
/** No further request will come. */
const ENDED = 'ended';
/** The connection is there for the next request. */
const STAYS = 'stays';
/** It is closed behind the answer: on a client that has said all it wants, or on one that may be sending. */
const CLOSES = 'closes';
const CLOSES_ON_A_SPEAKER = 'closes on a speaker';
const HEADERS_TIMEOUT = new Problem(408, 'ERR_HTTP_HEADERS_TIMEOUT', 'the headers took too long');

/** The next request's head, or what is the matter instead. */
function nextHead(connection: Connection): RequestHead | Problem | typeof WAIT | typeof ENDED {
  const { context, stream, input } = connection;
  if (connection.gone !== undefined || connection.ending !== undefined) return ENDED;
  if (connection.expired !== undefined) {
    const end = afterDeadline(connection);
    if (end !== undefined) return end;
  }
  // Answers of pipelined requests that the client has not taken yet come first: no more are made until it has.
  if ((connection.unsent !== undefined || connection.broken < 0) && !resumeSending(connection))
    return connection.broken < 0 ? ENDED : WAIT;
  for (;;) {
    const head = connection.parseHead();
    if (head !== undefined) return head;
    const count = input.fill(stream, context.headCapacity);
    if (count > 0) continue;
    if (count === -EAGAIN) {
      context.output.defer(connection);
      input.keep();
      if (connection.unsent !== undefined || connection.broken < 0) {
        return resumeSending(connection) ? nextHead(connection) : connection.broken < 0 ? ENDED : WAIT;
      }
      waitForHead(connection);
      return WAIT;
    }
    if (count < 0) connection.lose(new SystemError('recv', count));
    return count === 0 && input.size > 0 ? PROBLEMS.headCutShort : ENDED;
  }
}

/** A new connection has as long as a head may take to say something, and then as long again for its head. */
function waitForHead(connection: Connection): void {
  const { context, input, heard } = connection;
  const begins = input.size > 0;
  const silent = heard ? context.keepAliveDeadlines : context.openingDeadlines;
  connection.waitUnder(begins ? context.headersDeadlines : silent, false);
  if (begins) connection.heard = true;
}

/** Sends what is unsent. False where some of it must wait, or can't be sent at all. */
function resumeSending(connection: Connection): boolean {
  const progress = sendUnsent(connection);
  if (connection.broken < 0) {
    connection.lose(new SystemError('send', connection.broken));
    return false;
  }
  if (connection.unsent === undefined) return true;
  connection.waitUnder(connection.context.writeDeadlines, progress);
  return false;
}

/** What becomes of a connection between requests whose deadline has passed; `undefined` where it goes on after all. */
function afterDeadline(connection: Connection): Problem | typeof ENDED | undefined {
  const { expired, context, input, stream } = connection;
  const silent = input.size === 0;
  // A request that came before anybody could look, while a handler kept the loop, was in time.
  if (expired !== context.writeDeadlines && silent && input.fill(stream, context.headCapacity) > 0) {
    connection.expired = undefined;
    return undefined;
  }
  if (expired === context.headersDeadlines && !silent) return HEADERS_TIMEOUT;
  if (expired === context.writeDeadlines) connection.lose(new Error(NOT_TAKEN));
  return ENDED;
}

const NOT_TAKEN = 'the client takes nothing of its response (writeTimeout)';

/** Calls the app, and moves what it says at once. True where that was all. */
function startExchange(connection: Connection, head: RequestHead): boolean {
  const { context } = connection;
  connection.heard = true;
  const exchange = connection.begin(head);
  const overloaded = context.overload();
  if (overloaded !== undefined) shed(connection, exchange, overloaded);
  else if (exchange.body?.failure !== undefined) connection.appFailed(exchange, exchange.body.failure);
  else connection.callApp(exchange);
  moveReply(connection, exchange);
  return isOver(connection, exchange);
}

/** What becomes of the connection behind the exchange; a function takes it over. */
function endExchange(
  connection: Connection,
): typeof STAYS | typeof ENDED | typeof CLOSES | typeof CLOSES_ON_A_SPEAKER | TakeOver {
  const exchange = connection.exchange!;
  connection.finish(exchange);
  if (exchange.state === FAILED) cut(connection, exchange);
  if (connection.gone !== undefined || connection.ending !== undefined) return ENDED;
  const { takeOver, keepAlive, head, body } = exchange;
  // What is left of a body that was too large to wait for would be read as the new protocol.
  if (takeOver !== undefined && body?.complete !== false) return takeOver;
  if (keepAlive) return STAYS;
  // A client that meant to stay may be sending its next request: closed on, it would be reset, and lose the answer.
  const speaks = head.keepAlive || connection.input.size > 0 || body?.complete === false;
  return speaks ? CLOSES_ON_A_SPEAKER : CLOSES;
}

/** An exchange that is not over at once: moves what app and client have for each other until it is. */
function* converse(connection: Connection): Co<void> {
  const { context, stream } = connection;
  const exchange = connection.exchange!;
  for (;;) {
    // What is said to a lost connection must not be sent: an app that gives up may look as if it had come to its end.
    if (connection.gone !== undefined) return;
    // It has sent its request and shut down that side: it may well read on, so this only tells the app. Before the reply is
    // moved, because an app may answer there and then. A reset, which looks like that as well, has its own word below.
    if (stream.peerClosed && !stream.hangup) {
      const reason = new Error('the client has closed its side of the connection');
      exchange.abort(reason);
      if (context.impatient) connection.hangUp(reason);
    }
    const received = receiveBody(connection, exchange);
    const moved = exchange.pieces !== undefined;
    moveReply(connection, exchange);
    settle(connection);
    const sent = sendUnsent(connection);
    if (connection.broken < 0) connection.lose(new SystemError('send', connection.broken));
    else if (stream.hangup) connection.lose(new Error('the client reset the connection'));
    else if (connection.ending !== undefined) leave(connection, exchange, connection.ending);
    if (connection.gone !== undefined) return;
    exchange.settleDrained();
    if (isOver(connection, exchange)) return;

    if (connection.loading) connection.waitUnder(undefined, false);
    else if (connection.unsent !== undefined) connection.waitUnder(context.writeDeadlines, sent);
    // A body that nobody wants has this long in all: dribbled, it would hold the connection for as long as its client likes.
    else if (waitsForBody(exchange))
      connection.waitUnder(context.bodyDeadlines, received > 0 && exchange.state !== COMPLETE);
    // One that has only shut down its side reads on; one that has left says so no sooner than something is sent. A stream
    // in which nothing happens is kept for that one no longer than a client may take nothing; and a program that knows
    // has a moment left for an answer: on Node it had none.
    else if (stream.peerClosed && exchange.forsaken) connection.waitUnder(context.lingerDeadlines, moved);
    else if (stream.peerClosed && exchange.state === STARTED)
      connection.waitUnder(context.writeDeadlines, moved);
    else connection.waitUnder(undefined, false);
    yield connection;

    if (connection.expired === context.writeDeadlines || connection.expired === context.lingerDeadlines) {
      connection.lose(new Error(NOT_TAKEN));
    } else if (connection.expired === context.bodyDeadlines) {
      exchange.body!.fail(new BodyError('ERR_BODY_TIMEOUT', 408, 'the body took too long'));
    }
  }
}

function waitsForBody({ body, state }: HttpExchange): boolean {
  return body !== undefined && (body.wanted || state === COMPLETE);
}

/** The app closes the connection in the middle of an answer, whose client must not take it for the whole. */
function leave(connection: Connection, exchange: HttpExchange, reason: Error): void {
  if (exchange.state === STARTED && exchange.framing === 'close') connection.ending = undefined;
  connection.lose(reason);
}

/** All of the answer is with the socket, and all of the request out of the way; or it will never be. */
function isOver(connection: Connection, exchange: HttpExchange): boolean {
  if (connection.unsent !== undefined || connection.broken < 0) return false;
  if (exchange.state === FAILED) return true;
  if (exchange.state !== COMPLETE) return false;
  exchange.settleSent();
  if (!exchange.keepAlive && exchange.takeOver === undefined) return true;
  const left = unwantedBody(exchange);
  if (left === 'hopeless') exchange.keepAlive = false;
  return left !== 'coming';
}

/**
 * An answer that can't be completed. Chunks without the last one, or fewer bytes than promised, tell the client; where
 * the end of the connection is the end of the body, only a reset does.
 */
function cut(connection: Connection, exchange: HttpExchange): void {
  if (exchange.framing === 'close') {
    connection.ending = undefined;
    connection.lose(new Error('the answer was cut'));
  }
  exchange.keepAlive = false;
}

/** Leaves the shared buffers, as every wait requires. */
function settle(connection: Connection): void {
  connection.context.output.flush(connection);
  connection.input.keep();
}

function copyOf({ input }: Connection): Uint8Array {
  return Uint8Array.prototype.slice.call(input.bytes, input.start, input.end);
}

/** The app answers what is no request, and says when that is all. */
function* hearAppOut(connection: Connection): Co<void> {
  connection.input.drop();
  while (connection.ending === undefined && connection.gone === undefined) {
    sendUnsent(connection);
    if (connection.broken < 0) connection.lose(new SystemError('send', connection.broken));
    connection.waitUnder(connection.context.lingerDeadlines, false);
    yield connection;
    if (connection.expired !== undefined) break;
  }
  if (connection.gone === undefined) yield* lingerAndClose(connection, true);
  else connection.stream.close('reset');
}

/** More work than there is room for: the cheapest answer there is. */
function shed(connection: Connection, exchange: HttpExchange, limit: string): void {
  connection.context.counters.shed++;
  connection.context.overloadLog.note(limit);
  connection.refuseExchange(exchange, 503, plainText(503, 'Too much to do. Try again later.'));
}

/** Answers what is no request, and closes such that its client can read why. */
function* refuse(connection: Connection, problem: Problem): Co<void> {
  const { context } = connection;
  context.counters.badRequests++;
  context.log.debug({ code: problem.code, client: connection.ends().remote.address }, problem.message);
  if (context.app.problem?.(connection, problem, copyOf(connection)) === true) {
    yield* hearAppOut(connection);
    return;
  }
  const body = plainText(problem.status, problem.message);
  const head = encodeResponseHead(
    UNKNOWN_REQUESTER,
    false,
    problem.status,
    '',
    ['Content-Type', TEXT],
    body.length,
    context.date.now(),
  );
  context.output.text(connection, head.text + body);
  context.recordAccess?.({
    time: context.loop.kernel.wallClock(),
    remoteAddress: connection.ends().remote.address,
    ...lineAsSent(connection.input.bytes, connection.input.start, connection.input.end),
    status: problem.status,
    bytes: body.length,
    durationMs: 0,
  });
  connection.input.drop();
  yield* lingerAndClose(connection, true);
}
