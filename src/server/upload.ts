// Receives a request's body while its exchange goes on: for an app that asks for it, or to get it out of the way of the
// next request. Called by the connection in each of its steps.

import { BodyError } from '../app/index.ts';
import { encodeResponseHead, UNKNOWN_REQUESTER } from '../http/index.ts';
import { EAGAIN } from '../kernel/index.ts';
import type { Connection } from './connection-state.ts';
import { DISCARD_LIMIT } from './connection-state.ts';
import type { HttpExchange } from './exchange.ts';
import { COMPLETE, OPEN, STARTED } from './states.ts';

const CONTINUE = encodeResponseHead(UNKNOWN_REQUESTER, true, 100, '', [], 0, '').text;

/**
 * Receives what is wanted and there. Returns how many bytes that were; where the connection has failed, it is `broken`.
 */
export function receiveBody(connection: Connection, exchange: HttpExchange): number {
  const { body } = exchange;
  if (body === undefined || body.complete || body.failure !== undefined) return 0;
  const unwanted = exchange.state === COMPLETE && !exchange.readsOn;
  if (!unwanted && !body.wanted) return 0;
  if (!exchange.continued) inviteBody(connection, exchange);

  const { input, stream, context } = connection;
  let moved = 0;
  for (;;) {
    const before = input.size;
    if (unwanted) body.discard(input);
    else body.receive(input);
    moved += before - input.size;
    if (body.complete || body.failure !== undefined || !(unwanted || body.wanted)) break;
    if (unwanted && moved > DISCARD_LIMIT) break;
    const count = input.fill(stream, context.receiveBuffer.length);
    if (count === -EAGAIN) break;
    if (count === 0)
      body.fail(new BodyError('ERR_BODY_CUT_SHORT', 400, 'the connection ended before the end of the body'));
    if (count < 0) connection.broken = count;
    if (count <= 0) break;
  }
  if (unwanted) exchange.discarded += moved;
  else body.keepPace(context.loop.now(), context.settings);
  return moved;
}

/**
 * `100 Continue`, unless the body is on its way already, or the answer (RFC 9110, section 10.1.1). An app that answers
 * with what it reads has begun its answer, but nothing of that is with the client while its head is held.
 */
function inviteBody(connection: Connection, exchange: HttpExchange): void {
  exchange.continued = true;
  const answering = exchange.state !== OPEN && (exchange.state !== STARTED || exchange.headText === '');
  if (!answering && connection.input.size === 0) connection.context.output.text(connection, CONTINUE);
}

/** Whether a body that nobody wants is out of the way, still coming, or too large to wait for. */
export function unwantedBody(exchange: HttpExchange): 'gone' | 'coming' | 'hopeless' {
  const { body } = exchange;
  if (body === undefined || body.complete) return 'gone';
  if (exchange.readsOn && body.failure === undefined) return 'coming';
  return body.failure !== undefined || exchange.discarded > DISCARD_LIMIT ? 'hopeless' : 'coming';
}
