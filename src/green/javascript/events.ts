// EventEmitter.prototype.emit. At the root, listeners that have twins begin as coroutines: an http server is green by that
// alone, and knows nothing of it. Within a coroutine `emit` has a twin: one listener after another, in order, as ever.

import { EventEmitter } from 'node:events';
import type { Task } from '../../task/index.ts';
import { Pending, start } from '../coroutine.ts';
import { invoke, root, throwUncaught } from '../enter.ts';
import { patch, plainly, type Steps } from '../patch.ts';
import { type AnyFunction, attach, attachHidden, type Twin, twinOf } from '../twin.ts';

/** Node keeps the only listener of an event as it is, several in an array. */
type Handler = AnyFunction | AnyFunction[];

interface Emitter {
  readonly _events?: Record<string | symbol, Handler | undefined>;
  emit(type: string | symbol, ...args: unknown[]): boolean;
}

/** The process ends when these have been called: nobody could wait for a coroutine. */
const LAST_EVENTS = new Set<unknown>(['exit', 'uncaughtException', 'uncaughtExceptionMonitor']);

/** Whether rejections of an emitter's listeners become its `error` events: Node's own note of `captureRejections`. */
const CAPTURES = Object.getOwnPropertySymbols(new EventEmitter()).find(
  ({ description }) => description === 'kCapture',
);

export function patchEvents(): void {
  const prototype = EventEmitter.prototype;

  const emit = patch(prototype, 'emit', (native) => {
    return function (this: Emitter, type: string | symbol) {
      // biome-ignore-start lint/complexity/noArguments: every event comes by here; rest parameters cost it 200 ns.
      const handler = root() ? this._events?.[type] : undefined;
      if (handler === undefined || !isGreen(this, type, handler)) {
        return Reflect.apply(native, this as never, arguments as never);
      }
      const args: unknown[] =
        arguments.length === 3 ? [arguments[1], arguments[2]] : Array.prototype.slice.call(arguments, 1);
      if (type === 'error' && hasMonitor(this)) this.emit(EventEmitter.errorMonitor, ...args);
      if (typeof handler === 'function') callAtRoot(this, type, args, handler);
      else for (const listener of handler.slice()) callAtRoot(this, type, args, listener);
      return true;
      // biome-ignore-end lint/complexity/noArguments: that is all.
    } as unknown as AnyFunction;
  });
  attachHidden(emit, function (this: Emitter, type: string | symbol, ...args: unknown[]) {
    const handler = this._events?.[type];
    if (handler === undefined || !isGreen(this, type, handler)) return plainly(emit, this, [type, ...args]);
    return emitInCoroutine(this, type, args, handler);
  } as unknown as Twin);

  patchOnce(prototype, 'once', 'on');
  patchOnce(prototype, 'prependOnceListener', 'prependListener');
}

function isGreen(emitter: Emitter, type: unknown, handler: Handler): boolean {
  const green = typeof handler === 'function' ? twinOf(handler) !== undefined : handler.some(twinOf);
  return green && !((emitter as unknown) === process && LAST_EVENTS.has(type));
}

function callAtRoot(emitter: Emitter, type: string | symbol, args: unknown[], listener: AnyFunction): void {
  const twin = twinOf(listener);
  const result =
    twin === undefined
      ? Reflect.apply(listener, emitter as never, args as never)
      : start(Reflect.apply(twin, emitter, args));
  if (result instanceof Pending) followTask(emitter, result.task, type, args);
  else followRejection(emitter, result, type, args);
}

function followTask(emitter: Emitter, pending: Task<unknown>, type: string | symbol, args: unknown[]): void {
  pending.onDone((task) => {
    if (!task.failed) followRejection(emitter, task.result, type, args);
    else if (captures(emitter)) followRejection(emitter, Promise.reject(task.error), type, args);
    else throwUncaught(task.error);
  });
}

function* emitInCoroutine(emitter: Emitter, type: string | symbol, args: unknown[], handler: Handler): Steps {
  if (type === 'error' && hasMonitor(emitter)) {
    yield* invoke(emitter.emit, emitter, [EventEmitter.errorMonitor, ...args]);
  }
  for (const listener of typeof handler === 'function' ? [handler] : handler.slice()) {
    followRejection(emitter, yield* invoke(listener, emitter, args), type, args);
  }
  return true;
}

function hasMonitor(emitter: Emitter): boolean {
  return emitter._events?.[EventEmitter.errorMonitor] !== undefined;
}

function captures(emitter: Emitter): boolean {
  return CAPTURES !== undefined && (emitter as unknown as Record<symbol, unknown>)[CAPTURES] === true;
}

/** What Node does with a promise that a listener returned, where the emitter captures rejections. */
function followRejection(emitter: Emitter, result: unknown, type: string | symbol, args: unknown[]): void {
  if (result === undefined || result === null || !captures(emitter)) return;
  try {
    const { then } = result as { then?: unknown };
    if (typeof then !== 'function') return;
    Reflect.apply(then, result, [
      undefined,
      (error: unknown) => process.nextTick(reject, emitter, error, type, args),
    ]);
  } catch (error) {
    emitter.emit('error', error);
  }
}

function reject(emitter: Emitter, error: unknown, type: string | symbol, args: unknown[]): void {
  const own = emitter as unknown as Record<symbol, unknown>;
  const handler = own[EventEmitter.captureRejectionSymbol];
  if (typeof handler === 'function') {
    Reflect.apply(handler, emitter, [error, type, ...args]);
    return;
  }
  // An error of the `error` listener itself is not to come back to it.
  const before = own[CAPTURES!];
  try {
    own[CAPTURES!] = false;
    emitter.emit('error', error);
  } finally {
    own[CAPTURES!] = before;
  }
}

/** The wrapper that Node makes for a listener that is called once, with the listener's twin. */
function patchOnce(prototype: object, name: string, add: 'on' | 'prependListener'): void {
  patch(prototype, name, (native) => {
    return function (this: EventEmitter, type: string | symbol, listener: AnyFunction) {
      const twin = twinOf(listener);
      if (twin === undefined) return Reflect.apply(native, this as never, [type, listener] as never);
      this[add](type, onceWrapper(this, type, listener, twin) as never);
      return this;
    } as unknown as AnyFunction;
  });
}

function onceWrapper(
  target: EventEmitter,
  type: string | symbol,
  listener: AnyFunction,
  twin: Twin,
): AnyFunction {
  let fired = false;
  /** Whether it is the first time. */
  const fire = (): boolean => {
    if (fired) return false;
    target.removeListener(type, wrapper as never);
    fired = true;
    return true;
  };
  const wrapper = ((...args: unknown[]) =>
    fire() ? Reflect.apply(listener, target as never, args as never) : undefined) as AnyFunction & {
    listener?: AnyFunction;
  };
  wrapper.listener = listener;
  Object.defineProperty(wrapper, 'name', { value: 'bound onceWrapper', configurable: true });
  // No generator of its own: V8 spends 3 µs on the first call of each, and what it makes stays for long.
  return attach(wrapper, (...args: unknown[]) => ifFirst(fire, twin, target, args));
}

function* ifFirst(fire: () => boolean, twin: Twin, target: unknown, args: unknown[]): Steps {
  return fire() ? yield* Reflect.apply(twin, target, args) : undefined;
}
