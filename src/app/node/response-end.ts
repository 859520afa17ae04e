// How a response ends, as its program hears of it: `finish` and `close` when it is sent, `drain` while it goes on, `close`
// alone where its client has gone. `socket.ts` is told by the server, and comes here.

import { kEndCallbacks, kFlushError, kNeedDrain, kSocket, kWritableFinished } from './internals.ts';
import {
  type Callback,
  CLIENT_SEEMS_GONE,
  CONTEXT,
  EXCHANGE,
  type NodeResponse,
  TOLD,
  WAITING,
} from './response-state.ts';

export function queueEndCallback(response: NodeResponse, callback: Callback): void {
  ((response[kEndCallbacks] ??= []) as Callback[]).push(callback);
}

/** All of the answer is sent: `finish` and `close`, where somebody listens. `leaveRequest` comes before the listeners. */
export function finish(response: NodeResponse, leaveRequest: () => void): void {
  for (const callback of response[WAITING] ?? []) process.nextTick(callback, null);
  response[WAITING] = undefined;
  if (response._eventsCount === 0 && response[kEndCallbacks] == null && response[CONTEXT] === undefined) {
    response[kSocket] = null;
    response[kWritableFinished] = true;
    response.destroyed = true;
    response._closed = true;
    leaveRequest();
    return;
  }
  inContext(response, () => {
    response[kWritableFinished] = true;
    callEndCallbacks(response, null);
    response[kSocket] = null;
    leaveRequest();
    process.nextTick(emitClose, response);
    response.emit('finish');
  });
}

function callEndCallbacks(response: NodeResponse, error: Error | null): void {
  const callbacks = response[kEndCallbacks] as Callback[] | null | undefined;
  if (callbacks == null) return;
  response[kEndCallbacks] = null;
  for (const callback of callbacks) callback(error);
}

function emitClose(response: NodeResponse): void {
  if (response._closed) return;
  response.destroyed = true;
  response._closed = true;
  response.emit('close');
}

/** There is room again. */
export function drain(response: NodeResponse): void {
  const waiting = response[WAITING];
  response[WAITING] = undefined;
  const needed = response[kNeedDrain] === true && !response.finished;
  response[kNeedDrain] = false;
  if (waiting === undefined && !needed) return;
  process.nextTick(() => {
    for (const callback of waiting ?? []) callback(null);
    if (needed) response.emit('drain');
  });
}

/** Nobody takes any more of it. */
export function abandon(response: NodeResponse): void {
  const waiting = response[WAITING] ?? [];
  response[WAITING] = undefined;
  if (response.finished && response[kWritableFinished] === true) return;
  inContext(response, () => {
    const error = Object.assign(new Error('Cannot call write after a stream was destroyed'), {
      code: 'ERR_STREAM_DESTROYED',
    });
    response[kFlushError] = error;
    for (const callback of waiting) callback(error);
    callEndCallbacks(response, error);
    emitClose(response);
  });
}

/**
 * The client has shut down its side, and most that do have gone: as on Node the response closes. Unlike there, an answer
 * that comes whole is still sent.
 */
export function announceClose(response: NodeResponse): void {
  if (response._closed) return;
  inContext(response, () => {
    if (response._closed || response.finished || !isHeard(response)) return;
    response[TOLD] = true;
    response._closed = response.listenerCount('close') > 0;
    // An answer in pieces that was begun is cut in any case, see `sendRest`: nothing can be added to it.
    const exchange = response[EXCHANGE]!;
    if (exchange.started) response.destroyed = true;
    const left = isLeftByPipes(response, () => response.emit('close'));
    if (exchange.started || left) exchange.client.hangUp(CLIENT_SEEMS_GONE);
  });
}

/** Whether a stream was piped into it, and goes away when told: then nobody is left who would end the answer. */
function isLeftByPipes(response: NodeResponse, tell: () => void): boolean {
  let left = false;
  const onUnpipe = (): void => {
    left = true;
  };
  response.on('unpipe', onUnpipe);
  tell();
  response.off('unpipe', onUnpipe);
  return left && !response.finished;
}

/** Where nobody listens, nobody was told: who listens later hears of the real end. */
function isHeard(response: NodeResponse): boolean {
  const { req } = response;
  // As `on-finished` does it, which morgan and others are built on. An answer that comes whole may still come, and the socket
  // is there for it.
  if (response[EXCHANGE]!.started && (response.socket?.listenerCount('close') ?? 0) > 0) return true;
  return response.listenerCount('close') + req.listenerCount('close') + req.listenerCount('aborted') > 0;
}

function inContext<T>(response: NodeResponse, run: (argument: T) => void, argument?: T): void {
  const context = response[CONTEXT];
  if (context === undefined) process.nextTick(run, argument);
  else context.runInAsyncScope(process.nextTick, process, run, argument);
}
