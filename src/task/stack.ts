// Stacks that name the coroutines. A generator that is resumed has only itself and what it delegates to with `yield*`
// on the stack: whoever waits for it in another task is not there. `join` and `until` add their own frames.

import { join } from 'node:path';

const OURS = [import.meta.dirname, join(import.meta.dirname, '../loop'), 'node:internal'];

/**
 * `error`, its stack followed by the coroutine frames that wait for it here. Anything that is not an Error passes
 * unchanged.
 *
 * @example
 * // Error: no such user
 * //     at findUser (users.ts:12:9)
 * //     awaited by findUser, in
 * //     at profile (app.ts:30:14)
 */
export function addAwaiter(error: unknown, what: string): unknown {
  if (!(error instanceof Error) || typeof error.stack !== 'string') return error;
  const here: { stack?: string } = {};
  Error.captureStackTrace(here, addAwaiter);
  const frames = (here.stack ?? '')
    .split('\n')
    .filter((line) => line.startsWith('    at ') && !OURS.some((path) => line.includes(path)));
  if (frames.length > 0) error.stack = `${error.stack}\n    awaited by ${what}, in\n${frames.join('\n')}`;
  return error;
}
