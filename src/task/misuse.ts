// What is said to who hands over the wrong thing: an async function where a coroutine belongs, `yield` for `yield*`.

/** A task was to be made of `value`. */
export function notACoroutine(value: unknown): TypeError {
  let advice = 'make one by calling a generator function, as in spawn(loop, work())';
  if (typeof value === 'function') advice = 'call it, as in spawn(loop, work())';
  if (isPromise(value)) advice = 'wait for it in a coroutine, with yield* until(promise)';
  if (isAsyncGenerator(value)) advice = 'write function* without async, and yield* until(promise) for await';
  return new TypeError(`a task runs a coroutine; got ${describe(value)}: ${advice}`);
}

/** A coroutine has yielded `value`, which is nothing that a task can wait for. */
export function notASuspend(value: unknown): TypeError {
  let advice = 'a coroutine waits with yield*, as in yield* sleep(10)';
  if (isPromise(value)) advice = 'write yield* until(promise)';
  if (isGenerator(value)) advice = 'write yield* where it says yield';
  return new TypeError(`a coroutine yielded ${describe(value)}: ${advice}`);
}

/** `until` was given `value`. */
export function notAPromise(value: unknown): TypeError {
  const advice = isGenerator(value) ? ': that is waited for with yield* alone' : '';
  return new TypeError(`until waits for a promise; got ${describe(value)}${advice}`);
}

/** Whether a task can step `value`. */
export function isCoroutine(value: unknown): boolean {
  return isGenerator(value) && !isAsyncGenerator(value);
}

function describe(value: unknown): string {
  if (typeof value === 'function') return `the function ${value.name || '(anonymous)'}`;
  if (isAsyncGenerator(value)) return 'an async generator';
  if (isGenerator(value)) return 'a coroutine';
  if (isPromise(value)) return 'a Promise';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

function isGenerator(value: unknown): boolean {
  return typeof (value as { next?: unknown } | null | undefined)?.next === 'function';
}

function isAsyncGenerator(value: unknown): boolean {
  return isGenerator(value) && Symbol.asyncIterator in (value as object);
}
