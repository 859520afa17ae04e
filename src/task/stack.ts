// Stacks that name the coroutines. A generator that is resumed has only itself and what it delegates to with `yield*`
// on the stack: whoever waits for it in another task is not there. `join` and `until` add their own frames.

import { Cancelled } from './errors.ts';

/** As stacks name them: by URL. */
const OURS = [new URL('.', import.meta.url).href, new URL('../loop/', import.meta.url).href, 'node:internal'];
/** An error that is thrown to many, such as a shared promise's, stops growing here, in characters. */
const MAX_STACK = 8_000;

/**
 * `error`, its stack followed by the coroutine frames that wait for it here. Anything that is not an Error passes
 * unchanged, and so does `Cancelled`: where it was cancelled is what its stack says, and thousands may be at once.
 *
 * @example
 * // Error: no such user
 * //     at findUser (users.ts:12:9)
 * //     awaited by findUser, in
 * //     at profile (app.ts:30:14)
 */
export function addAwaiter(error: unknown, what: string): unknown {
  if (!(error instanceof Error) || error instanceof Cancelled) return error;
  const { stack } = error;
  if (typeof stack !== 'string' || stack.length > MAX_STACK) return error;
  const here: { stack?: string } = {};
  Error.captureStackTrace(here, addAwaiter);
  const frames = (here.stack ?? '')
    .split('\n')
    .filter((line) => line.startsWith('    at ') && !OURS.some((path) => line.includes(path)));
  const added = `    awaited by ${what}, in\n${frames.join('\n')}`;
  // `Reflect.set` does nothing to an error that is frozen, where an assignment would throw.
  if (frames.length > 0 && !stack.includes(added)) Reflect.set(error, 'stack', `${stack}\n${added}`);
  return error;
}
